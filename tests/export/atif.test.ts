// ATIF 1.7: a golden document, every rule by a mutation that breaks it, and prompts that can be rebuilt.
import { describe, expect, it } from "vitest";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { atif } from "../../src/export/atif.ts";
import { atifDocument } from "../../src/export/atifDocument.ts";
import { atifIssues } from "../../src/export/atifRules.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";

const task = taskInfo(fixtureTask());
const rollout = (options: FixtureOptions) => rolloutRows(fixtureRecord(options), task, FIXTURE_RUN);
const TOOLS = [{ name: "shell", description: "Runs it.", parameters: { type: "object" } }];

/** A document with every object of the format that has rules. */
const WHOLE = {
  schema_version: "ATIF-v1.7",
  session_id: "run-7",
  trajectory_id: "t",
  agent: {
    name: "nightshift",
    version: "1",
    model_name: "m",
    tool_definitions: [{ type: "function" }],
    extra: {},
  },
  steps: [
    { step_id: 1, source: "system", message: "Do research.", observation: { results: [{ content: "x" }] } },
    { step_id: 2, source: "user", message: [{ type: "text", text: "Improve it." }] },
    {
      step_id: 3,
      source: "agent",
      message: "Look.",
      timestamp: "2026-11-24T10:00:00.000Z",
      reasoning_content: "why",
      reasoning_effort: "low",
      tool_calls: [
        { tool_call_id: "c1", function_name: "bash", arguments: { command: "ls" }, extra: {} },
        { tool_call_id: "c2", function_name: "bash", arguments: {} },
      ],
      observation: {
        results: [
          { source_call_id: "c1", content: "train.py", extra: {} },
          { source_call_id: "c2", subagent_trajectory_ref: [{ trajectory_id: "sub" }] },
        ],
      },
      metrics: {
        prompt_tokens: 3,
        completion_tokens: 2,
        cached_tokens: 1,
        cost_usd: 0.1,
        prompt_token_ids: [1, 2, 3],
        completion_token_ids: [4, 5],
        logprobs: [-0.1, -0.2],
      },
      llm_call_count: 1,
    },
    { step_id: 4, source: "agent", message: "Shown.", llm_call_count: 0, is_copied_context: true },
  ],
  final_metrics: {
    total_prompt_tokens: 3,
    total_completion_tokens: 2,
    total_cached_tokens: 1,
    total_cost_usd: 0.1,
    total_steps: 4,
  },
  subagent_trajectories: [
    {
      schema_version: "ATIF-v1.7",
      trajectory_id: "sub",
      agent: { name: "a", version: "1" },
      steps: [{ step_id: 1, source: "user", message: "" }],
    },
  ],
};

/** The document with the value at a path replaced; undefined: removed. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone<unknown>(WHOLE);
  const keys = path.split(".");
  let place: unknown = copy;
  for (const key of keys.slice(0, -1))
    place = typeof place === "object" && place !== null ? Reflect.get(place, key) : null;
  if (typeof place !== "object" || place === null) throw new Error(`no ${path}`);
  const last = keys.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(place, last);
  else Reflect.set(place, last, value);
  return copy;
}

describe("the rules of ATIF 1.7", () => {
  it("pass a sound document, and the smallest one", () => {
    expect(atifIssues(WHOLE)).toEqual([]);
    const { schema_version, agent } = WHOLE;
    expect(
      atifIssues({
        schema_version,
        agent: { name: agent.name, version: "1" },
        steps: [WHOLE.steps[1]].map((step) => ({ ...step, step_id: 1 })),
      }),
    ).toEqual([]);
    expect(atifIssues(changed("session_id", null))).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ["schema_version", "ATIF-v1.8", /schema_version is not ATIF-v1\.7/],
    ["schema_version", undefined, /schema_version is missing/],
    ["reward", 1, /\.reward is no member/],
    ["agent", undefined, /agent is missing/],
    ["agent.name", undefined, /agent\.name is missing/],
    ["agent.version", 3, /agent\.version is no string/],
    ["agent.tool_definitions", [1], /tool_definitions\[0\] is no object/],
    ["agent.colour", "red", /agent\.colour is no member/],
    ["steps", [], /steps has fewer than 1/],
    ["steps.1.step_id", 3, /steps\[1\]\.step_id is not 2/],
    ["steps.0.step_id", 0, /steps\[0\]\.step_id is not 1/],
    ["steps.1.source", "tool", /source is none of/],
    ["steps.1.message", undefined, /message is missing/],
    ["steps.1.message", 3, /message is no list/],
    ["steps.1.message", [{ type: "text" }], /a part of text has text/],
    ["steps.1.message", [{ type: "image", source: { media_type: "image/bmp", path: "x" } }], /no image type/],
    ["steps.1.message", [{ type: "audio", text: "x" }], /neither text nor image/],
    ["steps.1.metrics", {}, /metrics is for steps of the agent only/],
    ["steps.1.tool_calls", [], /tool_calls is for steps of the agent only/],
    ["steps.1.reasoning_content", "x", /reasoning_content is for steps of the agent only/],
    ["steps.1.model_name", "x", /model_name is for steps of the agent only/],
    ["steps.1.observation", { results: [] }, /observation is not for steps of the user/],
    ["steps.2.timestamp", "yesterday", /no ISO 8601 time/],
    ["steps.2.timestamp", "2026-13-44T99:00:00Z", /no ISO 8601 time/],
    ["steps.2.tool_calls.0.arguments", '{"command":"ls"}', /arguments is no object/],
    ["steps.2.tool_calls.0.tool_call_id", undefined, /tool_call_id is missing/],
    ["steps.2.tool_calls.1.tool_call_id", "c1", /tool_calls share an id/],
    ["steps.2.observation.results", undefined, /results is missing/],
    ["steps.2.observation.results.0.source_call_id", "c9", /source_call_id is no call of this step/],
    ["steps.2.observation.results.0.content", undefined, /neither content nor a subagent/],
    [
      "steps.2.observation.results.1.subagent_trajectory_ref.0",
      { session_id: "s" },
      /neither an id nor a path/,
    ],
    [
      "steps.2.observation.results.1.subagent_trajectory_ref.0.trajectory_id",
      "other",
      /names other, which is not embedded/,
    ],
    ["steps.2.metrics.cached_tokens", 4, /cached_tokens is not a part/],
    ["steps.2.metrics.prompt_token_ids", [1], /prompt_token_ids has 1 members, not 3/],
    ["steps.2.metrics.completion_token_ids", [1], /completion_token_ids has 1 members, not 2/],
    ["steps.2.metrics.logprobs", [-1], /logprobs has 1 members, not 2/],
    ["steps.2.metrics.prompt_tokens", 3.5, /no whole number/],
    ["steps.2.metrics.cost_usd", "free", /no finite number/],
    ["steps.2.metrics.speed", 1, /metrics\.speed is no member/],
    ["steps.2.llm_call_count", 0, /metrics stands where no model was called/],
    ["steps.3.is_copied_context", "yes", /neither true nor false/],
    ["steps.2.extra", "x", /extra is no object/],
    ["final_metrics.total_steps", 5, /total_steps is not the number of steps/],
    ["final_metrics.total_reward", 1, /no member of the format/],
    ["subagent_trajectories.0.trajectory_id", undefined, /trajectory_id is missing/],
    [
      "subagent_trajectories.0.steps.0.step_id",
      2,
      /subagent_trajectories\[0\]\.steps\[0\]\.step_id is not 1/,
    ],
  ])("catch %s = %j", (path, value, says) => {
    expect(atifIssues(changed(path, value)).join("\n")).toMatch(says);
  });

  it("allow another number of steps where a note says why", () => {
    const other = changed("final_metrics.total_steps", 5);
    expect(atifIssues({ ...Object(other), notes: "One step is summed up." })).toEqual([]);
  });
});

describe("a rollout as ATIF", () => {
  it("has one step of the agent for each call, with what its actions brought in the same step", () => {
    const rows = rollout({ tokens: true });
    const document = atifDocument(rows);
    expect(document).toMatchObject({
      schema_version: "ATIF-v1.7",
      session_id: "run-1",
      trajectory_id: rows.trajectory.trajectory_id,
      agent: { name: "fenced", version: "fenced@1 shell@1", model_name: "gpt-fixture" },
      final_metrics: {
        total_steps: 5,
        total_prompt_tokens: 303,
        total_completion_tokens: 60,
        total_cached_tokens: 120,
      },
      extra: { task_id: "ames-price", reward: 0.6, outcome: "submitted", context_mode: "append_only" },
    });
    const { steps } = Object(document);
    expect(steps.map((step: { source: string; message: string }) => [step.source, step.message])).toEqual([
      ["system", "You do research."],
      ["user", "Predict the prices. Task ames-price."],
      ["agent", "Let me look.\n```\nls -la\n```"],
      ["agent", "Train it.\n```\npython train.py\n```"],
      ["agent", "Good.\n```\nsubmit\n```"],
    ]);
    expect(steps[2]).toMatchObject({
      tool_calls: [{ tool_call_id: "step-0-0", function_name: "shell", extra: { form: "text" } }],
      observation: { results: [{ source_call_id: "step-0-0", content: "data.csv\ntrain.py" }] },
      // The server counts 100 tokens and lists 6 ids: they do not fit the format's rule, and are kept beside it.
      metrics: {
        prompt_tokens: 100,
        completion_tokens: 20,
        extra: { prompt_msgs: [0, 1], prompt_token_ids: [0, 1, 2, 3, 4, 5] },
      },
      llm_call_count: 1,
    });
    expect(steps[4].observation).toBeUndefined();
  });

  it("keeps native calls with arguments as objects, and refuses those that are none", () => {
    const call = (text: string) => ({
      text: "",
      toolCall: { name: "shell", arguments: text },
      observation: "out",
    });
    const { steps } = Object(atifDocument(rollout({ tools: TOOLS, steps: [call('{"command":"ls"}')] })));
    expect(steps[2].tool_calls).toEqual([
      { tool_call_id: "call-0", function_name: "shell", arguments: { command: "ls" } },
    ]);
    expect(steps[2].observation.results[0]).toMatchObject({ source_call_id: "call-0", content: "out" });
    expect(atifDocument(rollout({ tools: TOOLS, steps: [call("{bad")] }))).toBe("invalidToolArguments");
  });

  it("says every prompt by its messages, stand-ins too", () => {
    const say = (text: string) => ({ text, observation: `saw ${text}` });
    const rows = rollout({ rewritten: true, steps: ["a", "b", "c", "d"].map(say) });
    const { steps, extra } = Object(atifDocument(rows));
    const byIndex = new Map<number, string>();
    for (const step of steps) {
      byIndex.set(step.extra.message_index, step.message);
      for (const result of step.observation?.results ?? [])
        byIndex.set(result.extra.message_index, result.content);
    }
    for (const standIn of extra.stand_ins) byIndex.set(standIn.message_index, standIn.content);
    for (const [position, step] of rows.steps.entries()) {
      const rebuilt = steps[position + 2].metrics.extra.prompt_msgs.map((index: number) =>
        byIndex.get(index),
      );
      expect(rebuilt).toEqual(step.prompt_msgs?.map((index) => rows.trajectory.messages[index]?.content));
    }
  });

  it("shows a complaint as the user's step, and writes nothing of an empty rollout", () => {
    const wrong = { text: "oops", formatError: true, observation: "Use one block." };
    const { steps } = Object(atifDocument(rollout({ steps: [wrong] })));
    expect(steps.at(-1)).toMatchObject({ source: "user", message: "Use one block." });
    expect(atif.open({ tasks: new Map(), tokenizer: null }).convert(rollout({ steps: [] })).leftOut).toEqual([
      "noSteps",
    ]);
  });
});
