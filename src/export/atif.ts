// atif: one document a rollout in the Agent Trajectory Interchange Format 1.7, held to every rule of it before it is written.
import { table } from "../dataset/schema.ts";
import { atifDocument } from "./atifDocument.ts";
import { atifIssues } from "./atifRules.ts";
import { documentRowSchema } from "./documentRow.ts";
import { nothing, originOf, type Recipe } from "./recipe.ts";

/** Examples of broken rules that a report quotes. */
const EXAMPLES_MAX = 5;

export const atif: Recipe<typeof documentRowSchema> = {
  name: "atif",
  schemaVersion: "nightshift.atif/1",
  doc:
    "One JSON document a rollout, ATIF-v1.7: system prompt and task as the first steps, then one step a model call with its tool calls, its " +
    "observations, tokens and cost. The reward is in `extra`. In text formats a call is the action's text under an id of ours (`extra.form: text`). " +
    "`metrics.extra.prompt_msgs` names the messages of each prompt by `message_index`; stand-ins are in `extra.stand_ins`.",
  readers: "Harbor and whatever reads ATIF ≤ 1.7 (`harbor.utils.trajectory_validator`)",
  form: "documents",
  reasons: ["noSteps", "invalidToolArguments", "breaksFormat"],
  table: table("atif", documentRowSchema, ["trajectory_id"]),
  open: () => {
    const examples: string[] = [];
    return {
      convert: (rollout) => {
        const document = atifDocument(rollout);
        if (typeof document === "string") return nothing(document);
        const issues = atifIssues(document);
        if (issues.length > 0) {
          if (examples.length < EXAMPLES_MAX)
            examples.push(`${rollout.trajectory.trajectory_id}: ${issues.join("; ")}`);
          return nothing("breaksFormat");
        }
        const { trajectory_id, task_id, reward } = originOf(rollout);
        const row = {
          trajectory_id,
          task_id,
          reward,
          extension: "json",
          document: `${JSON.stringify(document)}\n`,
        };
        return { rows: [row], leftOut: [], turnsCut: 0 };
      },
      close: () => ({ notes: [], figures: examples.length === 0 ? {} : { brokenRules: examples } }),
    };
  },
};
