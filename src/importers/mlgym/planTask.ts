// What becomes of one configuration of MLGym: a task of ours with what could not be carried over, or the reason why there is none.
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import type { Findings } from "../findings.ts";
import { readStarter } from "./checkout.ts";
import { TASK_CLASSES, type TaskClass, type TaskConfig } from "./config.ts";
import { datasets } from "./datasets.ts";
import { type Metric, metricOf } from "./metric.ts";
import { imageFor } from "./needs.ts";
import { relocated } from "./relocate.ts";
import type { Scan } from "./scanSources.ts";
import { filesOfScript, neededBy, withoutCopies } from "./scriptFiles.ts";

/** MLGym's own, where a configuration has none. */
const TRAINING_SECONDS = 3_600;
const TEXT_FILE = /\.(?:py|sh|yaml|yml|md|txt|json|toml|cfg)$/;

/** One configuration, read together with all that it names. */
export interface PlannedTask {
  readonly config: TaskConfig;
  readonly taskClass: TaskClass;
  readonly description: string;
  readonly workspace: readonly TaskFile[];
  /** Files for the judge alone, by the place where the script looks for them. */
  readonly secret: readonly TaskFile[];
  /** Files of the workspace that the judge has a copy of. */
  readonly shown: readonly TaskFile[];
  readonly script: string;
  readonly submission: readonly string[];
  readonly metric: Metric;
  readonly baseline: Readonly<Record<string, number>>;
  readonly image: string;
  readonly seconds: number;
  /** The baseline that makes a submission; null where the starter files are one. */
  readonly makes: string | null;
  /** Why it cannot be played as it stands, in sentences; empty where it can. */
  readonly obstacles: readonly string[];
  /** What is otherwise than in MLGym. */
  readonly notes: readonly string[];
}

/** Reads what a configuration names. Throws a UserError whose message is the reason why no task can be made of it. */
export async function planTask(
  checkout: string,
  config: TaskConfig,
  scan: (files: readonly string[]) => Promise<Scan>,
): Promise<PlannedTask> {
  const taskClass = TASK_CLASSES.find((name) => name === config.task_entrypoint);
  if (taskClass === undefined) {
    throw new UserError(`its class ${config.task_entrypoint} is none of MLGym's: ${TASK_CLASSES.join(", ")}`);
  }
  const found: Findings = { obstacles: [], notes: [] };
  const { docs, files: data } = await datasets(checkout, config, found);
  const starter = await starterFiles(checkout, config);
  const script = scriptOf(config, starter);
  const [baseline = {}] = config.baseline_scores ?? [];
  const metric = metricOf(config.id, baseline);
  if (metric === null) throw new UserError("it has no baseline_scores, so nothing says what is measured");
  if (!metric.isKnown) {
    found.notes.push(
      `that ${metric.name} counts and is to ${metric.direction} is a guess: configurations do not say`,
    );
  }
  const sources = await scanned(checkout, config, scan);
  const local = [...starter, ...data].map((file) => ({ ...file, data: contentHere(file) }));
  const { secret: secretNames, read } = filesOfScript(config, { script, starter, data, sources, found });
  const secret = local.filter((file) => secretNames.has(file.path));
  const sample = await sampleSubmission(checkout, config);
  const workspace = withoutCopies(
    [...local.filter((file) => !secretNames.has(file.path)), ...sample],
    secret,
    found,
  );
  const needed = neededBy(script, workspace, sources);
  const image = chooseImage(config, { script, needed, sources, found });
  addClassFindings(taskClass, found);
  const reads = sources[script];
  if (
    taskClass === "CSVSubmissionTasks" &&
    secret.length === 0 &&
    isSelfReported(reads?.imports ?? [], reads?.texts ?? [])
  ) {
    found.obstacles.push(
      `${script} reads nothing but what is handed in, so that a score can be written down at will`,
    );
  }
  return {
    config,
    taskClass,
    description: descriptionOf(config, docs),
    workspace,
    secret,
    shown:
      taskClass === "CSVSubmissionTasks"
        ? workspace.filter((file) => needed.has(file.path) || read.has(file.path))
        : [],
    script,
    submission: submissionOf(config, taskClass, { script, workspace, needed }),
    metric,
    baseline,
    image,
    seconds: config.training_timeout ?? TRAINING_SECONDS,
    makes: taskClass === "CSVSubmissionTasks" ? baselineOf(config, workspace) : null,
    ...found,
  };
}

async function starterFiles(checkout: string, config: TaskConfig): Promise<readonly TaskFile[]> {
  const files = await Promise.all((config.starter_code ?? []).map((name) => readStarter(checkout, name)));
  return files.flat();
}

async function sampleSubmission(checkout: string, config: TaskConfig): Promise<readonly TaskFile[]> {
  if (config.sample_submission == null) return [];
  return readStarter(checkout, config.sample_submission).catch((error: unknown) => {
    if (error instanceof UserError) return [];
    throw error;
  });
}

function scriptOf(config: TaskConfig, starter: readonly TaskFile[]): string {
  const [script] = config.evaluation_paths ?? [];
  if (script === undefined) throw new UserError("it names no evaluation script");
  const clean = path.posix.normalize(script);
  if (!starter.some((file) => file.path === clean)) {
    throw new UserError(`its evaluation script ${script} is not among its starter files`);
  }
  return clean;
}

/** The scan of the starter's Python, by paths as in the workspace. */
async function scanned(
  checkout: string,
  config: TaskConfig,
  scan: (files: readonly string[]) => Promise<Scan>,
): Promise<Scan> {
  const byPlace = new Map<string, string>();
  for (const name of config.starter_code ?? []) {
    for (const { path: place } of await readStarter(checkout, name)) {
      if (place.endsWith(".py")) byPlace.set(place, path.posix.join(path.posix.dirname(name), place));
    }
  }
  const found = await scan([...byPlace.values()]);
  return Object.fromEntries(
    [...byPlace].flatMap(([place, source]) => {
      const one = found[source];
      return one === undefined ? [] : [[place, one]];
    }),
  );
}

/** The image for what the script needs; that the starter needs more is only told. */
function chooseImage(
  config: TaskConfig,
  of: {
    readonly script: string;
    readonly needed: ReadonlySet<string>;
    readonly sources: Scan;
    readonly found: Findings;
  },
): string {
  const { script, needed, sources, found } = of;
  const own = new Set(Object.keys(sources).map((file) => file.split("/")[0]?.replace(/\.py$/, "")));
  const packagesOf = (files: Iterable<string>) => [
    ...new Set(
      [...files]
        .flatMap((file) => sources[file]?.imports ?? [])
        .map((name) => name.split(".")[0] ?? name)
        .filter((name) => !own.has(name)),
    ),
  ];
  const { image, missing } = imageFor(packagesOf(needed), config.use_generic_conda);
  if (missing.length > 0) {
    found.obstacles.push(`${script} imports ${missing.join(", ")}, which no image here has beside the rest`);
  }
  const starterLacks = imageFor(packagesOf(Object.keys(sources)), config.use_generic_conda).missing.filter(
    (name) => !missing.includes(name),
  );
  if (starterLacks.length > 0) {
    found.notes.push(`the starter code imports ${starterLacks.join(", ")}, which the image ${image} has not`);
  }
  if (!config.use_generic_conda) {
    found.notes.push(`instead of its own conda environment it has the image ${image}`);
  }
  return image;
}

function baselineOf(config: TaskConfig, workspace: readonly TaskFile[]): string | null {
  const [baseline] = (config.baseline_paths ?? []).map((name) => path.posix.normalize(name));
  return workspace.find((file) => file.path === baseline)?.path ?? null;
}

/** Whether a script has neither labels of its own nor a place to fetch them from. */
function isSelfReported(imports: readonly string[], texts: readonly string[]): boolean {
  return (
    !imports.includes("datasets") &&
    !texts.some((text) => /\.(?:csv|pkl|json|parquet|npz|npy|txt)$/.test(text))
  );
}

function addClassFindings(taskClass: TaskClass, { obstacles, notes }: Findings): void {
  switch (taskClass) {
    case "CSVSubmissionTasks":
      notes.push("`validate` and the record score the same rows, as in MLGym");
      return;
    case "PythonSubmissionTasks":
      notes.push("its script imports the agent's code: rows say judge:script:shared");
      return;
    case "ModelSubmissionTasks":
      obstacles.push(
        "it hands in whatever checkpoints it finds, pickles that run code when they are read, where a task here names its files",
      );
      return;
    case "LMSubmissionTasks":
      obstacles.push("its script is run by torchrun on GPUs, on a model that it finds in the agent's folder");
      return;
    default:
      taskClass satisfies never;
  }
}

/** What is handed in: the predictions, or the files that the agent is told to change. */
function submissionOf(
  config: TaskConfig,
  taskClass: TaskClass,
  of: {
    readonly script: string;
    readonly workspace: readonly TaskFile[];
    readonly needed: ReadonlySet<string>;
  },
): readonly string[] {
  if (taskClass === "CSVSubmissionTasks") return ["submission.csv"];
  const candidates = of.workspace
    .map((file) => file.path)
    .filter((file) => file.endsWith(".py") && file !== of.script);
  const toldOf = candidates.filter((file) => config.description.includes(path.posix.basename(file)));
  const imported = candidates.filter((file) => of.needed.has(file));
  const chosen = taskClass === "PythonSubmissionTasks" && toldOf.length > 0 ? toldOf : imported;
  const any = chosen.length > 0 ? chosen : candidates;
  if (any.length === 0) throw new UserError("none of its starter files is for the agent to change");
  return any;
}

/** The description with its datasets; other words in braces are no placeholders of ours. */
function descriptionOf(config: TaskConfig, docs: string): string {
  const text = relocated(config.description).replaceAll("{dataset_docs}", relocated(docs));
  return `${text.replaceAll(/\{([A-Za-z][A-Za-z0-9_.]*)\}/g, "{ $1 }").trimEnd()}\n`;
}

/** A file's content with MLGym's paths written as they are here. */
function contentHere({ path: name, data }: TaskFile): Uint8Array {
  if (!TEXT_FILE.test(name)) return data;
  const text = new TextDecoder().decode(data);
  const here = relocated(text);
  return here === text ? data : new TextEncoder().encode(here);
}
