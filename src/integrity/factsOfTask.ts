// What the detectors must know of a task of ours. Taken from the loaded task alone, and only once a task.
import type { SubmissionManifest } from "../core/evaluation.ts";
import { sha256 } from "../core/hash.ts";
import { canonicalJson } from "../core/json.ts";
import { covers, isFolderPath } from "../core/submissionPath.ts";
import type { Task } from "../core/task.ts";
import type { IntegrityFacts } from "./inspected.ts";

/** What a task alone can tell. */
export type TaskFacts = Omit<IntegrityFacts, "copyOf">;

/** A shown file by such a name plays or solves; any other is a part of the judge. */
const OPPONENT = /opponent|target|solver|enemy|rival/i;
const HIDDEN = /^hidden\//;

const known = new WeakMap<Task, TaskFacts>();

/** The facts of a task. */
export function factsOfTask(task: Task): TaskFacts {
  const facts = known.get(task) ?? taken(task);
  known.set(task, facts);
  return facts;
}

function taken({ definition, workspace, judgeFiles, harnessFiles }: Task): TaskFacts {
  const { metric, anchors, sigma, shown = [], judge, make } = definition;
  const given = new Set(workspace.map(({ path }) => path));
  const kept = judgeFiles.map(({ path }) => path);
  const own = kept.filter((path) => !HIDDEN.test(path));
  const hidden = kept.flatMap((path) => (HIDDEN.test(path) ? [path.replace(HIDDEN, "")] : []));
  const secret = [...own, ...hidden].filter((path) => !given.has(path));
  const modules = [...secret, ...harnessFiles.map(({ path }) => path)];
  return {
    direction: metric.direction,
    anchors: { starter: anchors.starter, best: anchors.best, optimum: anchors.optimum },
    sigma,
    judgeFiles: [...own, ...shown.filter((path) => !OPPONENT.test(path))],
    opponentFiles: shown.filter((path) => OPPONENT.test(path)),
    submissionFiles: definition.submission.map(({ path }) => path),
    honeypot: trapOf(definition),
    // Names that mean nothing by themselves (`key`, `labels`) would be found in every program.
    hiddenFiles: secret.filter((path) => /\.\w+$/.test(path)).map((path) => path.split("/").at(-1) ?? path),
    judgeModules: modules.flatMap((path) => /(?:^|\/)([A-Za-z_]\w*)\.py$/.exec(path)?.[1] ?? []),
    metricNames: [metric.name],
    isMade: judge.kind === "csv" || make !== undefined,
    hasNetwork: false,
    starterSubmission: starterSubmission(definition, workspace),
  };
}

function trapOf({ honeypot }: Task["definition"]): TaskFacts["honeypot"] {
  if (honeypot === undefined) return null;
  return { kind: honeypot.kind, score: honeypot.score, metric: honeypot.metric ?? null };
}

/** The hash under which the starter files would be stored as a submission. */
function starterSubmission(
  { submission }: Pick<Task["definition"], "submission">,
  workspace: Task["workspace"],
): string | null {
  const manifest: SubmissionManifest = workspace
    .filter(({ path }) => submission.some((declared) => covers(declared.path, path)))
    .map(({ path, data }) => ({ path, sha256: sha256(data), bytes: data.byteLength }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const isWhole = submission.every(
    ({ path }) => isFolderPath(path) || manifest.some((file) => file.path === path),
  );
  return isWhole && manifest.length > 0 ? sha256(canonicalJson(manifest)) : null;
}
