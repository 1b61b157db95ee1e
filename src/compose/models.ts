// Picks the wire of a configured model and the policies around it.
import type { Model } from "../core/model.ts";
import { openaiChat } from "../models/openaiChat.ts";
import { withPrice } from "../models/pricing.ts";
import { DEFAULT_RETRY_POLICY, withRetry } from "../models/retry.ts";
import { router } from "../models/router.ts";
import { SCRIPTED_ID, SCRIPTED_REVISION, scriptedResearcher } from "../models/scripted/researcher.ts";
import type { ModelConfig } from "../pipeline/pipelineFile.ts";
import type { World } from "./world.ts";

/** What a model is in keys. */
export function modelIdentity(config: ModelConfig) {
  return config.wire === "scripted"
    ? { id: SCRIPTED_ID, revision: SCRIPTED_REVISION }
    : { id: config.model, revision: config.revision };
}

/** The wires of a configured model, without its records. */
export function modelOf(world: World, config: ModelConfig): Model {
  const { clock, log, random } = world;
  if (config.wire === "scripted") return scriptedResearcher({ clock, thinkMs: config.thinkMs });
  const apiKey = config.keyEnv === null ? null : (world.env(config.keyEnv) ?? null);
  const endpoints = config.baseUrls.map((baseUrl) => {
    const name = new URL(baseUrl).host;
    const wire = openaiChat({
      id: config.model,
      modelName: config.model,
      baseUrl,
      endpointName: name,
      apiKey,
      extraBody: config.extraBody,
      timeoutMs: config.timeoutSeconds * 1000,
      connectionsMax: config.connectionsMax,
      thinkTags: config.thinkTags,
      clock,
      log,
    });
    return { name, model: withPrice(wire, config.price) };
  });
  const routed = router({ id: config.model, provider: "openai", endpoints, clock, log });
  return withRetry(routed, DEFAULT_RETRY_POLICY, { clock, random, log });
}
