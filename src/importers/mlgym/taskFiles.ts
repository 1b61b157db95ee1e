// Writes down a planned task as the files of a task folder of ours.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TaskDefinition, TaskFile } from "../../core/task.ts";
import { yamlText } from "../../tasks/yamlText.ts";
import { dataFile, textFile } from "../taskFile.ts";
import { type MlgymSettings, SETTINGS_FILE } from "./config.ts";
import type { PlannedTask } from "./planTask.ts";

const PYTHON = fileURLToPath(new URL("python/", import.meta.url));
const CSV_BYTES_MAX = 16 * 1024 * 1024;
const CODE_BYTES_MAX = 1024 * 1024;
/** MLGym does not count them; every step of its benchmark may be one. */
const VALIDATIONS = 50;
/** MLGym bounds neither; this is what its smaller tasks are known to do with. */
const RESOURCES = { cpus: 1, memoryMb: 2048, pids: 64, diskMb: 512 };
const JUDGE_RESOURCES = { cpus: 1, memoryMb: 2048, pids: 64, diskMb: 256 };

/** What a folder is made with beyond the plan. */
export interface FolderFacts {
  readonly id: string;
  /** File below configs/tasks/. */
  readonly configFile: string;
  readonly licence: string;
  /** A fresh secret text. */
  readonly key: string;
  /** Names of this package's own tasks that follow the same one of MLGym. */
  readonly ownTasks: readonly string[];
}

/** The files of the task folder, by path. */
export async function taskFiles(plan: PlannedTask, facts: FolderFacts): Promise<readonly TaskFile[]> {
  const isData = plan.taskClass === "CSVSubmissionTasks";
  const hidden = [...plan.secret, ...plan.shown];
  const asset = (name: string) => readFile(new URL(name, `file://${PYTHON}`));
  const below = (folder: string, files: readonly TaskFile[]) =>
    files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
  return [
    textFile("README.md", readmeText(plan, facts)),
    textFile("task.yaml", yamlText(definitionOf(plan, facts))),
    textFile("description.md", plan.description),
    dataFile("judge.py", await asset(isData ? "judge_data.py" : "judge_script.py")),
    textFile("hidden/key", `${facts.key}\n`),
    dataFile("hidden/mlgym_metrics.py", await asset("mlgym_metrics.py")),
    textFile(SETTINGS_FILE, `${JSON.stringify(settingsOf(plan, facts, hidden), null, 2)}\n`),
    ...below("hidden", hidden),
    ...below("workspace", plan.workspace),
  ];
}

function settingsOf(
  plan: PlannedTask,
  { configFile }: FolderFacts,
  hidden: readonly TaskFile[],
): MlgymSettings {
  const isWhole = plan.taskClass === "CSVSubmissionTasks" || plan.taskClass === "PythonSubmissionTasks";
  return {
    config: configFile,
    id: plan.config.id,
    class: plan.taskClass,
    script: plan.script,
    arguments: plan.taskClass === "CSVSubmissionTasks" ? ["--submission_file", "submission.csv"] : [],
    printed: isWhole ? "object" : "firstObject",
    metric: plan.metric.name,
    files: hidden.map((one) => one.path),
    submission: [...plan.submission],
    seconds: plan.seconds,
    readOnly: plan.config.evaluation_read_only,
  };
}

function definitionOf(plan: PlannedTask, facts: FolderFacts): TaskDefinition {
  const { config, metric, baseline, seconds } = plan;
  const isData = plan.taskClass === "CSVSubmissionTasks";
  return {
    title: config.name,
    domain: "MLGym",
    family: facts.id,
    tags: ["mlgym"],
    licence: facts.licence,
    metric: { name: metric.name, direction: metric.direction, unit: "" },
    anchors: { nothing: null, starter: starterScore(plan), probe: null, best: null, optimum: null },
    sigma: 0,
    limits: { actionSeconds: seconds, validations: VALIDATIONS },
    resources: RESOURCES,
    image: plan.image,
    submission: plan.submission.map((path) => ({ path, bytesMax: isData ? CSV_BYTES_MAX : CODE_BYTES_MAX })),
    ...(plan.makes === null ? {} : { make: `python3 ${plan.makes}` }),
    ...(plan.shown.length > 0 ? { shown: plan.shown.map((one) => one.path) } : {}),
    judge: {
      kind: isData ? "csv" : "script",
      timeoutSeconds: seconds,
      cpuSecondsMax: seconds,
      cpuMsPerCallMax: null,
      packages: true,
      ...(isData ? { resources: JUDGE_RESOURCES } : {}),
    },
    use: "benchmark",
    ...(plan.obstacles.length > 0 ? { notPlayable: sentence(plan.obstacles) } : {}),
    validation: 1,
    mlgym: {
      id: config.id,
      baseline: { ...baseline },
      published: null,
      publishedNote: `Imported from a checkout (configs/tasks/${facts.configFile}); the baseline's scores are those of its configuration.`,
    },
  };
}

/** The baseline's score under whatever spelling of the metric; without one the task is not loaded with a number made up. */
function starterScore({ metric, baseline, config }: PlannedTask): number {
  const name = Object.keys(baseline).find((one) => one.toLowerCase() === metric.name.toLowerCase());
  const score = name === undefined ? undefined : baseline[name];
  if (score === undefined) throw new Error(`${config.id}: no score of ${metric.name} among its baseline's`);
  return score;
}

/** Findings as one sentence. */
export function sentence(findings: readonly string[]): string {
  return findings.join("; ");
}

function readmeText(plan: PlannedTask, facts: FolderFacts): string {
  const { config, obstacles, notes } = plan;
  const own = facts.ownTasks.map((name) => `\`${name}\``).join(", ");
  return [
    `# ${config.name}`,
    "",
    `Made by \`nightshift import mlgym-tasks\` of MLGym's task \`${config.id}\` (configs/tasks/${facts.configFile}, class ${plan.taskClass}).`,
    `Description, starter files and evaluation script are MLGym's, under ${facts.licence}. It is a benchmark: nothing of it is to be trained on.`,
    "",
    obstacles.length === 0
      ? "It can be played and judged."
      : `It cannot be played as it stands: ${sentence(obstacles)}.`,
    ...(own === ""
      ? []
      : ["", `This package's own task after the same one, with a judge of its own: ${own}.`]),
    ...(notes.length === 0 ? [] : ["", "Otherwise than in MLGym, or worth knowing:", ""]),
    ...notes.map((note) => `- ${note}`),
    "",
    "The score of the baseline is the published one, and no noise of the judge is recorded: `nightshift tasks check` says what it measures.",
    "",
  ].join("\n");
}
