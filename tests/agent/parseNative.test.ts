// Native tool calls: which can be carried out, and what the model is told of the others.
import { describe, expect, it } from "vitest";
import { CALLS_MAX, parseNative } from "../../src/agent/parseNative.ts";
import type { ToolCall } from "../../src/core/message.ts";
import type { FinishReason } from "../../src/core/model.ts";
import { nativeSchemas } from "../../src/tools/nativeSchemas.ts";
import { toolset } from "../../src/tools/toolset.ts";

const call = (name: string, text: string, id = "1"): ToolCall => ({ id, name, arguments: text });
const parse = (toolCalls: readonly ToolCall[], finish: FinishReason = "toolCalls") =>
  parseNative(toolset, { toolCalls, finish });
const ls = call("shell", '{ "command": "ls" }');

describe("parseNative", () => {
  it("reads several calls in order, each as it was written", () => {
    expect(parse([ls, call("open", '{"path":"a.py","line":3}', "2"), call("submit", "", "3")])).toEqual({
      calls: [
        {
          kind: "action",
          action: {
            tool: "shell",
            arguments: { command: "ls" },
            text: 'shell { "command": "ls" }',
            callId: "1",
          },
        },
        {
          kind: "action",
          action: {
            tool: "open",
            arguments: { path: "a.py", line: 3 },
            text: 'open {"path":"a.py","line":3}',
            callId: "2",
          },
        },
        { kind: "action", action: { tool: "submit", arguments: {}, text: "submit", callId: "3" } },
      ],
      formatError: null,
    });
  });

  it.each([
    ["invalid JSON", call("shell", '{"command":'), /not valid JSON .*one JSON object/],
    ["no object", call("shell", '"ls"'), /do not fit the schema of `shell`/],
    ["an unknown member", call("open", '{"path":"a","lines":3}'), /Unrecognized key: "lines"/],
    ["a missing member", call("edit", '{"first":1}'), /last/],
    ["an unknown tool", call("python", "{}"), /There is no tool `python`\. Tools: `shell`, /],
  ])(
    "answers %s in words, and takes it for a format error only where nothing else can be done",
    (_, bad, says) => {
      const alone = parse([bad]);
      expect(alone.calls).toEqual([
        {
          kind: "unusable",
          tool: bad.name,
          text: `${bad.name} ${bad.arguments}`,
          callId: "1",
          error: expect.stringMatching(says),
        },
      ]);
      expect(alone.formatError).toEqual({ error: expect.stringMatching(says), refusal: false });
      const beside = parse([bad, { ...ls, id: "2" }]);
      expect(beside.calls.map(({ kind }) => kind)).toEqual(["unusable", "action"]);
      expect(beside.formatError).toBeNull();
    },
  );

  it("complains of a reply without a call, and of one that is not whole", () => {
    expect(parse([], "stop")).toEqual({
      calls: [],
      formatError: { error: "Your reply calls no tool.", refusal: false },
    });
    expect(parse([], "contentFilter").formatError?.refusal).toBe(true);
    const cut = parse([ls], "length");
    expect(cut.calls).toMatchObject([
      { kind: "unusable", callId: "1", error: expect.stringMatching(/cut off/) },
    ]);
    expect(cut.formatError?.error).toMatch(/cut off/);
  });

  it("carries out a bounded number of calls of one reply", () => {
    const many = Array.from({ length: CALLS_MAX + 2 }, (_, at) => ({ ...ls, id: String(at) }));
    const { calls, formatError } = parse(many);
    expect(calls.filter(({ kind }) => kind === "action")).toHaveLength(CALLS_MAX);
    expect(calls.slice(CALLS_MAX)).toMatchObject([{ callId: "16" }, { callId: "17" }]);
    expect(formatError).toBeNull();
  });
});

describe("nativeSchemas", () => {
  it("describe every tool and every argument in the words of a call", () => {
    const schemas = nativeSchemas(toolset);
    expect(schemas.map(({ name }) => name)).toEqual(toolset.map(({ name }) => name));
    expect(schemas[0]).toMatchObject({
      name: "shell",
      parameters: {
        type: "object",
        properties: { command: { type: "string", description: expect.any(String) } },
        required: ["command"],
        additionalProperties: false,
      },
    });
    expect(JSON.stringify(schemas)).not.toMatch(/lines that follow|end_of|\$schema|may be left out/);
  });
});
