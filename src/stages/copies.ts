// Which rollouts handed in the very same submission as an earlier one of their task. Pure, and the same whatever order they ended in: "earlier"
// is the order of keys.

/** What must be known of a rollout. */
export interface HandedIn {
  readonly key: string;
  readonly taskId: string;
  readonly submission: string | null;
}

/** For each rollout whose submission an earlier one handed in: the key of the first that did. */
export function copiesOf(rollouts: Iterable<HandedIn>): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  const copies = new Map<string, string>();
  for (const { key, taskId, submission } of [...rollouts].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (submission === null) continue;
    const what = `${taskId}\n${submission}`;
    const before = first.get(what);
    if (before === undefined) first.set(what, key);
    else copies.set(key, before);
  }
  return copies;
}
