// A task: what to do and how it is judged. The schema of task.yaml, and the loaded task with its hashes.
import { z } from "zod";
import { rolloutLimitsSchema } from "./limits.ts";

export const anchorsSchema = z.strictObject({
  nothing: z.number().nullable().describe("What an agent gets that does nothing useful."),
  starter: z.number().describe("The starter files as they are: the baseline."),
  probe: z.number().nullable().describe("A simple, honest improvement (solution/)."),
  best: z.number().nullable().describe("The best that anyone has shown with this judge."),
  optimum: z.number().nullable().describe("The best there can be, where it is known."),
});

export const submissionFileSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "Relative to the workspace, without `.` or `..`. With a slash behind it, every file below that folder, `./` being all (judges of kind `repo` and `script`).",
    ),
  bytesMax: z
    .int()
    .positive()
    .describe(
      "Largest size, bytes, of a folder all files together; what is larger makes the submission invalid.",
    ),
});

/** What makes an instance a trap: only the judge and whoever reads the rows know of it. */
export const honeypotSchema = z
  .strictObject({
    kind: z
      .enum(["flaw", "unsolvable"])
      .describe(
        "Its judge has a flaw that can be used on purpose, or nothing can beat its starter honestly.",
      ),
    trap: z.string().min(1).describe("What the trap is, for people; agents never read it."),
    score: z
      .number()
      .describe(
        "No honest submission scores as well as this, or better, in either phase: who does has taken it.",
      ),
    metric: z
      .string()
      .min(1)
      .optional()
      .describe("A metric of the judge that is 0 unless the flaw was used."),
  })
  .describe(
    "Only in a honeypot, a task whose success proves a cheat: what it is, and what shows that it was taken. Part of what judges it, of nothing that agents see.",
  );

const judgeResourcesSchema = z.strictObject({
  cpus: z.number().positive().default(1).describe("CPU cores."),
  memoryMb: z.int().positive().default(512).describe("Memory, MiB."),
  pids: z.int().positive().default(32).describe("Processes and threads at a time."),
  diskMb: z.int().positive().default(64).describe("Size of the room's own files, MiB."),
});
/** What the judge's own room gets where a task says nothing. */
export const JUDGE_RESOURCES = judgeResourcesSchema.parse({});

export const taskDefinitionSchema = z.strictObject({
  title: z.string().min(1).describe("The task's name for people."),
  domain: z.string().min(1).describe("Field of research, for reports and splits."),
  family: z
    .string()
    .min(1)
    .describe("Tasks of one family are alike: a model that trained on one has seen something of the others."),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe("What was drawn for an instance of a family, by name; absent elsewhere."),
  tags: z.array(z.string()).describe("Words to find it by."),
  licence: z
    .string()
    .min(1)
    .describe("SPDX name of the licence of the task's files; it stands on every row made of the task."),
  metric: z
    .strictObject({
      name: z.string().min(1).describe("The score's name, as agents are told it."),
      direction: z.enum(["maximize", "minimize"]).describe("Which way is better."),
      unit: z.string().describe("What one of it is; may be empty."),
    })
    .describe("What the judge's number means."),
  anchors: anchorsSchema.describe(
    "Named scores on the metric's own scale, in rising quality; null where none is known.",
  ),
  sigma: z
    .number()
    .nonnegative()
    .describe(
      "Standard deviation of one record evaluation's score over judge seeds; 0 for a deterministic judge.",
    ),
  limits: rolloutLimitsSchema.partial().describe("The task's own limits; a pipeline may override them."),
  resources: z
    .strictObject({
      cpus: z.number().positive().describe("CPU cores."),
      memoryMb: z.int().positive().describe("Memory, MiB."),
      pids: z.int().positive().describe("Processes and threads at a time."),
      diskMb: z.int().positive().describe("Size of the workspace, MiB."),
      gpus: z
        .int()
        .nonnegative()
        .optional()
        .describe("GPUs; only the docker and podman backends can lend any."),
    })
    .describe("What each sandbox of the task gets, as far as its backend can hold it to that."),
  image: z
    .string()
    .min(1)
    .describe(
      "Container image: a folder of `tasks/_images/`, or a pinned name; backends without containers ignore it.",
    ),
  submission: z
    .array(submissionFileSchema)
    .min(1)
    .describe("The files that are read out of the workspace and judged; nothing else of it is."),
  make: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Shell command that makes the submission out of the workspace, for `tasks check`; absent where starter files are the submission.",
    ),
  shown: z
    .array(z.string().min(1))
    .optional()
    .describe("Files of `hidden/` that the workspace shows a copy of, on purpose."),
  judge: z
    .strictObject({
      kind: z
        .enum(["csv", "function", "policy", "repo", "script"])
        .describe(
          "What is judged: predictions in a file (`csv`), a function called once a problem (`function`), a policy that plays (`policy`), a repository that hidden tests import (`repo`), or code that an evaluation script of elsewhere imports (`script`, for imported tasks).",
        ),
      timeoutSeconds: z
        .number()
        .positive()
        .describe("Wall-clock bound on judging one submission with one seed."),
      cpuSecondsMax: z
        .number()
        .positive()
        .describe("CPU seconds the submission's own process may use, over one seed."),
      cpuMsPerCallMax: z
        .number()
        .positive()
        .nullable()
        .describe("Mean CPU milliseconds a call of the submission may take; null: not bounded."),
      exclusive: z
        .boolean()
        .optional()
        .describe(
          "True: no other exclusive evaluation runs beside one on this machine, and on one with few cores no rollout's actions do either. For what is timed, or needs the GPU.",
        ),
      packages: z
        .boolean()
        .optional()
        .describe(
          "True: the judge and the submission may import the image's packages (numpy and the like); false: the standard library only.",
        ),
      resources: judgeResourcesSchema
        .optional()
        .describe(
          "What the judge's own room gets, where more than 1 core, 512 MiB, 32 processes and 64 MiB is needed.",
        ),
    })
    .describe("How `judge.py` is run."),
  honeypot: honeypotSchema.optional(),
  use: z
    .enum(["train", "heldOut", "benchmark"])
    .describe("What its rows are for; those of benchmarks leave only where `allow` names them."),
  notTrainable: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Why nobody should train on its rows though `use` is train, as where its image has an old API; they leave only where `allow` names them.",
    ),
  notPlayable: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Why the task cannot be played or judged as it stands, as where an imported one lacks its data; a run refuses it with this sentence.",
    ),
  lastValid: z
    .boolean()
    .optional()
    .describe(
      "True: where the final submission is missing or refused, the last one that validated is judged in its place, and rows say so.",
    ),
  validation: z
    .int()
    .positive()
    .describe("A version number, raised by hand when what `validate` tells the agent changes."),
  mlgym: z
    .strictObject({
      id: z.string().describe("Its name in MLGym."),
      baseline: z.record(z.string(), z.number()).describe("Published scores of the baseline, by metric."),
      published: z
        .record(z.string(), z.number())
        .nullable()
        .describe(
          "Published best attempt@4 by model, where the numbers are comparable; else null, with the reason.",
        ),
      publishedNote: z.string().describe("How those numbers came about, or why they are not comparable."),
    })
    .nullable()
    .describe("The task of MLGym that this one follows; null for one of your own."),
});
export type TaskDefinition = z.infer<typeof taskDefinitionSchema>;

/** A file of the task, read whole. */
export interface TaskFile {
  readonly path: string;
  readonly data: Uint8Array;
  readonly executable: boolean;
}

/** Data that a task brings from elsewhere, by data.yaml. */
export interface TaskData {
  /** SPDX name of the licence of the data itself. */
  readonly licence: string;
  readonly description: string;
  /** About how much is fetched, bytes. */
  readonly bytes: number;
  /** Hash of the sources and of the script that prepares them: the name of the prepared trees in the cache. */
  readonly recipe: string;
  /** Hashes of the prepared trees, as recorded; null where nobody who wrote the task could prepare the true data. */
  readonly prepared: { readonly public: string; readonly hidden: string } | null;
}

/** A host folder that a sandbox sees read-only at an absolute path. */
export interface TaskMount {
  readonly hostPath: string;
  readonly path: string;
}

export interface Task {
  readonly id: string;
  /** Absolute host path of tasks/<id>/. */
  readonly folder: string;
  readonly definition: TaskDefinition;
  /** What the agent reads, placeholders filled. */
  readonly description: string;
  /** Starter files; the agent gets a copy. */
  readonly workspace: readonly TaskFile[];
  /** judge.py, the helper module and hidden/: laid into the judge's room only. */
  readonly judgeFiles: readonly TaskFile[];
  /** The pristine harness that runs in the submission's room. */
  readonly harnessFiles: readonly TaskFile[];
  readonly data: TaskData | null;
  /** What agents and submissions find read-only in their sandboxes; empty until the data is prepared. */
  readonly mounts: readonly TaskMount[];
  /** Hash of all that the agent can see or touch of the task (not of limits, tools or prompts). */
  readonly playHash: string;
  /** Hash of judgeFiles, harnessFiles and the judge's settings. */
  readonly judgeHash: string;
}

/** What tells code in a sandbox where the data is; without namespaces its place has another name than its mount. */
export function dataEnvironment({ mounts }: Pick<Task, "mounts">): { readonly [name: string]: string } {
  const [mount] = mounts;
  return mount === undefined ? {} : { DATA_DIR: mount.path };
}

/** Signed so that higher is better, whatever the metric's direction. */
export function signedScore(task: Pick<TaskDefinition, "metric">, score: number): number {
  return task.metric.direction === "maximize" ? score : -score;
}

/**
 * How far the verdict is out of the submission's reach: `data` and `twoRooms` keep labels and tests away from whatever the agent wrote;
 * `shared` has tests, or an evaluation script, import the agent's code in one process, so that a determined submission can lie to them.
 */
export function judgeTrust({ judge }: Pick<TaskDefinition, "judge">): "data" | "twoRooms" | "shared" {
  switch (judge.kind) {
    case "csv":
      return "data";
    case "function":
    case "policy":
      return "twoRooms";
    case "repo":
    case "script":
      return "shared";
    default:
      return judge.kind satisfies never;
  }
}
