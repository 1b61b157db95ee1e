// What plays and judges for trainers: given by the composition root, which has it from the pipeline.
import type { Evaluation } from "../../core/evaluation.ts";
import type { PooledMessage } from "../../core/message.ts";
import type { Usage } from "../../core/model.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { StepRecord, Trajectory } from "../../core/trajectory.ts";
import type { CallVersions } from "./policyVersions.ts";
import type { RolloutsRequest, SentEndpoint } from "./request.ts";

/** One rollout of a request. */
export interface AskedRollout {
  readonly key: string;
  readonly task: string;
  readonly seed: number;
  readonly group: { readonly id: string; readonly index: number };
}

/** What a rollout cost, all its tries together. */
export interface Bill {
  /** Times it was begun. */
  readonly tries: number;
  /** Model calls that were sent. */
  readonly calls: number;
  /** Of those, what nobody has an answer to: cut off, failed, or lost. */
  readonly unanswered: number;
  /** Of the answers. */
  readonly usage: Usage;
  /** Dollars of the answers; null where there is no price. */
  readonly usd: number | null;
  /** What the unanswered calls may have cost besides, at most. */
  readonly unansweredTokensMax: number;
  readonly unansweredUsdMax: number | null;
}

export interface FinalScore {
  readonly kind: "scored" | "invalid" | "none" | "owed";
  readonly mean: number | null;
  readonly standardError: number | null;
  /** Why there is no score. */
  readonly reason: string | null;
  readonly evaluations: readonly Evaluation[];
}

export interface SampleRewards {
  readonly fn: string;
  readonly value: number | null;
  readonly success: boolean | null;
  readonly components: Readonly<Record<string, number | null>>;
}

/** A rollout that has come to its end, whatever kind of end. */
export interface PlayedRollout {
  readonly asked: AskedRollout;
  readonly outcome: Outcome;
  readonly retry: number;
  /** As far as it came: of an aborted rollout too. */
  readonly record: {
    readonly pool: readonly PooledMessage[];
    readonly steps: readonly StepRecord[];
    readonly tools: Trajectory["tools"];
  };
  readonly versions: readonly CallVersions[];
  readonly score: FinalScore;
  readonly rewards: SampleRewards;
  readonly bill: Bill;
}

/** A request that can be played: everything is checked. Contract: dispose it. */
export interface PlannedRollouts extends AsyncDisposable {
  readonly rollouts: readonly AskedRollout[];
  /** Contract: an abort is an outcome (`cancelled`), and when it resolves no sandbox of the rollout lives. Throws only what breaks the service. */
  play(asked: AskedRollout, signal: AbortSignal): Promise<PlayedRollout>;
}

export interface RolloutPlayer {
  /** Checks everything before anything is spent. Throws UserError with what to do. */
  plan(request: RolloutsRequest, current: () => string | null): Promise<PlannedRollouts>;
  /** Throws UserError where this server may not call the endpoint. */
  checkEndpoint(endpoint: SentEndpoint): void;
}
