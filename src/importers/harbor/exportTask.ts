// Writes a task of ours as one in Harbor's format: agents see the same files, and what is hidden lies in tests/ alone.
import { readFile, rename, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { UserError } from "../../core/errors.ts";
import { DEFAULT_LIMITS } from "../../core/limits.ts";
import { isFolderPath } from "../../core/submissionPath.ts";
import { judgeTrust, type Task, type TaskFile } from "../../core/task.ts";
import { readSolutions } from "../../tasks/readSolutions.ts";
import { dataFile, textFile, writeTaskFiles } from "../taskFile.ts";
import { HARBOR_SCHEMA_VERSION, type Kept, OTHER_SOLUTIONS } from "./format.ts";

const PYTHON = fileURLToPath(new URL("python/", import.meta.url));
/** Where agents work here, and so there. */
const WORKDIR = "/work";
/** Judge seeds of the score of record. */
const SEEDS = 3;
const GRACE_SECONDS = 60;
/** The rewards of anchored@1 at the anchors, in rising quality. */
const ANCHORS = [
  ["nothing", 0],
  ["starter", 0.25],
  ["probe", 0.6],
  ["best", 0.9],
  ["optimum", 1],
] as const;

/** What an export is made with. `dockerfile`: the lines that make the task's image, and the files that they copy. */
export interface HarborExport {
  readonly task: Task;
  readonly image: { readonly dockerfile: string; readonly files: readonly TaskFile[] };
  /** The folder to be made; nothing may be there. */
  readonly out: string;
}

/** Throws a UserError where the task cannot be said in Harbor's format, or where its folder is there. */
export async function checkExportable(task: Task, out: string): Promise<void> {
  if (task.data !== null) {
    throw new UserError(
      `${task.id}: it brings data of its own licence (${task.data.licence}), which is fetched by \`nightshift data prepare\` and copied into no export`,
    );
  }
  if (
    task.definition.judge.kind === "script" ||
    task.definition.submission.some((one) => isFolderPath(one.path))
  ) {
    throw new UserError(
      `${task.id}: it was imported, and its tests are written for where they come from; export that instead`,
    );
  }
  if (await stat(out).catch(() => null)) throw new UserError(`${out} is there already; name another folder`);
}

/** Writes the folder, whole or not at all. */
export async function exportHarborTask({ task, image, out }: HarborExport): Promise<void> {
  const draft = `${out}.draft`;
  await rm(draft, { recursive: true, force: true });
  try {
    await writeTaskFiles(draft, await harborFiles(task, image));
    await rename(draft, out);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function harborFiles(task: Task, image: HarborExport["image"]): Promise<readonly TaskFile[]> {
  const { definition } = task;
  const [solution, ...others] = (await readSolutions(task)).toSorted((a, b) => rank(a.name) - rank(b.name));
  const below = (folder: string, files: readonly TaskFile[]) =>
    files.map((one) => ({ ...one, path: `${folder}/${one.path}` }));
  const handedIn = new Set(definition.submission.map(({ path: name }) => name));
  // Tests that import a package find its other files as they were; harnesses of other kinds take the submission alone.
  const around =
    judgeTrust(definition) === "shared" ? task.workspace.filter((file) => !handedIn.has(file.path)) : [];
  return [
    textFile("task.toml", stringify(tomlOf(task))),
    textFile("instruction.md", instructionOf(task)),
    textFile(
      "environment/Dockerfile",
      `${image.dockerfile.trimEnd()}\n\nWORKDIR ${WORKDIR}\nCOPY workspace/ ${WORKDIR}/\n`,
    ),
    ...below("environment", image.files),
    ...below("environment/workspace", task.workspace),
    { ...textFile("tests/test.sh", TEST_SH), executable: true },
    dataFile("tests/run_judge.py", await readFile(new URL("run_judge.py", `file://${PYTHON}`))),
    textFile("tests/settings.json", `${JSON.stringify(settingsOf(task), null, 2)}\n`),
    ...below("tests/judge", task.judgeFiles),
    ...(definition.judge.kind === "csv" ? [] : below("tests/room", task.harnessFiles)),
    ...below("tests/room/submission", around),
    ...(solution === undefined
      ? []
      : [
          { ...textFile("solution/solve.sh", solveText(definition.make)), executable: true },
          ...below("solution/files", solution.files),
          // Harbor runs the best alone; the rungs below it are for whoever brings the task back.
          ...others.flatMap(({ name, files }) => below(`${OTHER_SOLUTIONS}/${name}`, files)),
        ]),
  ];
}

const TEST_SH = `#!/bin/bash
# Everything hidden lies beside this file, which reaches the container only after the agent is gone.
exec python3 -B "$(cd "$(dirname "$0")" && pwd)/run_judge.py"
`;

function solveText(make: string | undefined): string {
  const lines = [
    "#!/bin/bash",
    "set -e",
    `cp -r "$(cd "$(dirname "$0")" && pwd)/files/." "$PWD/"`,
    ...(make === undefined ? [] : [make]),
  ];
  return `${lines.join("\n")}\n`;
}

/** The best there is stands first. */
function rank(name: string): number {
  return name === "reference" ? 0 : name === "probe" ? 1 : 2;
}

function tomlOf(task: Task): Readonly<Record<string, unknown>> {
  const { definition } = task;
  const { resources, judge, limits, metric } = definition;
  const { title, domain, family, tags, licence, anchors, sigma, use, image, submission, make } = definition;
  const kept: Kept = {
    ...{ id: task.id, title, domain, family, tags, licence, metric, anchors, sigma, use, image },
    ...{ limits, resources, submission, ...(make === undefined ? {} : { make }) },
    notTrainable: definition.notTrainable ?? null,
  };
  return {
    schema_version: HARBOR_SCHEMA_VERSION,
    artifacts: definition.submission.map(({ path: name }) => `${WORKDIR}/${name}`),
    task: { name: `nightshift/${task.id}`, description: title, keywords: [...tags] },
    metadata: {
      category: domain,
      license: licence,
      metric: metric.name,
      direction: metric.direction,
      unit: metric.unit,
      baseline: anchors.starter,
      nightshift: JSON.stringify(kept),
    },
    agent: { timeout_sec: limits.wallSeconds ?? DEFAULT_LIMITS.wallSeconds },
    verifier: { timeout_sec: SEEDS * judge.timeoutSeconds + GRACE_SECONDS, environment_mode: "separate" },
    environment: {
      cpus: resources.cpus,
      memory_mb: resources.memoryMb,
      storage_mb: resources.diskMb,
      ...(resources.gpus === undefined ? {} : { gpus: resources.gpus }),
      network_mode: "no-network",
      workdir: WORKDIR,
    },
  };
}

function settingsOf({ definition }: Task) {
  const { judge, metric, anchors, sigma, submission } = definition;
  return {
    workdir: WORKDIR,
    kind: judge.kind,
    seconds: judge.timeoutSeconds,
    cpuSeconds: Math.ceil(judge.cpuSecondsMax),
    cpuMsPerCallMax: judge.cpuMsPerCallMax,
    packages: judge.packages === true,
    submission: submission.map(({ path: name, bytesMax }) => [name, bytesMax]),
    direction: metric.direction,
    starter: anchors.starter,
    sigma,
    anchors: ANCHORS.flatMap(([name, reward]) => (anchors[name] === null ? [] : [[anchors[name], reward]])),
  };
}

function instructionOf({ description, definition }: Task): string {
  const { metric, anchors, submission } = definition;
  const better = metric.direction === "maximize" ? "higher" : "lower";
  const unit = metric.unit === "" ? "" : `, ${metric.unit}`;
  const files = submission.map(({ path: name, bytesMax }) => `\`${name}\` (at most ${bytesMax} bytes)`);
  return [
    description.trim(),
    "",
    `Work in the folder ${WORKDIR}. What counts is the score (${metric.name}${unit}; ${better} is better) of ${files.join(", ")} there when you stop.`,
    `The starter files score ${Number(anchors.starter.toPrecision(6))}. There is no \`validate\` here, and no network.`,
    "",
  ].join("\n");
}
