// Set-wise: which rollouts handed in the very same submission as an earlier one of their task. Pure, and the same whatever order
// they ended in: "earlier" is the order of keys.
import type { Task } from "../core/task.ts";
import type { Verdict } from "../core/verdict.ts";
import { flagReason } from "../core/verdict.ts";
import { factsOfTask } from "../integrity/factsOfTask.ts";

/** What must be known of a rollout. */
export interface HandedIn {
  readonly key: string;
  readonly task: Task;
  readonly submission: string | null;
}

/**
 * For each rollout whose submission an earlier one handed in: the key of the first that did. Those that hand in the starter copied that, and
 * not each other.
 */
export function copiesOf(rollouts: Iterable<HandedIn>): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  const copies = new Map<string, string>();
  for (const { key, task, submission } of [...rollouts].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (submission === null || submission === factsOfTask(task).starterSubmission) continue;
    const what = `${task.id}\n${submission}`;
    const before = first.get(what);
    if (before === undefined) first.set(what, key);
    else copies.set(key, before);
  }
  return copies;
}

/** The verdicts with every kept copy dropped. Targets count row verdicts, so this never has a seed admitted. */
export function dropCopies(
  verdicts: ReadonlyMap<string, Verdict>,
  copies: ReadonlyMap<string, string>,
): ReadonlyMap<string, Verdict> {
  return new Map(
    [...verdicts].map(([key, verdict]): [string, Verdict] => {
      const first = copies.get(key);
      if (verdict.kind !== "kept" || first === undefined) return [key, verdict];
      const reason = flagReason("copy:rollout");
      return [key, { kind: "dropped", stage: "select", reason, detail: `handed in by ${first} before` }];
    }),
  );
}
