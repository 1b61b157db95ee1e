// One session: the episodes of one client, one request after the other, and what is left of them when the client goes away.
import type { Clock } from "../../core/runtime.ts";
import { asRefusal } from "../httpMessages.ts";
import { type ErrorCode, Refusal } from "../refusal.ts";
import type { Game, GameStep, Games } from "./game.ts";
import type { Observed, ResetRequest, SentAction, SentState } from "./messages.ts";

/** Requests of one session that may wait while another is carried out. */
export const WAITING_MAX = 16;

/** Contract: dispose it; then no sandbox of it lives, and what was under way has been aborted. */
export class Session implements AsyncDisposable {
  readonly id: string;
  readonly #games: Games;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #game: { readonly task: string; readonly game: Game } | null = null;
  #state: SentState = { episode_id: null, step_count: 0, task: null, seed: null, done: false };
  #turn: Promise<unknown> = Promise.resolve();
  #evaluateSeeds = 0;
  #waiting = 0;
  #lastActiveMs: number;

  constructor(id: string, games: Games, clock: Clock) {
    this.id = id;
    this.#games = games;
    this.#clock = clock;
    this.#lastActiveMs = clock.monotonic();
  }

  /** Milliseconds since its last request was answered; 0 while one is under way. */
  get idleMs(): number {
    return this.#waiting > 0 ? 0 : this.#clock.monotonic() - this.#lastActiveMs;
  }

  get state(): SentState {
    return this.#state;
  }

  /** Begins an episode in a fresh sandbox; an earlier one is over. */
  reset({ seed = 0, episode_id, task, evaluate = 0 }: ResetRequest): Promise<Observed> {
    return this.#inTurn(async () => {
      const wanted = task ?? this.#games.tasks[0]?.id ?? "";
      const game = await this.#gameOf(wanted);
      const episode = episode_id ?? `${this.id}-${seed}`;
      this.#evaluateSeeds = evaluate;
      this.#state = { episode_id: episode, step_count: 0, task: wanted, seed, done: false };
      const { observation } = await this.#orOver("FACTORY_ERROR", game.reset(seed, this.#stop.signal));
      return { observation, reward: null, done: false };
    });
  }

  /** Carries out one action; `timeoutMs` bounds it, at the price of the episode. */
  step(action: SentAction, timeoutMs?: number): Promise<Observed> {
    return this.#inTurn(async () => {
      const { episode_id, done } = this.#state;
      if (this.#game === null || episode_id === null) {
        throw new Refusal("SESSION_ERROR", "no episode is open: send a reset first");
      }
      if (done) throw new Refusal("SESSION_ERROR", "the episode has ended: send a reset to begin another");
      const { signal } = this.#stop;
      const bounded =
        timeoutMs === undefined
          ? signal
          : AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeoutMs))]);
      const { game } = this.#game;
      const result: GameStep = await this.#orOver("EXECUTION_ERROR", game.step(action, bounded));
      const isDone = result.terminated || result.truncated;
      this.#state = { ...this.#state, step_count: this.#state.step_count + 1, done: isDone };
      const { observation, reward } = result;
      if (!isDone || this.#evaluateSeeds === 0) return { observation, reward, done: isDone };
      const evaluation = await this.#orOver("EXECUTION_ERROR", game.evaluate(this.#evaluateSeeds, bounded));
      return {
        observation: { ...observation, info: { ...observation.info, evaluation } },
        reward,
        done: true,
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Refusal("SESSION_ERROR", "the session was closed"));
    await this.#turn.catch(() => {});
    await this.#leave();
  }

  async #gameOf(task: string): Promise<Game> {
    const ids = this.#games.tasks.map(({ id }) => id);
    if (!ids.includes(task)) {
      throw new Refusal(
        "VALIDATION_ERROR",
        `the task ${JSON.stringify(task)} is not served; there are ${ids.join(", ")}`,
      );
    }
    if (this.#game?.task === task) return this.#game.game;
    await this.#leave();
    const game = this.#games.open(task);
    this.#game = { task, game };
    return game;
  }

  /** What breaks ends the episode: nobody knows any more what its sandbox has come to. */
  async #orOver<T>(code: ErrorCode, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#state = { ...this.#state, done: true };
      await this.#leave();
      throw asRefusal(error, code);
    }
  }

  async #leave(): Promise<void> {
    const left = this.#game;
    this.#game = null;
    await left?.game[Symbol.asyncDispose]();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting > WAITING_MAX) {
      return Promise.reject(
        new Refusal(
          "SESSION_ERROR",
          `more than ${WAITING_MAX} requests of this session wait; send one at a time`,
        ),
      );
    }
    this.#waiting += 1;
    const turn = this.#turn.then(async () => {
      this.#stop.signal.throwIfAborted();
      return work();
    });
    this.#turn = turn.then(
      () => this.#done(),
      () => this.#done(),
    );
    return turn;
  }

  #done(): void {
    this.#waiting -= 1;
    this.#lastActiveMs = this.#clock.monotonic();
  }
}
