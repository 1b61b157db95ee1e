// Which weights answered which call: as the endpoint says itself, else as its trainer last said.
import type { Model } from "../../core/model.ts";
import type { SentEndpoint } from "./request.ts";

/** Endpoints that are remembered; of more, those that were told of longest ago are forgotten. */
const ENDPOINTS_MAX = 1_024;

/** The weights of one call. `first` and `last` differ where they changed while it ran. */
export interface CallVersions {
  readonly first: string | null;
  readonly last: string | null;
  /** Who said so; null: nobody. */
  readonly source: "endpoint" | "trainer" | null;
}

export interface PolicyVersions {
  /** The weights behind an endpoint are these from now on, for requests under way too. */
  set(endpoint: SentEndpoint, version: string): void;
  current(endpoint: SentEndpoint): string | null;
}

/** Nobody has said any version yet. */
export function policyVersions(): PolicyVersions {
  const known = new Map<string, string>();
  return {
    set(endpoint, version) {
      const key = keyOf(endpoint);
      known.delete(key);
      known.set(key, version);
      const [oldest] = known.keys();
      if (known.size > ENDPOINTS_MAX && oldest !== undefined) known.delete(oldest);
    },
    current: (endpoint) => known.get(keyOf(endpoint)) ?? null,
  };
}

/** An endpoint is its addresses and its model's name. */
function keyOf({ baseUrl, baseUrls = [], model = "" }: SentEndpoint): string {
  const urls = [...(baseUrl === undefined ? [] : [baseUrl]), ...baseUrls].map((url) =>
    url.replace(/\/+$/, ""),
  );
  return JSON.stringify([[...urls].sort(), model]);
}

/**
 * A model whose replies bear the version that held when the call began, where the endpoint names none itself. `note` hears of each reply,
 * with the version that held when it came.
 */
export function withVersions(
  model: Model,
  current: () => string | null,
  note: (callId: string, versions: CallVersions) => void,
): Model {
  return {
    id: model.id,
    provider: model.provider,
    encode: (request) => model.encode(request),
    async complete(request, signal) {
      const first = current();
      const reply = await model.complete(request, signal);
      if (reply.policyVersion !== null) {
        const { policyVersion } = reply;
        note(request.callId, { first: policyVersion, last: policyVersion, source: "endpoint" });
        return reply;
      }
      note(request.callId, { first, last: current(), source: first === null ? null : "trainer" });
      return { ...reply, policyVersion: first };
    },
  };
}
