// Where text enters records and prompts from what may hold this machine's secrets: replies, openings, verdicts, journals. Each is redacted
// once, before anybody sees it, so that what a model saw is what is stored. What comes out of sandboxes is redacted in `env/env.ts`, what
// servers send in `models/wire.ts`.
import type { Agent } from "../core/agent.ts";
import { BoundaryError } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import type { StepsLog } from "../core/journal.ts";
import type { Ledger } from "../core/ledger.ts";
import type { Model } from "../core/model.ts";
import type { BlobStore } from "../core/sandbox.ts";
import type { Secrets } from "../core/secrets.ts";

/** A model whose replies hold none. Where one was taken out there are no token ids either: they would spell it. */
export function modelWithout(secrets: Secrets, model: Model): Model {
  return {
    id: model.id,
    provider: model.provider,
    encode: (request) => model.encode(request),
    async complete(request, signal) {
      const reply = await model.complete(request, signal);
      const clean = secrets.redactValue(reply);
      return clean === reply ? reply : { ...clean, tokens: null };
    },
  };
}

/** An agent whose first messages hold none: a task's words and demonstrations are files of the user's. */
export function agentWithout(secrets: Secrets, agent: Agent): Agent {
  return {
    identity: agent.identity,
    tools: agent.tools,
    opening: (first, budget) => secrets.redactValue(agent.opening(first, budget)),
    act: (view, signal) => agent.act(view, signal),
    observe: (call, observation, budget) => agent.observe(call, observation, budget),
    complain: (error) => agent.complain(error),
  };
}

/** An evaluator whose verdicts hold none: a submission's own words may stand in them. */
export function evaluatorWithout(secrets: Secrets, evaluator: Evaluator): Evaluator {
  return {
    evaluate: async (...of) => secrets.redactValue(await evaluator.evaluate(...of)),
  };
}

/** A ledger of which no event holds one: errors come in the words of whoever made them. */
export function ledgerWithout(secrets: Secrets, ledger: Ledger): Ledger {
  return { append: (event) => ledger.append(secrets.redactValue(event)) };
}

/** A steps log of which no record holds one. */
export function stepsWithout(secrets: Secrets, steps: StepsLog): StepsLog {
  return { append: (record) => steps.append(secrets.redactValue(record)) };
}

/** Puts that hold one reject with a BoundaryError of the sandbox: what would be stored is not, and its rollout goes on. */
export function putWithout(secrets: Secrets, store: Pick<BlobStore, "put">): BlobStore["put"] {
  return async (data) => {
    const name = secrets.foundIn(data);
    if (name === null) return await store.put(data);
    throw new BoundaryError("sandbox", `the workspace holds the value of ${name}, which is kept nowhere`);
  };
}
