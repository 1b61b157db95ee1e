// What must hold before anything is spent: keys, prices, isolation, times. Each complaint says what to do.

import { UserError } from "../core/errors.ts";
import { fleetUsd } from "../core/gpuHourPrice.ts";
import type { Sampling } from "../core/model.ts";
import type { Capabilities } from "../core/sandbox.ts";
import { isInMetricUnit } from "../stages/scoreConfig.ts";
import type { WebSettings } from "../web/webSettings.ts";
import { isRemote, type ModelConfig } from "./modelConfig.ts";
import type { Plan } from "./plan.ts";

/** Throws UserError at the first thing that would go wrong later, wherever the plan is played. */
export function checkNeeds(plan: Plan, env: (name: string) => string | undefined): void {
  const { pipeline } = plan;
  for (const [index, model] of pipeline.cells.models.entries()) {
    const place = `cells.models.${index}`;
    if (model.wire === "human" && pipeline.concurrency.rollouts !== 1) {
      throw new UserError(
        `concurrency.rollouts: ${pipeline.concurrency.rollouts} is more than one person (${place}: ${model.name}) can play at a time; set it to 1`,
      );
    }
    if (!isRemote(model)) continue;
    for (const sampling of pipeline.cells.sampling) checkSampling(model, sampling);
    if (model.keyEnv !== null && !env(model.keyEnv)) {
      throw new UserError(
        `${place}.keyEnv: ${model.name} takes its key from ${model.keyEnv}, which is not set; export it, or set keyEnv: null for a server without keys`,
      );
    }
    const limit = dollarLimit(plan, model);
    if (limit !== null && model.price === null) {
      throw new UserError(
        `${place}.price: ${model.name} has no price, but there is a limit in dollars (${limit}); give the model a price, or take the limit out`,
      );
    }
    const { usd } = pipeline.budgets;
    if (usd !== null && model.price !== null && "gpus" in model.price) {
      const longest = fleetUsd(model.price, model.timeoutSeconds * 1000);
      if (longest > usd) {
        throw new UserError(
          `${place}.timeoutSeconds: one call of ${model.name} may hold its fleet for ${model.timeoutSeconds} s, which is $${longest.toFixed(2)} and more than budgets.usd ${usd}; lower timeoutSeconds, or raise the budget`,
        );
      }
    }
    const hosts = model.baseUrls.map((baseUrl) => new URL(baseUrl).host);
    const shared = hosts.find((host, other) => hosts.indexOf(host) !== other);
    if (shared !== undefined) {
      throw new UserError(
        `${place}.baseUrls: two of ${model.name} are on ${shared}; each needs a host and port of its own, take one out`,
      );
    }
  }
  const { notify } = pipeline;
  if (notify !== null && "webhookEnv" in notify && !env(notify.webhookEnv)) {
    throw new UserError(
      `notify.webhookEnv: ${notify.webhookEnv} is not set; export it with the webhook's URL, or take notify out`,
    );
  }
  if (pipeline.web !== null) literatureKey(pipeline.web, env);
  const leaves = pipeline.stages.export.length > 0;
  const needs = [
    { name: "scripted", isNeeded: pipeline.cells.models.some(({ wire }) => wire === "scripted") },
    { name: "replay", isNeeded: pipeline.cells.models.some(({ wire }) => wire === "replay") },
    { name: "benchmark", isNeeded: plan.cells.some(({ task }) => task.definition.use === "benchmark") },
    {
      name: "notTrainable",
      isNeeded: plan.cells.some(
        ({ task }) => task.definition.use === "train" && task.definition.notTrainable !== undefined,
      ),
    },
  ] as const;
  for (const { name, isNeeded } of needs) {
    if (!leaves || !isNeeded || pipeline.allow.includes(name)) continue;
    throw new UserError(
      `allow: stages.export would let ${name} rows leave the house, which needs ${name} in allow; add it, or take the export out`,
    );
  }
  const { perCell, accepted, groupSize } = pipeline.rollouts;
  if (accepted !== null && accepted > perCell) {
    throw new UserError(
      `rollouts.accepted: ${accepted} cannot be reached with rollouts.perCell: ${perCell}; raise perCell`,
    );
  }
  if (perCell % groupSize !== 0) {
    throw new UserError(
      `rollouts.groupSize: ${groupSize} does not divide rollouts.perCell: ${perCell}; the last group would be short; make perCell a multiple of it`,
    );
  }
  const { reward } = pipeline.stages.score;
  if (isInMetricUnit(reward) && pipeline.cells.tasks.length > 1) {
    throw new UserError(
      `stages.score.reward: ${reward} is in each metric's own unit and this run has several tasks; take one on a scale that all share, such as anchored@1 (${reward} stands in reward_components anyway)`,
    );
  }
  const names = pipeline.cells.models.map((model) => model.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UserError(`cells.models: two models are named ${twice}; give each its own name`);
}

/** The key of the literature search; null where none is wanted. Throws UserError where it is not set, or is none that a header carries. */
export function literatureKey(
  { literature: { keyEnv } }: WebSettings,
  env: (name: string) => string | undefined,
): string | null {
  const key = keyEnv === null ? null : (env(keyEnv) ?? "");
  if (key === null || /^[\x21-\x7e]+$/.test(key)) return key;
  throw new UserError(
    `web.literature.keyEnv: ${keyEnv} is not set to a key; export it, or leave keyEnv out to search without one`,
  );
}

/** What limits a model's dollars, by its key; null where nothing does. */
function dollarLimit({ pipeline, cells }: Plan, model: ModelConfig): string | null {
  const { usd } = pipeline.budgets;
  if (usd !== null) return `budgets.usd: ${usd}`;
  const limited = cells.find((cell) => cell.model === model && cell.cell.limits.costUsd !== null);
  return limited === undefined
    ? null
    : `limits.costUsd: ${limited.cell.limits.costUsd} on ${limited.cell.taskId}`;
}

/** Throws UserError for a sampling parameter that a model's API does not have: it would not be sent, and rows would say it was. */
function checkSampling(model: ModelConfig, sampling: Sampling): void {
  const refused: Readonly<Record<string, readonly (keyof Sampling)[]>> = {
    anthropic: ["seeded"],
    openaiResponses: ["seeded", "topK", "stop"],
  };
  const given = (refused[model.wire] ?? []).find(
    (name) => sampling[name] !== undefined && sampling[name] !== false,
  );
  if (given !== undefined) {
    throw new UserError(
      `cells.sampling: ${given} is not known to the API of ${model.name} (wire: ${model.wire}); leave it out`,
    );
  }
  if (model.wire !== "anthropic" || model.thinking === null || model.thinking === "adaptive") return;
  const most = sampling.maxTokens ?? model.maxOutputTokens;
  if (model.thinking.budgetTokens >= most) {
    throw new UserError(
      `cells.models: ${model.name} may think ${model.thinking.budgetTokens} tokens of a reply's ${most}; raise sampling.maxTokens or maxOutputTokens above it`,
    );
  }
}

/** Throws UserError where a real model would play on a backend that lets it at this machine, or a task wants a GPU that it cannot lend. */
export function checkIsolation({ pipeline, cells }: Plan, capabilities: Capabilities): void {
  const wanting = cells.find(({ task }) => (task.definition.resources.gpus ?? 0) > 0);
  if (wanting !== undefined && capabilities.isolation !== "container") {
    throw new UserError(
      `sandbox.backend: ${capabilities.backend} cannot lend ${wanting.cell.taskId} the GPU that its resources.gpus asks for; use docker or podman`,
    );
  }
  const real = pipeline.cells.models.find(isRemote);
  if (real === undefined || pipeline.sandbox.unsafe || capabilities.hostFiles === "enforced") return;
  throw new UserError(
    `sandbox.backend: ${capabilities.backend} does not keep a real model (${real.name}) from this machine's files; use docker (or bubblewrap with image trees: \`nightshift images build --trees\`), or set sandbox.unsafe: true`,
  );
}
