// What a rollout is worth beside the others of its group: pure functions of the group's rewards, named and versioned.

/** One scored rollout of a group. */
export interface GroupMember {
  readonly reward: number;
  /** The mean score behind it and its standard error, in the metric's unit; null where nothing was scored. */
  readonly score: { readonly mean: number; readonly standardError: number } | null;
}

/** One value a member, in their order; null for all where the group says nothing: fewer than two members, or all alike. */
export type Advantage = (group: readonly GroupMember[]) => readonly number[] | null;

/**
 * groupRelative@1: Aᵢ = (rᵢ − mean r) / s, with s the sample standard deviation (GRPO, Shao et al. 2024, eq. 4 of 2402.03300, with n − 1). Null where s is 0,
 * and where the members' scores differ by no more than noise does (their standard deviation is not above their median standard error): dividing noise
 * by itself would teach noise.
 */
const groupRelative: Advantage = (group) => {
  const spread = spreadOf(group);
  if (spread === null) return null;
  return group.map(({ reward }) => (reward - spread.mean) / spread.deviation);
};

/**
 * meanDifference@1: Aᵢ = rᵢ − mean r, without the division (Dr. GRPO, Liu et al. 2025, 2503.20783): groups of little spread do not count as much as others.
 * Null as groupRelative@1.
 */
const meanDifference: Advantage = (group) => {
  const spread = spreadOf(group);
  return spread === null ? null : group.map(({ reward }) => reward - spread.mean);
};

/** KL divergence from the uniform weights at which entropic@1 stops sharpening. */
export const ENTROPIC_KL = Math.log(2);
const BISECTIONS = 60;
const SHARPNESS_MOST = 1e6;
/** Largest entropic advantage: where all others are worth nothing beside the best. */
const ENTROPIC_MOST = 1e3;

/**
 * entropic@1: Aᵢ = exp(β rᵢ) / mean over j ≠ i of exp(β rⱼ) − 1, with β such that the weights exp(β r) are log 2 away (KL) from uniform ones, by bisection:
 * the best of a group counts most, as whoever keeps the best of n wants it. Members that share the best reward keep the divergence below log 2; β then is
 * at its bound, 10⁶ / (max r − min r). Null as groupRelative@1.
 */
const entropic: Advantage = (group) => {
  if (spreadOf(group) === null) return null;
  const rewards = group.map(({ reward }) => reward);
  const most = Math.max(...rewards);
  const range = most - Math.min(...rewards);
  /** Shifted by the best reward, so that nothing overflows; the shift cancels out. */
  const weightsAt = (beta: number) => rewards.map((reward) => Math.exp(beta * (reward - most)));
  let low = 0;
  let high = SHARPNESS_MOST / range;
  for (let round = 0; round < BISECTIONS && divergence(weightsAt(high)) > ENTROPIC_KL; round++) {
    const middle = (low + high) / 2;
    if (divergence(weightsAt(middle)) > ENTROPIC_KL) high = middle;
    else low = middle;
  }
  const weights = weightsAt(high);
  const total = sum(weights);
  return weights.map((weight) => {
    const others = (total - weight) / (weights.length - 1);
    return others === 0 ? ENTROPIC_MOST : Math.min(weight / others - 1, ENTROPIC_MOST);
  });
};

/** rank@1: (n − p + 1) / n, where p is the place of the first member that is tied or beaten, 1 for the best. Null for fewer than two members. */
const rank: Advantage = (group) => {
  if (group.length < 2) return null;
  const falling = group.map(({ reward }) => reward).sort((a, b) => b - a);
  return group.map(({ reward }) => (group.length - falling.indexOf(reward)) / group.length);
};

/** A changed formula is a new name with a raised version. */
export const ADVANTAGES = {
  "groupRelative@1": groupRelative,
  "meanDifference@1": meanDifference,
  "entropic@1": entropic,
  "rank@1": rank,
} as const satisfies { readonly [name: string]: Advantage };
export type AdvantageName = keyof typeof ADVANTAGES;
export const ADVANTAGE_NAMES = Object.keys(ADVANTAGES) as readonly AdvantageName[];

/** Every advantage of each member, by name. */
export function advantagesOf(group: readonly GroupMember[]): readonly Record<AdvantageName, number | null>[] {
  const values = {
    "groupRelative@1": groupRelative(group),
    "meanDifference@1": meanDifference(group),
    "entropic@1": entropic(group),
    "rank@1": rank(group),
  };
  return group.map((_, member) => ({
    "groupRelative@1": values["groupRelative@1"]?.[member] ?? null,
    "meanDifference@1": values["meanDifference@1"]?.[member] ?? null,
    "entropic@1": values["entropic@1"]?.[member] ?? null,
    "rank@1": values["rank@1"]?.[member] ?? null,
  }));
}

/** Mean and sample standard deviation of a group's rewards; null where it says nothing. */
function spreadOf(
  group: readonly GroupMember[],
): { readonly mean: number; readonly deviation: number } | null {
  if (group.length < 2 || isNoise(group)) return null;
  const rewards = group.map(({ reward }) => reward);
  const deviation = deviationOf(rewards);
  return deviation > 0 ? { mean: sum(rewards) / group.length, deviation } : null;
}

/** Whether all were scored, and their scores differ by no more than the judge's noise. */
function isNoise(group: readonly GroupMember[]): boolean {
  const scores = group.flatMap(({ score }) => score ?? []);
  if (scores.length < group.length) return false;
  const errors = scores.map(({ standardError }) => standardError).sort((a, b) => a - b);
  return deviationOf(scores.map(({ mean }) => mean)) <= (errors[Math.floor(errors.length / 2)] ?? 0);
}

function deviationOf(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1));
}

/** Kullback–Leibler divergence of normalised weights from uniform ones, natural log. */
function divergence(weights: readonly number[]): number {
  const total = sum(weights);
  return sum(
    weights.map((weight) => {
      const share = weight / total;
      return share === 0 ? 0 : share * Math.log(share * weights.length);
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
