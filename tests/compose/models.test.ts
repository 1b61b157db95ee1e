// What a configured agent and model are together: reasoning that is sent again, and what is refused before anything is spent.
import { describe, expect, it } from "vitest";
import { agentWith, modelIdentity } from "../../src/compose/models.ts";
import { type AgentConfig, agentConfigSchema } from "../../src/core/cell.ts";
import { UserError } from "../../src/core/errors.ts";
import { checkNeeds } from "../../src/pipeline/checkPlan.ts";
import { modelConfigSchema } from "../../src/pipeline/modelConfig.ts";
import { pipelineSchema } from "../../src/pipeline/pipelineFile.ts";

const remote = { name: "m", model: "served" };
const models = {
  chat: modelConfigSchema.parse({ ...remote, wire: "openai", baseUrls: ["http://h/v1"] }),
  field: modelConfigSchema.parse({
    ...remote,
    wire: "openai",
    baseUrls: ["http://h/v1"],
    reasoningField: "reasoning_content",
  }),
  responses: modelConfigSchema.parse({ ...remote, wire: "openaiResponses", baseUrls: ["http://h/v1"] }),
  messages: modelConfigSchema.parse({ ...remote, wire: "anthropic" }),
  scripted: modelConfigSchema.parse({ name: "s", wire: "scripted" }),
};
const agent = (over: Partial<AgentConfig> = {}): AgentConfig =>
  agentConfigSchema.parse({ name: "a", scaffold: "fenced", ...over });

describe("an agent with a model", () => {
  it("sends all reasoning again where the API takes it back, and none elsewhere, without changing older keys", () => {
    const wish = Object.entries(models).map(([name, model]) => [
      name,
      agentWith(agent(), model).reasoningInHistory,
    ]);
    expect(Object.fromEntries(wish)).toEqual({
      chat: undefined,
      field: "all",
      responses: "all",
      messages: "all",
      scripted: undefined,
    });
    const plain = { name: "a", scaffold: "fenced", history: "appendOnly" };
    expect(agentWith(agent(), models.chat)).toEqual(plain);
    expect(agentWith(agent({ reasoningInHistory: "none" }), models.chat)).toEqual(plain);
    expect(agentWith(agent({ reasoningInHistory: "none" }), models.messages)).toEqual(plain);
    expect(agentWith(agent({ reasoningInHistory: "sinceUser" }), models.messages)).toEqual({
      ...plain,
      reasoningInHistory: "sinceUser",
    });
  });

  it("is refused where a wish cannot be met", () => {
    expect(() => agentWith(agent({ reasoningInHistory: "all" }), models.chat)).toThrow(/reasoningField/);
    expect(() => agentWith(agent({ scaffold: "native" }), models.scripted)).toThrow(UserError);
  });

  it("has thinking, and what else a model can notice, in the model's identity", () => {
    const revision = (over: Readonly<Record<string, unknown>>) =>
      modelIdentity(modelConfigSchema.parse({ ...remote, wire: "anthropic", ...over })).revision ?? "";
    expect(revision({})).toMatch(/^request:[0-9a-f]{16}$/);
    expect(revision({ thinking: "adaptive" })).toMatch(/^thinking:adaptive request:/);
    expect(revision({ thinking: { budgetTokens: 2048 }, revision: "r1" })).toMatch(
      /^r1 thinking:2048 request:/,
    );
    const changes = [{ maxOutputTokens: 9000 }, { betas: ["b"] }, { extraBody: { speed: "fast" } }, {}];
    expect(new Set(changes.map(revision)).size).toBe(changes.length);
    const unnoticed = { keyHeader: "x-api-key", timeoutSeconds: 5, baseUrls: ["http://other"] };
    expect(revision(unnoticed)).toBe(revision({}));
    expect(modelIdentity(models.chat)).toEqual({ id: "served", revision: null });
  });
});

describe("a plan", () => {
  const check = (model: unknown, sampling: unknown) => {
    const pipeline = pipelineSchema.parse({
      name: "p",
      cells: { tasks: ["t"], models: [model], sampling: [sampling] },
      rollouts: { perCell: 1 },
      stages: {},
    });
    return () => checkNeeds({ pipeline, cells: [], leftOut: [] }, () => "key");
  };
  const messages = { ...remote, wire: "anthropic", thinking: { budgetTokens: 2048 } };

  it.each([
    ["a seed", messages, { seeded: true }, /seeded is not known to the API of m/],
    ["stop texts", models.responses, { stop: ["x"] }, /stop is not known/],
    ["top k", models.responses, { topK: 3 }, /topK is not known/],
    [
      "thinking without room for a reply",
      messages,
      { maxTokens: 2048 },
      /may think 2048 tokens of a reply's 2048/,
    ],
  ])("refuses %s that the API does not take", (_, model, sampling, says) => {
    expect(check(model, sampling)).toThrow(says);
    expect(check(model, sampling)).toThrow(UserError);
  });

  it("takes what the API takes", () => {
    expect(check(messages, { temperature: 1, topK: 3, stop: ["x"], seeded: false })).not.toThrow();
    expect(check(models.chat, { seeded: true, topK: 3, stop: ["x"] })).not.toThrow();
  });
});
