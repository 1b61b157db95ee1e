// Prompt token ids stored as what is new since the step before, so that a rollout of n steps takes space linear in its
// length and not quadratic. It never makes an id.

/** The prompt is the first `reuse` ids of the step before (its prompt, then its completion) and then `fresh`. */
export interface TokenDelta {
  readonly reuse: number;
  readonly fresh: readonly number[];
}

/** How a prompt's ids continue the ids of the step before. */
export function tokenDelta(before: readonly number[], prompt: readonly number[]): TokenDelta {
  const most = Math.min(before.length, prompt.length);
  let reuse = 0;
  while (reuse < most && before[reuse] === prompt[reuse]) reuse++;
  return { reuse, fresh: prompt.slice(reuse) };
}

/** The prompt's ids again. Throws a RangeError when more is reused than there was. */
export function applyTokenDelta(before: readonly number[], delta: TokenDelta): number[] {
  if (delta.reuse < 0 || delta.reuse > before.length) {
    throw new RangeError(`reuses ${delta.reuse} token ids of ${before.length}`);
  }
  return [...before.slice(0, delta.reuse), ...delta.fresh];
}
