// The fenced agent: its messages word for word, what it sends, and that its prompts only ever grow.
import { describe, expect, it } from "vitest";
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import { agentIdentity, createAgent } from "../../src/agent/scaffolds.ts";
import type { Call, LastCall } from "../../src/core/agent.ts";
import { hashOf } from "../../src/core/hash.ts";
import {
  type Message,
  type MessageKind,
  messageSha256,
  type PooledMessage,
  promptSha256,
} from "../../src/core/message.ts";
import { type Model, type ModelReply, type ModelRequest, NO_USAGE } from "../../src/core/model.ts";
import { nativeSchemas } from "../../src/tools/nativeSchemas.ts";
import { TOOLSET_VERSION, toolDocs, toolSchemas, toolset } from "../../src/tools/toolset.ts";
import { task } from "../env/parts.ts";

const config = { name: "a", scaffold: "fenced", history: "appendOnly" } as const;
const parts = await loadAgentParts(config);
const never = new AbortController().signal;
const start = { text: "Files: none", state: { openFile: null, firstLine: 1, cwd: "." } };

/** A model that says what it is given, in order, and keeps its requests. */
function saying(...replies: Partial<ModelReply>[]): Model & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    id: "m",
    provider: "test",
    requests,
    encode: () => "",
    async complete(request) {
      const reply = replies[requests.length];
      requests.push(request);
      if (reply === undefined) throw new Error("the model was asked too often");
      return {
        text: "",
        reasoning: [],
        toolCalls: [],
        finish: "stop",
        usage: NO_USAGE,
        tokens: null,
        servedModel: "m",
        requestId: null,
        policyVersion: null,
        latencyMs: 0,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: null,
        endpoint: "test",
        verbatim: "{}",
        requestSha256: "",
        ...reply,
      };
    },
  };
}

function agentOf(model: Model) {
  return createAgent(config, parts, {
    model,
    tools: toolset,
    task,
    limits: { actionSeconds: 120, validations: 10 },
    sampling: { temperature: 0.7 },
    seed: 42,
    stickyKey: "sticky",
    callIdOf: (step) => `key/0/${step}`,
  });
}

function pooled(pool: readonly PooledMessage[], kind: MessageKind, message: Message): PooledMessage {
  return { index: pool.length, kind, step: null, derivedFrom: null, sha256: messageSha256(message), message };
}

const call: Call = {
  kind: "action",
  action: { tool: "shell", arguments: { command: "ls" }, text: "ls", callId: null },
};

describe("messages", () => {
  const agent = agentOf(saying());

  it("opens with the tools and the task", () => {
    const [system, first, ...more] = agent.opening(start, { stepsMax: 50 });
    expect(more).toEqual([]);
    expect([system?.kind, first?.kind]).toEqual(["system", "task"]);
    expect(system?.message.content).toContain(`## Commands\n\nA command that begins`);
    expect(system?.message.content).toContain(toolDocs(toolset));
    expect(first?.message).toEqual({
      role: "user",
      content: [
        "# The task\n",
        "Guess {well}.\n",
        "# What counts\n",
        "- Metric: accuracy, higher is better. The starter files as they are score 0.5; that is the baseline.",
        "- What you hand in: `out/b.csv` (at most 20 bytes), `a.csv` (at most 10 bytes). Nothing else of your work is looked at.",
        "- Budget: 50 steps, one for each of your replies; at most 120 seconds for one command; 10 validations.",
        "- `validate` scores the submission as it stands and tells you the score. The score that counts is computed after you are done, by the same rules, but not from the same cases or random draws.\n",
        "# The start\n",
        "Files: none",
        "[0 of 50 steps used | open file: none | directory: .]",
      ].join("\n"),
    });
  });

  it("carries an observation back with one line of state", () => {
    const seen = { text: "hi {state}", state: { openFile: "src/a.py", firstLine: 3, cwd: "src" } };
    expect(agent.observe(call, seen, { step: 4, stepsMax: 50 })).toEqual({
      role: "user",
      content: "hi {state}\n[4 of 50 steps used | open file: src/a.py | directory: src]",
    });
  });

  it("answers a reply of the wrong form", () => {
    expect(agent.complain("It is empty.").content).toMatch(
      /^Nothing was carried out\. It is empty\.\n\nReply again: .*\n\n```\ncommand\n```$/,
    );
  });
});

describe("act", () => {
  const decide = async (reply: Partial<ModelReply>) =>
    await agentOf(saying(reply)).act({ step: 0, stepsMax: 5, pool: [], last: null }, never);

  it("turns the command into an action", async () => {
    expect(await decide({ text: "Look.\n```\nopen train.py 3\n```" })).toMatchObject({
      calls: [
        {
          kind: "action",
          action: {
            tool: "open",
            arguments: { path: "train.py", line: 3 },
            text: "open train.py 3",
            callId: null,
          },
        },
      ],
      formatError: null,
    });
    expect(await decide({ text: "```\npython train.py\n```" })).toMatchObject({
      calls: [{ action: { tool: "shell", arguments: { command: "python train.py" } } }],
    });
  });

  it("turns what cannot be read into words for the model", async () => {
    expect(await decide({ text: "no" })).toMatchObject({ calls: [], formatError: { refusal: false } });
    expect(await decide({ text: "```\nedit 1:2\nx\n```" })).toMatchObject({
      calls: [],
      formatError: {
        error: "`edit` has no end: after the new lines write `end_of_edit` alone on a line.",
        refusal: false,
      },
    });
    expect(await decide({ finish: "contentFilter" })).toMatchObject({
      formatError: { refusal: true },
    });
  });

  it("keeps the reasoning beside the answer, and no stray tool call in the history", async () => {
    const reasoning = [{ text: "hm", signature: "s" }];
    const toolCalls = [{ id: "1", name: "x", arguments: "{" }];
    const model = saying({ text: "t", reasoning, toolCalls, finish: "toolCalls" });
    const view = { step: 0, stepsMax: 5, pool: [], last: null };
    const { message, reply } = await agentOf(model).act(view, never);
    expect(message).toEqual({ role: "assistant", content: "t", reasoning, toolCalls: [] });
    expect(reply.toolCalls).toEqual(toolCalls);
  });

  it("sends the whole pool each time, so that every prompt extends the one before", async () => {
    const texts = ["```\nls\n```", "oops", "```\nsubmit\n```"];
    const model = saying(...texts.map((text) => ({ text })));
    const agent = agentOf(model);
    const pool: PooledMessage[] = [];
    let last: LastCall | null = null;
    for (const { kind, message } of agent.opening(start, { stepsMax: 5 }))
      pool.push(pooled(pool, kind, message));
    for (let step = 0; step < texts.length; step++) {
      const decision = await agent.act({ step, stepsMax: 5, pool, last }, never);
      expect(decision.prompt).toEqual([[0, pool.length]]);
      const sha256s = pool.map(({ sha256 }) => sha256);
      expect(decision.promptSha256).toBe(promptSha256([], sha256s));
      expect(model.requests[step]?.messages).toEqual(pool.map(({ message }) => message));
      last = { prompt: decision.prompt, response: pool.length, tokens: 0 };
      pool.push(pooled(pool, "reply", decision.message));
      const [first] = decision.calls;
      const answer =
        first !== undefined
          ? agent.observe(first, start, { step: step + 1, stepsMax: 5 })
          : agent.complain(decision.formatError?.error ?? "");
      pool.push(pooled(pool, "observation", answer));
    }
    const sent = model.requests.map(({ messages }) => messages);
    for (const [index, messages] of sent.entries()) {
      const before = sent[index - 1] ?? [];
      expect(messages.slice(0, before.length)).toEqual(before);
    }
    expect(sent.map((messages) => messages.length)).toEqual([2, 4, 6]);
    expect(model.requests[2]).toMatchObject({
      callId: "key/0/2",
      stickyKey: "sticky",
      tools: [],
      sampling: { temperature: 0.7 },
      seed: 42,
    });
  });

  it("does not word a failing model: the error passes", async () => {
    await expect(
      agentOf(saying()).act({ step: 0, stepsMax: 5, pool: [], last: null }, never),
    ).rejects.toThrow("too often");
  });
});

describe("identity", () => {
  it("is what it was before there were settings, as long as none is made", async () => {
    const common = { version: 1, toolset: TOOLSET_VERSION };
    const { prompts } = parts;
    const fenced = {
      ...common,
      scaffold: "fenced",
      prompts,
      docs: toolDocs(toolset),
      schemas: toolSchemas(toolset),
    };
    expect(agentIdentity(config, parts, toolset)).toBe(`fenced-1:${hashOf("agent", fenced)}`);
    const own = await loadAgentParts({ ...config, scaffold: "native" });
    const words = { ...own.prompts, unusable: own.unusable };
    const native = { ...common, scaffold: "native", prompts: words, schemas: nativeSchemas(toolset) };
    expect(agentIdentity({ ...config, scaffold: "native" }, own, toolset)).toBe(
      `native-1:${hashOf("agent", native)}`,
    );
  });

  it("changes with prompts and tools, and with nothing of the task", () => {
    const identity = agentIdentity(config, parts, toolset);
    expect(identity).toMatch(/^fenced-1:[0-9a-f]{64}$/);
    expect(agentOf(saying()).identity).toBe(identity);
    expect(
      agentIdentity(
        config,
        { ...parts, prompts: { ...parts.prompts, system: `${parts.prompts.system}.` } },
        toolset,
      ),
    ).not.toBe(identity);
    expect(agentIdentity(config, parts, toolset.slice(1))).not.toBe(identity);
    const reworded = toolset.map((tool) => ({ ...tool, description: `${tool.description} So.` }));
    expect(agentIdentity(config, parts, reworded)).not.toBe(identity);
  });
});
