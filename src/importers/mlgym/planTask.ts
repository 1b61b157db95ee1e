// What becomes of one configuration of MLGym: a task of ours with what could not be carried over, or the reason why there is none.
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import { hasFolder, readDataset, readStarter } from "./checkout.ts";
import { TASK_CLASSES, type TaskClass, type TaskConfig } from "./config.ts";
import { type Metric, metricOf } from "./metric.ts";
import { imageFor } from "./needs.ts";
import { relocated } from "./relocate.ts";
import type { Scan } from "./scanSources.ts";

/** MLGym's own, where a configuration has none. */
const TRAINING_SECONDS = 3_600;
const TEXT_FILE = /\.(?:py|sh|yaml|yml|md|txt|json|toml|cfg)$/;
/** Where MLGym puts the files of local datasets. */
const DATA_FOLDER = "data";

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

/** What is found out about a task while it is read. */
interface Findings {
  readonly obstacles: string[];
  readonly notes: string[];
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

async function datasets(checkout: string, config: TaskConfig, { obstacles }: Findings) {
  const docs: string[] = [];
  const files: TaskFile[] = [];
  for (const name of config.dataset_configs ?? []) {
    const dataset = await readDataset(checkout, name);
    docs.push(`${dataset.name.toUpperCase()}:\n${dataset.description}\n`);
    if (!dataset.is_local) {
      obstacles.push(
        `its data, ${dataset.data_path}, is on the Hugging Face hub, which sandboxes do not reach`,
      );
      continue;
    }
    if (!(await hasFolder(checkout, dataset.data_path))) {
      obstacles.push(await missingData(checkout, dataset.data_path));
      continue;
    }
    try {
      const found = await readStarter(checkout, dataset.data_path);
      files.push(...found.map((file) => ({ ...file, path: inDataFolder(file.path) })));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      obstacles.push(`its data does not fit: ${error.message}`);
    }
  }
  return { docs: docs.join("\n"), files };
}

/** A dataset's folder is copied to `data`, whatever its own name is. */
function inDataFolder(file: string): string {
  return `${DATA_FOLDER}/${file.slice(file.indexOf("/") + 1)}`;
}

async function missingData(checkout: string, folder: string): Promise<string> {
  const helpers = path.posix.join(path.posix.dirname(folder), "_helpers");
  const made = await hasFolder(checkout, helpers).catch(() => false);
  const remedy = made
    ? `the scripts in ${helpers}/ make it: run them there, then import again`
    : "the checkout was published without it";
  return `its data, ${folder}, is not in the checkout; ${remedy}`;
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

/** What only the judge may have (declared so, or data that the script reads and nothing else speaks of), and what the script reads besides. */
function filesOfScript(
  config: TaskConfig,
  of: {
    readonly script: string;
    readonly starter: readonly TaskFile[];
    readonly data: readonly TaskFile[];
    readonly sources: Scan;
    readonly found: Findings;
  },
): { readonly secret: ReadonlySet<string>; readonly read: ReadonlySet<string> } {
  const { script, starter, data, sources, found } = of;
  const declared = new Set((config.secret_files ?? []).map((name) => path.posix.normalize(name)));
  const names = (file: string, texts: readonly string[]) => {
    const base = path.posix.basename(file);
    return texts.some((text) => text === base || text.endsWith(`/${base}`));
  };
  const others = starter.flatMap((file) => (file.path === script ? [] : (sources[file.path]?.texts ?? [])));
  const secret = new Set<string>();
  const read = new Set<string>();
  for (const file of [...starter, ...data]) {
    const isDeclared = declared.has(file.path) || declared.has(path.posix.basename(file.path));
    if (file.path === script) continue;
    const isRead = data.includes(file) && names(file.path, sources[script]?.texts ?? []);
    const isToldOf = names(file.path, others) || config.description.includes(path.posix.basename(file.path));
    if (isDeclared || (isRead && !isToldOf)) {
      secret.add(file.path);
      const why = isDeclared ? "declared secret" : "read by the evaluation script alone";
      found.notes.push(`${file.path} (${why}) is moved out of agents' sight`);
    } else if (isRead) {
      read.add(file.path);
      found.notes.push(`${file.path} is read by the evaluation script and seen by agents, as in MLGym`);
    }
  }
  return { secret, read };
}

/** Leaves out what has the content of a secret file under another name. */
function withoutCopies(
  files: readonly TaskFile[],
  secret: readonly TaskFile[],
  { notes }: Findings,
): readonly TaskFile[] {
  return files.filter((file) => {
    const copy = secret.find(({ data }) => Buffer.compare(data, file.data) === 0 && data.byteLength > 0);
    if (copy !== undefined) notes.push(`${file.path} is left out: it is ${copy.path} word for word`);
    return copy === undefined;
  });
}

/** The script and the workspace's modules that it imports, directly or by way of each other. */
function neededBy(script: string, workspace: readonly TaskFile[], sources: Scan): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const name of sources[file]?.imports ?? []) {
      const place = moduleFile(name, workspace);
      if (place !== null) visit(place);
    }
  };
  visit(script);
  return needed;
}

function moduleFile(name: string, workspace: readonly TaskFile[]): string | null {
  const place = name.replaceAll(".", "/");
  const found = workspace.find((file) => file.path === `${place}.py` || file.path === `${place}/__init__.py`);
  return found?.path ?? null;
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
