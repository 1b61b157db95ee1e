// Runs an operation once for all who asked for it while the one before was under way: group commit for idempotent work.

/**
 * Wraps `run` so that callers with the same argument share runs. Every caller gets a run that *began after* it called, so
 * that what it did before is covered.
 */
export function sharedRuns(run: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const current = new Map<string, { readonly running: Promise<void>; next: Promise<void> | null }>();
  const start = (key: string): Promise<void> => {
    const running = run(key).finally(() => {
      if (current.get(key)?.running === running) current.delete(key);
    });
    current.set(key, { running, next: null });
    return running;
  };
  return (key) => {
    const now = current.get(key);
    if (now === undefined) return start(key);
    now.next ??= now.running.catch(() => undefined).then(() => start(key));
    return now.next;
  };
}
