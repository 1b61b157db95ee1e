// The pipeline file: one page of YAML that says what to run. Schema, defaults and nothing else; unknown keys are refused.
import { z } from "zod";
import { agentConfigSchema } from "../core/cell.ts";
import { faultsSchema } from "../core/faults.ts";
import { rolloutLimitsSchema } from "../core/limits.ts";
import { samplingSchema } from "../core/model.ts";
import { notifySchema } from "../notify/notice.ts";
import { filterConfigSchema } from "../stages/filter.ts";
import { scoreConfigSchema } from "../stages/scoreConfig.ts";
import { isTaskName, namesFault } from "../tasks/families/taskNames.ts";
import { webSchema } from "../web/webSettings.ts";
import { modelConfigSchema } from "./modelConfig.ts";
import { tripwiresSchema } from "./tripwires.ts";

/** Export recipes that need nothing but the dataset; the export room has them all. */
export const EXPORTS = [
  "raw",
  "sft_branches",
  "sft_text_chat",
  "sft_messages",
  "sft_steps",
  "sft_tokens",
  "sft_axolotl",
  "sft_slime",
  "sft_llamafactory",
  "sft_sharegpt",
  "sft_openai",
  "dpo_steps",
  "dpo_trajectories",
  "nemo_dpo",
  "kto",
  "reward_pairs",
  "grpo_prompts",
  "verl_rl",
  "skyrl_rl",
  "rl_steps",
  "rl_flat",
  "atif",
  "hf_traces",
] as const;
const ALLOWABLE = ["scripted", "replay", "benchmark", "notTrainable"] as const;

export const pipelineSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower-case letters, digits and dashes")
    .describe("The run directory is called after it: `output/<name>-<time>`."),
  cells: z
    .strictObject({
      tasks: z
        .array(z.string().refine(isTaskName, { message: "must be a task, `family/7` or `family/0..15`" }))
        .min(1)
        .superRefine((names, context) => {
          const fault = namesFault(names);
          if (fault !== null) context.addIssue({ code: "custom", path: [fault.index], message: fault.text });
        })
        .describe(
          "Folders under `tasks/`, yours first, then the package's; instances of a family as `family/7` or `family/0..15`.",
        ),
      absent: z
        .enum(["refuse", "leaveOut"])
        .default("refuse")
        .describe(
          "What becomes of a task whose data is not prepared here: the run is refused, or goes on without it.",
        ),
      agents: z
        .array(agentConfigSchema)
        .min(1)
        .default([{ name: "researcher", scaffold: "fenced", history: "appendOnly" }])
        .describe("Ways to set the agent up."),
      models: z
        .array(modelConfigSchema)
        .min(1)
        .describe("Who plays. `wire` says how a model is called, and with it which keys there are."),
      sampling: z
        .array(samplingSchema)
        .min(1)
        .default([{}])
        .describe("Sampling parameters; what is left out is not sent, and the provider's default holds."),
    })
    .describe("The product of these four lists: task × agent × model × sampling."),
  rollouts: z
    .strictObject({
      perCell: z
        .int()
        .positive()
        .max(1_000_000)
        .describe("Seeds of each cell: all of them are played, unless `accepted` is reached first."),
      accepted: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe("Kept rollouts wanted of each cell; null: play all seeds."),
      groupSize: z
        .int()
        .positive()
        .default(1)
        .describe("Consecutive seeds that form one group (GRPO); divides `perCell`."),
    })
    .describe("How many rollouts of each cell."),
  limits: rolloutLimitsSchema.partial().default({}).describe("Over the tasks' own limits, for every cell."),
  sandbox: z
    .strictObject({
      backend: z
        .enum(["auto", "process", "bubblewrap", "docker", "podman"])
        .default("auto")
        .describe("Where rollouts and judges run; auto: bubblewrap where it works, else process."),
      docker: z
        .union([
          z.strictObject({ socket: z.string().min(1).describe("Path of the daemon's socket.") }),
          z.strictObject({
            host: z.string().min(1).describe("Name or address of the daemon's machine."),
            port: z.int().positive().max(65_535).describe("The daemon's port, without TLS."),
          }),
        ])
        .nullable()
        .default(null)
        .describe("Where the Docker daemon is; null: NIGHTSHIFT_DOCKER_SOCKET, else its usual socket."),
      unsafe: z
        .boolean()
        .default(false)
        .describe("True allows a real model on a backend that does not isolate it from this machine."),
    })
    .default({ backend: "auto", docker: null, unsafe: false })
    .describe("What rollouts and judges run in."),
  concurrency: z
    .strictObject({
      rollouts: z.int().positive().max(100_000).default(16).describe("Rollouts at a time."),
      evaluations: z.int().positive().max(1_000).default(4).describe("Submissions judged at a time."),
    })
    .default({ rollouts: 16, evaluations: 4 })
    .describe("How much happens at once."),
  budgets: z
    .strictObject({
      usd: z
        .number()
        .positive()
        .nullable()
        .default(null)
        .describe(
          "Dollars of the whole run, all sessions together; null: no limit. Every model needs a price.",
        ),
      tokens: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe("Prompt and completion tokens of the whole run, all sessions together; null: no limit."),
      wallClockHours: z
        .number()
        .positive()
        .nullable()
        .default(null)
        .describe("Hours from the start of this session; null: no limit."),
      deadline: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, HH:MM")
        .nullable()
        .default(null)
        .describe(
          "Local time of day, `HH:MM`, by which the run stops and its dataset is written; null: none.",
        ),
    })
    .default({ usd: null, tokens: null, wallClockHours: null, deadline: null })
    .describe(
      "Bounds of the run; whichever is reached first ends it, and what is finished becomes the dataset.",
    ),
  pilot: z
    .strictObject({
      rolloutsPerCell: z
        .int()
        .positive()
        .max(1_000)
        .default(2)
        .describe("Seeds of each cell that are played first; they stay part of the run."),
      onOverBudget: z
        .enum(["stop", "continue"])
        .default("stop")
        .describe("What to do when the forecast's upper bound exceeds a budget: pause the run, or go on."),
    })
    .nullable()
    .default(null)
    .describe("Plays a few rollouts of each cell first and forecasts the rest from them; null: no pilot."),
  tripwires: tripwiresSchema
    .prefault({})
    .describe("Pause the run when something is systematically wrong; `resume` goes on after the fix."),
  endpoints: z
    .strictObject({
      parkedHoursMax: z
        .number()
        .positive()
        .default(12)
        .describe(
          "Hours that the calls of a model wait while none of its endpoints can be used; then the run pauses. A deadline ends the wait earlier.",
        ),
      probeSeconds: z
        .number()
        .positive()
        .max(3_600)
        .default(30)
        .describe(
          "Seconds until one call finds out whether an endpoint is back; doubled each time up to ten times that, give or take half.",
        ),
      onModelChange: z
        .enum(["pause", "flag"])
        .default("pause")
        .describe(
          "What follows when an endpoint answers under another model's name than before: the run pauses, or goes on. Steps are labelled with what served them either way.",
        ),
    })
    .prefault({})
    .describe("What becomes of the run when a model's endpoint cannot be used, or is not what it was."),
  notify: notifySchema
    .nullable()
    .default(null)
    .describe("Who is told when the run pauses, ends or fails; null: nobody."),
  faults: faultsSchema
    .nullable()
    .default(null)
    .describe(
      "Breaks sandboxes and model calls on purpose, as a rehearsal of bad days; every row says so (`sandbox_backend`, `endpoint`). null: nothing.",
    ),
  web: webSchema
    .nullable()
    .default(null)
    .describe(
      "What of the web `literature_search` and `parse_pdf` may reach, for agents that have these tools; null: nothing.",
    ),
  stages: z
    .strictObject({
      generate: z
        .strictObject({
          retriesMax: z
            .int()
            .nonnegative()
            .max(10)
            .default(2)
            .describe(
              "Times a rollout is taken up again, or begun again where it had no step yet, because infrastructure failed.",
            ),
          snapshotAfterSeconds: z
            .number()
            .nonnegative()
            .max(86_400)
            .default(20)
            .describe(
              "The workspace is kept after each validation and after an action that took longer, so that a rollout which is cut off goes on from there, seconds.",
            ),
          snapshotsDiskMb: z
            .int()
            .nonnegative()
            .default(20_480)
            .describe(
              "Disk that the snapshots of unfinished rollouts may take together, MB; beyond it none is taken. 0: none at all.",
            ),
        })
        .default({ retriesMax: 2, snapshotAfterSeconds: 20, snapshotsDiskMb: 20_480 })
        .describe("Plays the rollouts."),
      evaluate: z
        .strictObject({
          seeds: z.int().positive().max(100).default(3).describe("Judge seeds of the score of record."),
          validationSeeds: z.int().positive().max(100).default(1).describe("Judge seeds of one `validate`."),
          lastValid: z
            .boolean()
            .nullable()
            .default(null)
            .describe(
              "Whether the last submission that validated is judged where the final one is missing or refused; null: as each task says.",
            ),
          everyValidated: z
            .boolean()
            .default(false)
            .describe(
              "Whether every submission that validated is judged for the record, too: for benchmarks that count the best of all. Costs an evaluation for each.",
            ),
        })
        .default({ seeds: 3, validationSeeds: 1, lastValid: null, everyValidated: false })
        .describe("Scores submissions with the task's judge."),
      score: scoreConfigSchema
        .default(scoreConfigSchema.parse({}))
        .describe("What training sees of the evaluations. Changing it plays and judges nothing again."),
      filter: filterConfigSchema
        .default(filterConfigSchema.parse({}))
        .describe("Which finished rollouts are kept; the others stay in the dataset with the reason."),
      export: z
        .array(z.enum(EXPORTS))
        .default([])
        .describe("Recipes whose trainer-ready rows are written after the dataset."),
    })
    .describe("What happens to the rollouts, in this order."),
  allow: z
    .array(z.enum(ALLOWABLE))
    .default([])
    .describe(
      "Rows that leave the house only when named here: of scripted models, of replayed ones, of benchmark tasks, of tasks that say `notTrainable`.",
    ),
});
export type { ModelConfig } from "./modelConfig.ts";
export type Pipeline = z.infer<typeof pipelineSchema>;
