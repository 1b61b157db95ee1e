// The Gym for programs: episodes of one task, one after the other, each in a sandbox of its own. Its calls are made one at a time, and
// closing it cuts off the one under way.
import { UserError } from "../core/errors.ts";
import { STEP_REWARD_NAMES, STEP_REWARDS, type StepRewardName } from "../rewards/stepReward.ts";
import { checkCount, type Ground, openGround } from "./ground.ts";
import type { Gym as GymContract, GymOptions } from "./gymContract.ts";
import { type GymEpisode, openGymEpisode } from "./gymEpisode.ts";
import { createWorld } from "./world.ts";

/** Judge seeds of the score of record where nobody says otherwise, as in a pipeline. */
const RECORD_SEEDS_DEFAULT = 3;
const RECORD_SEEDS_MAX = 100;

export type Gym = GymContract;

export const Gym = {
  /** Opens the Gym on one task; no sandbox is made before `reset`. Throws UserError where something it needs is not there. */
  async open(options: GymOptions): Promise<Gym> {
    const ground = await openGround(await createWorld(), options);
    return gymOn(ground, options, [ground]).catch(async (error: unknown) => {
      await ground[Symbol.asyncDispose]();
      throw error;
    });
  },
};

/**
 * A Gym on a ground that is open; `owned` is disposed with it. Throws UserError where the reward cannot be stated of the task.
 * Contract: the ground outlives it, unless it is owned.
 */
export async function gymOn(
  ground: Ground,
  { reward = "improvement@1" }: Pick<GymOptions, "reward">,
  owned: readonly AsyncDisposable[] = [],
): Promise<Gym> {
  const { task, limits, toolDocs, toolSchemas } = ground;
  checkReward(reward, ground);
  const life = new AbortController();
  let episode: GymEpisode | null = null;
  let nextSeed = 0;
  let episodeCount = 0;
  let underWay: Promise<unknown> | null = null;
  let closing: Promise<void> | null = null;

  const giveUp = async () => {
    const left = episode;
    episode = null;
    await left?.[Symbol.asyncDispose]();
  };
  /** What breaks a call ends the episode: nobody can be sure of its sandbox any more. */
  const alone = async <T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    if (closing !== null) throw new UserError("the Gym is closed; open another one");
    if (underWay !== null)
      throw new UserError("the Gym is busy with another call; await that one first, or open a GymPool");
    const both = signal === undefined ? life.signal : AbortSignal.any([life.signal, signal]);
    const running = work(both).catch(async (error: unknown) => {
      if (!(error instanceof UserError)) await giveUp();
      throw error;
    });
    underWay = running;
    try {
      return await running;
    } finally {
      underWay = null;
    }
  };
  const current = (): GymEpisode => {
    if (episode === null) throw new UserError("no episode is under way; call reset first");
    return episode;
  };

  const gym: Gym = {
    task,
    limits,
    reward,
    toolDocs,
    toolSchemas,
    reset: ({ seed = nextSeed, signal } = {}) =>
      alone(signal, async (both) => {
        if (!Number.isSafeInteger(seed) || seed < 0)
          throw new UserError(`seed: ${seed} is no whole number from 0 on`);
        await giveUp();
        nextSeed = seed + 1;
        episode = await openGymEpisode(ground, { seed, scope: String(episodeCount++), reward }, both);
        return episode.opening;
      }),
    step: (action, { signal } = {}) => alone(signal, async (both) => await current().step(action, both)),
    evaluate: ({ seeds = RECORD_SEEDS_DEFAULT, signal } = {}) =>
      alone(signal, async (both) => {
        checkCount("seeds", seeds, RECORD_SEEDS_MAX);
        return await current().evaluate(seeds, both);
      }),
    close() {
      closing ??= (async () => {
        life.abort(new Error("the Gym was closed"));
        await underWay?.catch(() => {});
        await giveUp();
        for (const part of owned) await part[Symbol.asyncDispose]();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => gym.close(),
  };
  return gym;
}

function checkReward(name: StepRewardName, { task }: Ground): void {
  const { definition } = task;
  if (!STEP_REWARD_NAMES.includes(name)) {
    throw new UserError(
      `reward: there is no step reward ${JSON.stringify(name)}; there are ${STEP_REWARD_NAMES.join(", ")}`,
    );
  }
  if (STEP_REWARDS[name](definition, [definition.anchors.starter], true) !== null) return;
  throw new UserError(
    `reward: ${name} cannot be stated of ${task.id}, whose starter is its only anchor; take zero@1, or give its task.yaml another anchor`,
  );
}
