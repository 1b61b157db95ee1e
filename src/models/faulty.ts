// A model with bad days: any model around which calls fail at a chosen rate, drawn from a seed. For rehearsals and simulations; every reply
// that came through it says so: its endpoint is `faulty/<name>`.

import type { ModelFaults } from "../core/faults.ts";
import type { Model, ModelReply, ModelRequest } from "../core/model.ts";
import { prng } from "../core/prng.ts";
import type { Clock, Log } from "../core/runtime.ts";
import { type CallFailure, ModelCallError } from "./callError.ts";

export interface FaultyModelOptions {
  readonly faults: ModelFaults;
  readonly seed: number;
  readonly clock: Clock;
  /** Hears `fault-injected` with the kind of each. */
  readonly log: Log;
}

const KINDS = ["throttled", "overloaded", "halfReply", "hanging", "lost"] as const;
type Kind = (typeof KINDS)[number];

const PLAIN = { transient: true, status: null, throttled: false, retryAfterMs: null, mayBeBilled: false };

/**
 * The same model with faults, drawn in the order of the calls. Goes where a wire stands, below retries and records: each fault is what a wire
 * would throw, with what is known of the bill.
 */
export function faultyModel(model: Model, options: FaultyModelOptions): Model {
  const { faults, clock, log } = options;
  const draw = prng(options.seed);
  const waitMs = faults.waitSeconds * 1000;
  const drawn = (): Kind | null => {
    let left = draw.next();
    for (const kind of KINDS) {
      if (left < faults[kind]) return kind;
      left -= faults[kind];
    }
    return null;
  };
  const complete = async (request: ModelRequest, signal: AbortSignal): Promise<ModelReply> => {
    signal.throwIfAborted();
    const kind = drawn();
    if (kind !== null) log.info("fault-injected", { kind: `model:${kind}`, what: request.callId });
    switch (kind) {
      case null: {
        const reply = await model.complete(request, signal);
        return { ...reply, endpoint: `faulty/${reply.endpoint}` };
      }
      case "throttled":
        throw failed("429, too many requests", { status: 429, throttled: true, retryAfterMs: waitMs });
      case "overloaded":
        throw failed("503, overloaded", { status: 503, throttled: true });
      case "hanging":
        await clock.sleep(waitMs, signal);
        throw failed("no answer in time", { mayBeBilled: true });
      case "halfReply":
        await model.complete(request, signal);
        throw failed("the answer broke off in the middle", { status: 200, mayBeBilled: true });
      case "lost":
        await model.complete(request, signal);
        throw failed("the connection broke before the answer came", { mayBeBilled: true });
      default:
        return kind satisfies never;
    }
  };
  return { id: model.id, provider: model.provider, encode: (request) => model.encode(request), complete };
}

function failed(what: string, how: Partial<CallFailure>): ModelCallError {
  return new ModelCallError(`an injected fault: ${what}`, { ...PLAIN, ...how });
}
