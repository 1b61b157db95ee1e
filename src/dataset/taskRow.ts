// The row of a task: what it is, how it is measured, and where its scores stand.
import { hashOf } from "../core/hash.ts";
import { plainJson } from "./plainJson.ts";
import type { TaskInfo } from "./records.ts";
import type { TaskRow } from "./schema.ts";
import { splitOf } from "./splitOf.ts";
import { wellFormed } from "./wellFormed.ts";

/** The content hash of a task as rows state it: it changes with what agents see and with how they are judged. */
export function taskVersion(playHash: string, judgeHash: string): string {
  return hashOf("task-version", { playHash, judgeHash });
}

export function taskRow(task: TaskInfo, rewardFn: string): TaskRow {
  const { definition } = task;
  return wellFormed({
    task_id: task.id,
    task_version: taskVersion(task.playHash, task.judgeHash),
    play_hash: task.playHash,
    judge_hash: task.judgeHash,
    family: definition.family,
    use: definition.use,
    split: splitOf(definition),
    title: definition.title,
    domain: definition.domain,
    tags: definition.tags,
    description: task.description,
    metric: definition.metric.name,
    metric_unit: definition.metric.unit,
    higher_is_better: definition.metric.direction === "maximize",
    baseline_score: definition.anchors.starter,
    anchors: plainJson(definition.anchors),
    sigma: definition.sigma,
    reward_mapping: rewardFn,
    license: task.licence,
    source: definition.mlgym === null ? null : `mlgym:${definition.mlgym.id}`,
    definition: plainJson(definition),
  });
}
