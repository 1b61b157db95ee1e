// Money and the journal around a model call: reserve, write down, call, settle. So a crash can lose only calls in flight, and
// spent plus reserved never passes a limit, lost replies included.
import type { Amount, Budget } from "../core/budget.ts";
import type { CallJournal, Model, ModelReply, ModelRequest, Price } from "../core/model.ts";
import { mayBeBilled } from "./callError.ts";
import { isUsageReported, mostUsd, priceUsd, promptTokensUpperBound } from "./pricing.ts";
import type { RebuyableRequest } from "./rebuy.ts";

/** Assumed longest reply where `sampling.maxTokens` is not set. */
export const OUTPUT_TOKENS_MAX = 32_768;

const NOTHING: Amount = { usd: 0, tokens: 0 };

export interface RecordingDeps {
  readonly budget: Budget;
  readonly journal: CallJournal;
  /** Null: dollars are not reserved; a dollar limit on such a model must be refused before. */
  readonly price: Price | null;
  /** Is handed what settles a reply that has come, to be called once it is durable; left out: it is settled at once. */
  readonly whenDurable?: (settle: () => void) => void;
  /** What a call may cost at most where the model is not paid by the token. */
  readonly mostUsd?: () => number;
  /** The model's longest reply, for requests without `sampling.maxTokens`: a bound that is too low breaks the budget's promise. Default OUTPUT_TOKENS_MAX. */
  readonly outputTokensMax?: number;
}

/**
 * Goes outermost: recorded(retry(router(priced wires))). A call that fails is settled at zero where nothing can have been
 * billed, else at its reservation; so is a reply that reports no usage. A lost reply that is bought again is one more call in
 * the journal, `<callId>/2` and so on, that never gets a reply.
 */
export function withRecording(model: Model, deps: RecordingDeps): Model {
  const complete = async (request: ModelRequest, signal: AbortSignal): Promise<ModelReply> => {
    signal.throwIfAborted();
    const most = mostOf(model.encode(request), request, deps);
    const purse = await openPurse(request.callId, most, deps, signal);
    const bought: RebuyableRequest = { ...request, rebuy: purse.again };
    try {
      const reply = await model.complete(bought, signal);
      const settle = () => purse.settle(isUsageReported(reply.usage) ? spentBy(reply, deps.price) : most);
      // Set free before the reply is durable, what was reserved beyond its price could be spent by another call, and a crash between the two
      // would count the lost reply at the whole reservation: more than the limit.
      if (deps.whenDurable === undefined) settle();
      else deps.whenDurable(settle);
      return reply;
    } catch (error) {
      if (mayBeBilled(error)) purse.settle(most);
      else if (purse.isOut()) {
        try {
          await deps.journal.refused?.({ callId: purse.callId() });
        } finally {
          purse.settle(NOTHING);
        }
      }
      throw error;
    }
  };
  return { id: model.id, provider: model.provider, encode: (request) => model.encode(request), complete };
}

/** One reservation at a time; each is settled exactly once. */
async function openPurse(
  callId: string,
  most: Amount,
  { budget, journal }: RecordingDeps,
  signal: AbortSignal,
) {
  let copies = 0;
  let open: { settle(actual: Amount): void } | null = null;
  const settle = (actual: Amount) => {
    open?.settle(actual);
    open = null;
  };
  const name = () => (copies === 1 ? callId : `${callId}/${copies}`);
  const reserve = async () => {
    open = await budget.reserve(most, signal);
    copies += 1;
    try {
      await journal.started({ callId: name(), reservedUsd: most.usd, reservedTokens: most.tokens });
    } catch (error) {
      settle(NOTHING);
      throw error;
    }
  };
  await reserve();
  return {
    settle,
    /** Whether a copy is out: a lost one whose repetition the budget refused is settled before. */
    isOut: () => open !== null,
    /** Of the copy that is out. */
    callId: name,
    again: async () => {
      settle(most);
      await reserve();
    },
  };
}

function mostOf(body: string, request: ModelRequest, deps: RecordingDeps): Amount {
  const promptTokens = promptTokensUpperBound(body);
  const maxTokens = request.sampling.maxTokens ?? deps.outputTokensMax ?? OUTPUT_TOKENS_MAX;
  const perTokens = deps.price === null ? 0 : mostUsd(deps.price, promptTokens, maxTokens);
  const usd = deps.mostUsd?.() ?? perTokens;
  return { usd, tokens: promptTokens + maxTokens };
}

/** Our own price where there is one, else what the provider says it took. */
function spentBy(reply: ModelReply, price: Price | null): Amount {
  const own = reply.costUsd ?? (price === null ? null : priceUsd(price, reply.usage));
  return { usd: own ?? reply.providerCostUsd ?? 0, tokens: reply.usage.input + reply.usage.output };
}
