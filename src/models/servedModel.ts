// Tells what each reply says of the model that gave it. What follows from a change is the run's business.
import type { Model, ModelReply } from "../core/model.ts";

/** What answered a call, by its own word. */
export interface ServedBy {
  readonly endpoint: string;
  readonly servedModel: string;
  /** Of the backend's configuration, where a provider names one; else null. */
  readonly fingerprint: string | null;
}

/** Passes replies on unchanged. Contract: `served` does not throw. */
export function withServedModel(model: Model, served: (by: ServedBy) => void): Model {
  return {
    id: model.id,
    provider: model.provider,
    encode: (request) => model.encode(request),
    async complete(request, signal): Promise<ModelReply> {
      const reply = await model.complete(request, signal);
      const { endpoint, servedModel, fingerprint = null } = reply;
      served({ endpoint, servedModel, fingerprint });
      return reply;
    },
  };
}
