// What a session plays: given by the composition root, which has it from the same place as the library's Gym.
import type { SentAction, SentObservation } from "./messages.ts";

export interface GameStart {
  readonly observation: SentObservation;
}

export interface GameStep extends GameStart {
  readonly reward: number | null;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Episodes of one task, one after the other. Contract: its methods are called one at a time; disposing it leaves no sandbox. */
export interface Game extends AsyncDisposable {
  reset(seed: number, signal: AbortSignal): Promise<GameStart>;
  step(action: SentAction, signal: AbortSignal): Promise<GameStep>;
  /** The score of record of an episode that has ended, over so many judge seeds, as a client is told. */
  evaluate(seeds: number, signal: AbortSignal): Promise<object>;
}

export interface ServedTask {
  readonly id: string;
  /** What an agent is told of it. */
  readonly description: string;
  readonly toolDocs: string;
  readonly toolSchemas: readonly object[];
  readonly limits: object;
}

export interface Games {
  /** At least one; the first is played where nobody says otherwise. */
  readonly tasks: readonly ServedTask[];
  /** Contract: dispose it. */
  open(task: string): Game;
}
