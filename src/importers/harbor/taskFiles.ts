// Writes down a planned task of Harbor's as the files of a task folder of ours.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../core/hash.ts";
import type { TaskDefinition, TaskFile } from "../../core/task.ts";
import { yamlText } from "../../tasks/yamlText.ts";
import { dataFile, textFile } from "../taskFile.ts";
import { type HarborSettings, OTHER_SOLUTIONS } from "./format.ts";
import type { PlannedTask } from "./planTask.ts";

const PYTHON = fileURLToPath(new URL("python/", import.meta.url));
const SUBMISSION_BYTES_MAX = 32 * 1024 * 1024;
/** What a task that names none gets: Harbor leaves it to whoever runs it. */
const RESOURCES = { cpus: 1, memoryMb: 2048, pids: 128, diskMb: 512 };
/** What judging needs beyond the tests themselves. */
const JUDGE_SECONDS = 30;
const SOLUTION_FOLDER = ".solution";
const STATED_LICENCE = /^[A-Za-z0-9.+-]{2,64}$/;

/** The files of the task folder, by path. `key` is a fresh secret text. */
export async function taskFiles(plan: PlannedTask, id: string, key: string): Promise<readonly TaskFile[]> {
  const asset = (name: string) => readFile(new URL(name, `file://${PYTHON}`));
  const hidden: TaskFile[] = [
    ...plan.tests.map((one) => ({ ...one, path: `harbor/tests/${one.path}` })),
    dataFile("harbor/run_tests.py", await asset("run_tests.py")),
  ];
  const settings: HarborSettings = {
    workdir: plan.workdir,
    seconds: plan.toml.verifier.timeout_sec,
    env: plan.toml.verifier.env,
    reward: plan.kept === null ? "reward" : "raw_score",
    files: [...hidden.map((one) => one.path), "harbor/settings.json"],
  };
  const others = `${path.posix.basename(OTHER_SOLUTIONS)}/`;
  const isOther = (one: TaskFile) => plan.kept !== null && one.path.startsWith(others);
  const solution = plan.solution.map((one) =>
    isOther(one)
      ? { ...one, path: `solution/${one.path.slice(others.length)}` }
      : {
          ...one,
          path: `solution/reference/${SOLUTION_FOLDER}/${one.path}`,
          data: relocated(one, plan.workdir),
        },
  );
  return [
    textFile("README.md", readmeText(plan)),
    textFile("task.yaml", yamlText(definitionOf(plan, id))),
    textFile("description.md", descriptionOf(plan)),
    dataFile("judge.py", await asset("judge.py")),
    textFile("hidden/key", `${key}\n`),
    textFile("hidden/harbor/settings.json", `${JSON.stringify(settings, null, 2)}\n`),
    ...hidden.map((one) => ({ ...one, path: `hidden/${one.path}` })),
    ...plan.workspace.map((one) => ({ ...one, path: `workspace/${one.path}` })),
    ...solution,
  ];
}

function definitionOf(plan: PlannedTask, id: string): TaskDefinition {
  const { toml, kept, obstacles } = plan;
  const { environment, verifier, agent } = toml;
  const seconds = verifier.timeout_sec + JUDGE_SECONDS;
  const licence = toml.metadata["license"] ?? toml.metadata["licence"];
  const stated = typeof licence === "string" && STATED_LICENCE.test(licence) ? licence : null;
  const whole = (value: number) => Math.max(1, Math.round(value));
  const own = kept ?? {
    title: toml.task.name ?? plan.name,
    domain: textOf(toml.metadata["category"]) ?? "Harbor",
    family: id,
    tags: ["harbor", ...toml.task.keywords],
    licence: stated ?? "LicenseRef-not-stated",
    metric: { name: "reward", direction: "maximize" as const, unit: "" },
    anchors: { nothing: null, starter: 0, probe: null, best: null, optimum: null },
    sigma: 0,
    use: "train" as const,
    notTrainable: stated === null ? "Its licence is not stated." : null,
  };
  const { title, domain, family, tags, licence: held, metric, anchors, sigma, use, notTrainable } = own;
  return {
    ...{ title, domain, family, tags, licence: held, metric, anchors, sigma },
    limits: kept?.limits ?? (agent.timeout_sec === undefined ? {} : { wallSeconds: agent.timeout_sec }),
    resources: kept?.resources ?? {
      cpus: environment.cpus ?? RESOURCES.cpus,
      memoryMb: whole(environment.memory_mb ?? environment.memory ?? RESOURCES.memoryMb),
      pids: RESOURCES.pids,
      diskMb: whole(environment.storage_mb ?? environment.storage ?? RESOURCES.diskMb),
      ...(environment.gpus === undefined || environment.gpus === 0 ? {} : { gpus: environment.gpus }),
    },
    image: plan.image.name,
    submission:
      kept?.submission ?? plan.submission.map((one) => ({ path: one, bytesMax: SUBMISSION_BYTES_MAX })),
    ...makeOf(plan),
    ...shownOf(plan),
    judge: {
      kind: "script",
      timeoutSeconds: seconds,
      cpuSecondsMax: Math.ceil(seconds * (environment.cpus ?? RESOURCES.cpus)),
      cpuMsPerCallMax: null,
      packages: true,
    },
    use,
    ...(notTrainable === null ? {} : { notTrainable }),
    ...(obstacles.length === 0 ? {} : { notPlayable: obstacles.join("; ") }),
    validation: 1,
    mlgym: null,
  };
}

/** A solution of Harbor's is a program that runs in the agent's folder; without one, what makes the starter's submission, if anything does. */
function makeOf({ kept, solution }: PlannedTask): Pick<TaskDefinition, "make"> {
  const own = kept?.make;
  if (solution.length === 0) return own === undefined ? {} : { make: own };
  const solve = `bash ${SOLUTION_FOLDER}/solve.sh; rm -rf ${SOLUTION_FOLDER}`;
  const otherwise = own === undefined ? "" : ` else ${own};`;
  return { make: `if [ -e ${SOLUTION_FOLDER}/solve.sh ]; then ${solve};${otherwise} fi` };
}

/** Of a task of ours, what its workspace has a copy of is there on purpose; of others nobody said so. */
function shownOf({ kept, tests, workspace }: PlannedTask): Pick<TaskDefinition, "shown"> {
  if (kept === null) return {};
  const bytes = new Set(workspace.map(({ data }) => sha256(data)));
  const shown = tests.filter(({ data }) => bytes.has(sha256(data)));
  return shown.length === 0 ? {} : { shown: shown.map((one) => `harbor/tests/${one.path}`) };
}

/** The instruction with paths into Harbor's folder made relative, and nothing that would be a placeholder here. */
function descriptionOf(plan: PlannedTask): string {
  const lines = plan.instruction.split("\n");
  const first = lines.findIndex((line) => !/^\s*(?:<!--.*|#.*)?canary|^\s*$/i.test(line));
  const body = relocatedText(lines.slice(Math.max(0, first)).join("\n"), plan.workdir);
  return `${body.replaceAll(/\{([A-Za-z][A-Za-z0-9_.]*)\}/g, "{ $1 }").trimEnd()}\n`;
}

function relocated({ data }: TaskFile, workdir: string): Uint8Array {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
    return new TextEncoder().encode(
      relocatedText(text, workdir).replaceAll(/(?<![\w.~/$}-])\/solution(?![\w-])/g, `./${SOLUTION_FOLDER}`),
    );
  } catch {
    return data;
  }
}

/** `/app/x` → `./x`: sandboxes have the agent's folder in another place. */
function relocatedText(text: string, workdir: string): string {
  if (workdir === "/") return text;
  const name = workdir.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const before = "(?<![\\w.~/$}-])";
  return text
    .replaceAll(new RegExp(`${before}${name}/`, "g"), "./")
    .replaceAll(new RegExp(`${before}${name}(?![\\w.-]*\\w)`, "g"), ".");
}

function readmeText(plan: PlannedTask): string {
  const { name, obstacles, notes, kept } = plan;
  return [
    `# ${name}`,
    "",
    "Made by `nightshift import harbor` of a task in Harbor's format. Its tests are in `hidden/harbor/tests/` as they were; they run in a fresh room beside what",
    "the agent left, once the agent is gone, so that a determined submission can lie to them: rows say `judge:script:shared`.",
    "",
    obstacles.length === 0
      ? "It can be played and judged."
      : `It cannot be played as it stands: ${obstacles.join("; ")}.`,
    ...(notes.length === 0 ? [] : ["", "Otherwise than in Harbor, or worth knowing:", ""]),
    ...notes.map((note) => `- ${note}`),
    "",
    kept === null
      ? "That the starter files score 0 is assumed: `nightshift tasks check` says what it measures, and `--record` writes it down."
      : "Metric, anchors and licence are those it was exported with.",
    "",
  ].join("\n");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}
