// Picks the wire of a configured model and the policies around it.
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import type { Faults } from "../core/faults.ts";
import { hashOf, seedOf } from "../core/hash.ts";
import type { Model, Price } from "../core/model.ts";
import { anthropic } from "../models/anthropic.ts";
import { faultyModel } from "../models/faulty.ts";
import { type FleetMeter, fleetMeter } from "../models/fleetMeter.ts";
import { HUMAN_PROVIDER } from "../models/human/human.ts";
import { openaiChat } from "../models/openaiChat.ts";
import { openaiResponses } from "../models/openaiResponses.ts";
import { priceUsd, withPrice } from "../models/pricing.ts";
import { DEFAULT_RETRY_POLICY, withRetry } from "../models/retry.ts";
import { router } from "../models/router.ts";
import { SCRIPTED_ID, SCRIPTED_REVISION, scriptedResearcher } from "../models/scripted/researcher.ts";
import type { WireOptions } from "../models/wire.ts";
import {
  type HumanModelConfig,
  isRemote,
  type ModelConfig,
  priceOf,
  type RemoteModelConfig,
  type ReplayModelConfig,
} from "../pipeline/modelConfig.ts";
import type { World } from "./world.ts";

/** A model that all rollouts share; the others are made for each rollout. */
export type SharedModelConfig = Exclude<ModelConfig, ReplayModelConfig | HumanModelConfig>;

/** What a model is in keys: how much it thinks is part of what it is. A replay is known by its source alone, so that is asked first. */
export function modelIdentity(config: ModelConfig) {
  if (config.wire === "scripted") return { id: SCRIPTED_ID, revision: SCRIPTED_REVISION };
  if (config.wire === "replay") throw new RangeError(`the model ${config.name} has no source to replay`);
  if (config.wire === "human") return { id: `${HUMAN_PROVIDER}/${config.name}`, revision: null };
  const thinking =
    config.wire === "anthropic" && config.thinking !== null ? thinkingText(config.thinking) : [];
  const parts = [...(config.revision === null ? [] : [config.revision]), ...thinking, ...requestText(config)];
  return { id: config.model, revision: parts.length === 0 ? null : parts.join(" ") };
}

/** What else of a configuration changes what is sent or how it is read; nothing for one without extras. */
function requestText(config: RemoteModelConfig): readonly string[] {
  const isPlain = config.wire === "openai" && Object.keys(config.extraBody).length === 0 && !config.thinkTags;
  if (isPlain) return [];
  const { extraBody } = config;
  const thinkTags = config.wire === "openai" && config.thinkTags;
  return [
    `request:${hashOf("request", { wire: config.wire, extraBody, thinkTags, ...ownSettings(config) }).slice(0, 16)}`,
  ];
}

/** The settings of a wire's own that a model can notice. */
function ownSettings(config: RemoteModelConfig) {
  switch (config.wire) {
    case "openai":
      return {};
    case "openaiResponses": {
      const { encryptedReasoning, reasoningSummary } = config;
      return { encryptedReasoning, reasoningSummary };
    }
    case "anthropic": {
      const { maxOutputTokens, thinkingDisplay, betas } = config;
      return { maxOutputTokens, thinkingDisplay, betas };
    }
    default:
      return config satisfies never;
  }
}

function thinkingText(thinking: "adaptive" | { readonly budgetTokens: number }): readonly string[] {
  return [`thinking:${thinking === "adaptive" ? thinking : thinking.budgetTokens}`];
}

/** Dollars per million tokens; null where there is no price to count with, or one by the GPU-hour. */
export function modelPrice(config: ModelConfig): Price | null {
  const price = isRemote(config) ? config.price : null;
  return price === null || "gpus" in price ? null : price;
}

/**
 * The agent as it plays with a model: which reasoning it sends again is settled here, since it depends on what the wire can
 * take back. Throws UserError where a wish cannot be met, or the scaffold is none for the model.
 */
export function agentWith(config: AgentConfig, model: ModelConfig): AgentConfig {
  // What lies at these paths is in the play hash; where it lies makes no difference.
  const { reasoningInHistory: wish, prompts: _prompts, demonstrations: _demonstrations, ...agent } = config;
  if (model.wire === "scripted") {
    const unknown = unknownToScripted(config);
    if (unknown === null) return agent;
    throw new UserError(
      `cells.agents: ${agent.name} has ${unknown.what}, which the scripted model ${model.name} does not know; ${unknown.instead}, or use another model`,
    );
  }
  if (model.wire === "human" && agent.scaffold !== "fenced" && agent.scaffold !== "lastBlock") {
    throw new UserError(
      `cells.agents: ${agent.name} has the scaffold ${agent.scaffold}, but what ${model.name} types is put into a fenced block; use fenced`,
    );
  }
  // What was sent again then is part of the record, and a person has no reasoning to send.
  if (model.wire === "replay" || model.wire === "human") return agent;
  const canTake = model.wire !== "openai" || model.reasoningField !== null;
  const reasoningInHistory = wish ?? (canTake ? "all" : "none");
  if (reasoningInHistory === "none") return agent;
  if (canTake) return { ...agent, reasoningInHistory };
  throw new UserError(
    `cells.agents: ${agent.name} sends reasoning again (reasoningInHistory: ${reasoningInHistory}), but chat completions have no common member for it; give ${model.name} the reasoningField that its server knows, or set none`,
  );
}

/** What of an agent the scripted researcher cannot read; null where it can read all. */
function unknownToScripted({ scaffold, demonstrations, stateLine = "oneLine" }: AgentConfig) {
  if (scaffold !== "fenced") return { what: `the scaffold ${scaffold}`, instead: "use fenced" };
  if (demonstrations !== undefined) return { what: "demonstrations", instead: "leave them out" };
  if (stateLine !== "oneLine") return { what: `stateLine: ${stateLine}`, instead: "leave it out" };
  return null;
}

/** The meter of a model that is paid by the GPU-hour; null for any other. */
export function fleetOf(world: World, config: ModelConfig): FleetMeter | null {
  const price = priceOf(config);
  if (price === null || !("gpus" in price) || !isRemote(config)) return null;
  return fleetMeter(price, config.timeoutSeconds * 1000, world.clock);
}

/**
 * The wires of a configured model, without its records. `fleet` is the meter of one that is paid by the GPU-hour; `faults` are what befalls its
 * calls on purpose.
 */
export function modelOf(
  world: World,
  config: SharedModelConfig,
  fleet: FleetMeter | null = null,
  faults: Faults | null = null,
): Model {
  const { clock, log, random } = world;
  const befallen = (model: Model, endpoint: string) => {
    if (faults === null) return model;
    const seed = seedOf("faults", { seed: faults.seed, model: config.name, endpoint });
    return faultyModel(model, { faults: faults.model, seed, clock, log });
  };
  if (config.wire === "scripted") {
    const scripted = scriptedResearcher({ clock, thinkMs: config.thinkMs });
    if (faults === null) return scripted;
    return withRetry(befallen(scripted, "scripted"), DEFAULT_RETRY_POLICY, { clock, random, log });
  }
  const apiKey = config.keyEnv === null ? null : (world.env(config.keyEnv) ?? null);
  // A client of the service names its endpoint after the start.
  if (config.keyEnv !== null) world.secrets.add(config.keyEnv, apiKey);
  const endpoints = config.baseUrls.map((baseUrl) => {
    const endpointName = new URL(baseUrl).host;
    const wire = wireOf(config, {
      id: config.model,
      modelName: config.model,
      baseUrl,
      endpointName,
      apiKey,
      extraBody: config.extraBody,
      timeoutMs: config.timeoutSeconds * 1000,
      connectionsMax: config.connectionsMax,
      clock,
      log,
      redact: world.secrets.redact,
    });
    const priced = fleet?.priced(wire) ?? withPrice(wire, modelPrice(config));
    return { name: endpointName, model: befallen(priced, endpointName) };
  });
  const provider = endpoints[0]?.model.provider ?? "";
  const routed = router({ id: config.model, provider, endpoints, clock, log });
  return withRetry(routed, DEFAULT_RETRY_POLICY, { clock, random, log });
}

function wireOf(config: RemoteModelConfig, options: WireOptions): Model {
  switch (config.wire) {
    case "openai": {
      const { thinkTags, reasoningField } = config;
      return openaiChat({ ...options, thinkTags, reasoningField });
    }
    case "openaiResponses": {
      const { encryptedReasoning, reasoningSummary } = config;
      return openaiResponses({ ...options, encryptedReasoning, reasoningSummary });
    }
    case "anthropic": {
      const { maxOutputTokens: maxTokens, thinking, thinkingDisplay, betas, keyHeader } = config;
      return anthropic({ ...options, maxTokens, thinking, thinkingDisplay, betas, keyHeader });
    }
    default:
      return config satisfies never;
  }
}

/** Dollars for recorded tokens at another price. */
export const priceOfUsage = priceUsd;

/** Whether a model is one for all rollouts. */
export function isShared(config: ModelConfig): config is SharedModelConfig {
  return config.wire !== "replay" && config.wire !== "human";
}
