// The part of curation that runs on a worker thread. It reads the datasets twice: once for verdicts, of which it holds signatures
// and a few facts a rollout, and once to write rows.
import { z } from "zod";
import type { CurateReason } from "../core/verdict.ts";
import { datasetBuilder } from "../dataset/buildDataset.ts";
import type { Funnel, Manifest } from "../dataset/manifest.ts";
import { allRollouts, mergedTasks, type Source } from "../dataset/mergedDatasets.ts";
import { openDataset } from "../dataset/openDataset.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { TaskRow } from "../dataset/schema.ts";
import { verifyFiles } from "../dataset/verifyFiles.ts";
import { writeDurably } from "../dataset/writeDurably.ts";
import { tableLimitsSchema } from "../dataset/writeTable.ts";
import { contentFaults, type Fault } from "./contentFault.ts";
import { CURATION_NAME, type CurateReport } from "./curateReport.ts";
import { nearDuplicateIndex } from "./nearDuplicateIndex.ts";
import { type CurateRules, curateRulesSchema } from "./rules.ts";
import { type RolloutFacts, setFaults } from "./setFaults.ts";
import { masked } from "./stepMasks.ts";
import { shingles, wordsOf } from "./words.ts";

export const curateJobSchema = z.strictObject({
  folder: z.string(),
  datasetDirs: z.array(z.string()).min(1),
  rules: curateRulesSchema,
  /** Texts to be tested on, from files. */
  testedTexts: z.array(z.string()),
  codeVersion: z.string(),
  limits: tableLimitsSchema,
});
export type CurateJob = z.infer<typeof curateJobSchema>;

/** Writes the curated dataset into the job's empty folder. */
export async function run(input: unknown): Promise<CurateReport> {
  const { folder, datasetDirs, rules, testedTexts, codeVersion, limits } = curateJobSchema.parse(input);
  const sources: Source[] = [];
  for (const dir of datasetDirs) sources.push({ dataset: await openDataset(dir), allow: [] });
  for (const { dataset } of sources) await verifyFiles(dataset);
  const tasks = [...(await mergedTasks(sources, true)).values()];
  const verdicts = await judged(sources, rules, testedHashes(rules, testedTexts, tasks));

  const manifests = sources.map(({ dataset }) => dataset.manifest);
  const builder = datasetBuilder(folder, headOf(manifests, codeVersion), tasks, limits);
  const funnel = funnelOf(manifests.map((manifest) => manifest.funnel));
  const counts = { rollouts: 0, repeated: 0, droppedBefore: 0, kept: 0, maskedReplies: 0 };
  const dropped: Record<string, number> = {};
  for await (const { rollout, repeats } of allRollouts(sources)) {
    counts.rollouts++;
    counts.repeated += repeats;
    funnel.forget(rollout, repeats);
    if (rollout.trajectory.filter_decision !== "keep") {
      counts.droppedBefore++;
      await builder.add(rollout);
      continue;
    }
    const fault = verdicts.get(rollout.trajectory.trajectory_id);
    if (fault !== undefined) {
      dropped[fault.reason] = (dropped[fault.reason] ?? 0) + 1;
      funnel.drop(fault.reason);
      await builder.add(droppedFor(rollout, fault));
      continue;
    }
    counts.kept++;
    const { rollout: written, count } = masked(rollout, rules);
    counts.maskedReplies += count;
    await builder.add(written);
  }
  const report: CurateReport = {
    format: "nightshift.curation/1",
    rules,
    ...counts,
    dropped,
    funnel: funnel.now(),
  };
  await writeDurably(folder, CURATION_NAME, `${JSON.stringify(report, null, 2)}\n`);
  await builder.finish(tasks, report.funnel);
  return report;
}

/** The faults of kept rollouts by id, in the order of docs/curation.md. */
async function judged(
  sources: readonly Source[],
  rules: CurateRules,
  tested: ReadonlySet<number>,
): Promise<ReadonlyMap<string, Fault>> {
  const contentFault = contentFaults(rules, tested);
  const firstByKey = new Map<string, string>();
  const near = rules.nearDuplicates === null ? null : nearDuplicateIndex(rules.nearDuplicates);
  const faults = new Map<string, Fault>();
  const facts: RolloutFacts[] = [];
  const duplicateFault = ({ trajectory, steps }: RolloutRows): Fault | null => {
    const { trajectory_id: id, dedupe_key: key } = trajectory;
    if (rules.exactDuplicates && key !== null) {
      const first = firstByKey.get(key);
      if (first !== undefined) return { reason: "duplicate", detail: `of ${first}` };
      firstByKey.set(key, id);
    }
    const found = near?.add(id, actionsOf(steps)) ?? null;
    if (found === null) return null;
    return { reason: "dupOf", detail: `${found.id}, likeness ${found.likeness.toPrecision(3)}` };
  };
  for await (const { rollout } of allRollouts(sources)) {
    const { trajectory: row } = rollout;
    const isKept = row.filter_decision === "keep";
    const fault = isKept ? (contentFault(rollout) ?? duplicateFault(rollout)) : null;
    if (fault !== null) faults.set(row.trajectory_id, fault);
    facts.push({
      id: row.trajectory_id,
      task: row.task_id,
      family: row.task_family ?? row.task_id,
      model: row.model ?? "unknown",
      group: row.group_id,
      reward: row.reward,
      success: row.success,
      kept: isKept && fault === null,
    });
  }
  for (const [id, fault] of setFaults(facts, rules)) faults.set(id, fault);
  return faults;
}

function actionsOf(steps: RolloutRows["steps"]): string {
  return steps.flatMap((step) => step.actions.map(({ text }) => text)).join("\n");
}

function testedHashes(
  { decontaminate }: CurateRules,
  texts: readonly string[],
  tasks: readonly TaskRow[],
): ReadonlySet<number> {
  const hashes = new Set<number>();
  if (decontaminate === null) return hashes;
  const own = decontaminate.tasks ? tasks.filter(({ use }) => use === "benchmark") : [];
  for (const text of [...texts, ...own.map(({ description }) => description ?? "")]) {
    for (const hash of shingles(wordsOf(text), decontaminate.ngramWords, "none")) hashes.add(hash);
  }
  return hashes;
}

function droppedFor({ trajectory, steps }: RolloutRows, { reason, detail }: Fault): RolloutRows {
  return {
    trajectory: {
      ...trajectory,
      filter_decision: "drop",
      filter_reasons: [reason],
      filter_stage: "curate",
      filter_detail: detail,
    },
    steps,
  };
}

/** What all of the datasets agree on; a curated dataset is no run, and is named after those it was made of. */
function headOf(manifests: readonly Manifest[], codeVersion: string) {
  const agreed = <T>(of: (manifest: Manifest) => T): T | null => {
    const values = new Set(manifests.map(of));
    const [value] = values;
    return values.size === 1 && value !== undefined ? value : null;
  };
  const runId = manifests.map((manifest) => manifest.runId).join("+");
  return {
    runId,
    codeVersion,
    createdAtMs: Math.max(...manifests.map((manifest) => manifest.createdAtMs)),
    rewardFn: agreed((manifest) => manifest.rewardFn),
    license: agreed((manifest) => manifest.license),
    allow: (manifests[0]?.allow ?? []).filter((kind) => manifests.every(({ allow }) => allow.includes(kind))),
    title: `Curated trajectories of ${runId}`,
    introduction:
      `Rollouts of ${manifests.length === 1 ? "one dataset" : `${manifests.length} datasets`}, curated; none is left out. ` +
      `The rules, and how many rows each dropped, are in \`${CURATION_NAME}\`.`,
  };
}

/** The sum of the datasets' books, in which kept rows become dropped ones and repeated rows are counted once. */
function funnelOf(books: readonly Funnel[]) {
  const sum = (of: (funnel: Funnel) => number) => books.reduce((total, funnel) => total + of(funnel), 0);
  const byName = (of: (funnel: Funnel) => Readonly<Record<string, number>>) => {
    const counts: Record<string, number> = {};
    for (const [name, count] of books.flatMap((funnel) => Object.entries(of(funnel)))) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    return counts;
  };
  const dropped = byName((funnel) => funnel.dropped);
  const failed = byName((funnel) => funnel.failed);
  let admitted = sum((funnel) => funnel.admitted);
  let kept = sum((funnel) => funnel.kept);
  return {
    forget: ({ trajectory }: RolloutRows, repeats: number): void => {
      if (repeats === 0) return;
      admitted -= repeats;
      const [reason] = trajectory.filter_reasons;
      if (reason === undefined) kept -= repeats;
      else dropped[reason] = (dropped[reason] ?? 0) - repeats;
    },
    drop: (reason: CurateReason): void => {
      kept--;
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    },
    now: (): Funnel => ({ admitted, kept, dropped, failed, owed: sum((funnel) => funnel.owed) }),
  };
}
