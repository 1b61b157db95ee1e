// What is broken on purpose, and how often: the settings of the `faulty` sandboxes and models, for rehearsals and simulations.
import { z } from "zod";

const share = z.number().min(0).max(1).default(0);

/** How often what breaks: shares of the calls that it can befall, 0 to 1. */
export const sandboxFaultsSchema = z.strictObject({
  createRefused: share.describe("Sandboxes that are not made."),
  died: share.describe("Actions in the middle of which the sandbox goes, with all that is in it."),
  slow: share.describe("Actions that begin late."),
  slowSeconds: z.number().nonnegative().default(30).describe("How late those begin, seconds."),
  snapshotLost: share.describe("Snapshots that are not taken, and snapshots that cannot be put back."),
  tornOutput: share.describe("Actions that are carried out, and whose answer breaks off in the middle."),
  replyLost: share.describe("Actions that are carried out, and whose answer never comes."),
});
export type SandboxFaults = z.infer<typeof sandboxFaultsSchema>;

/** How often what breaks: shares of the calls, 0 to 1; together at most 1. */
export const modelFaultsSchema = z
  .strictObject({
    throttled: share.describe("Calls that are refused with 429 and a time to wait."),
    overloaded: share.describe("Calls that are refused with 503."),
    halfReply: share.describe("Calls that are answered, billed, and break off in the middle."),
    hanging: share.describe("Calls that are never answered, until the wait is given up."),
    lost: share.describe("Calls that are answered and billed, and whose answer is lost on the way."),
    waitSeconds: z
      .number()
      .nonnegative()
      .default(5)
      .describe("What a refusal asks to wait, and how long a hanging call is waited for, seconds."),
  })
  .refine(({ waitSeconds: _, ...shares }) => Object.values(shares).reduce((sum, one) => sum + one, 0) <= 1, {
    error: "the shares add up to more than 1",
  });
export type ModelFaults = z.infer<typeof modelFaultsSchema>;

/** Bad days for a whole run. */
export const faultsSchema = z.strictObject({
  seed: z
    .int()
    .nonnegative()
    .default(1)
    .describe("Draws which call is befallen, in the order of the calls of a session."),
  sandbox: sandboxFaultsSchema
    .prefault({})
    .describe("What breaks in the sandboxes of rollouts; judges' are spared."),
  model: modelFaultsSchema
    .prefault({})
    .describe("What breaks between the run and its models; people and replays are spared."),
});
export type Faults = z.infer<typeof faultsSchema>;
