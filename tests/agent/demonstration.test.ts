// Demonstrations: made of a real rollout, shown in every scaffold's own form, marked, part of the identity, and never trained on.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import { type Demonstration, demonstrationSchema, hasCommands } from "../../src/agent/demonstration.ts";
import { TEXT_FORMS } from "../../src/agent/forms/forms.ts";
import { recordDemonstration } from "../../src/agent/recordDemonstration.ts";
import { agentIdentity } from "../../src/agent/scaffolds.ts";
import { SCAFFOLDS } from "../../src/core/cell.ts";
import { UserError } from "../../src/core/errors.ts";
import type { ToolCall } from "../../src/core/message.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "../rollout/stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
const EDIT = "edit 1:1\n# changed\nend_of_edit";
const TEXTS = ["echo 'a ```'", "no command", "open strategy.py", EDIT, "submit"];
const HISTORY = "appendOnly";
const SHIPPED = fileURLToPath(new URL("../../demonstrations", import.meta.url));
let here: World;
let recorded: Demonstration;

beforeAll(async () => {
  here = await world();
  const replies = TEXTS.map((text) => (text === "no command" ? text : `I think.${command(text).slice(5)}`));
  const { trajectory } = await playWith(here, task, listModel(replies));
  const { prompts } = await loadAgentParts({ scaffold: "fenced", history: HISTORY });
  recorded = recordDemonstration(trajectory, prompts, "Apache-2.0");
});
afterAll(() => here[Symbol.asyncDispose]());

describe("a demonstration of a rollout", () => {
  it("holds what was told, thought, done and seen, without the form and without slips", () => {
    expect(demonstrationSchema.parse(JSON.parse(JSON.stringify(recorded)))).toEqual(recorded);
    expect(recorded).toMatchObject({ task: "battle-of-sexes", licence: "Apache-2.0", stepsMax: 30 });
    expect(recorded.opening).toMatch(/^# The task\n/);
    expect(recorded.steps.map(({ thought }) => thought)).toEqual(Array(4).fill("I think."));
    const actions = recorded.steps.flatMap(({ actions }) => actions);
    expect(actions.map((action) => action.command)).toEqual(TEXTS.filter((text) => text !== "no command"));
    expect(actions[0]?.observation).toEqual({ text: "a ```", openFile: null, directory: "." });
    expect(actions[1]?.observation?.openFile).toBe("strategy.py");
    expect(actions[3]?.observation).toBeNull();
  });

  it("is refused of a rollout that handed nothing in, and with other prompts than it was played with", async () => {
    const { trajectory } = await playWith(here, task, listModel([command("ls"), command("forfeit")]));
    const { prompts } = await loadAgentParts({ scaffold: "fenced", history: HISTORY });
    expect(() => recordDemonstration(trajectory, prompts, "x")).toThrow(/did not end with `submit`/);
    const submitted = { ...trajectory, outcome: { kind: "submitted" as const } };
    const { prompts: others } = await loadAgentParts({
      scaffold: "fenced",
      history: HISTORY,
      stateLine: "lines",
    });
    expect(() => recordDemonstration(submitted, others, "x")).toThrow(UserError);
  });
});

describe("the demonstration that is shipped", () => {
  it("can be read, shown by every scaffold, and is of no task that measures", async () => {
    const files = await readdir(SHIPPED);
    expect(files).not.toEqual([]);
    for (const file of files) {
      const shipped = demonstrationSchema.parse(JSON.parse(await readFile(path.join(SHIPPED, file), "utf8")));
      expect(hasCommands(shipped)).toBe(true);
      expect(shipped.recorded.validated).not.toBeNull();
      const [family = ""] = shipped.task.split("/");
      const yaml = await readFile(path.join(TASKS, family, "family.yaml"), "utf8");
      expect(yaml).toMatch(/^use: train$/m);
    }
  });
});

describe("shown", () => {
  it.each(Object.values(TEXT_FORMS).map((form) => [form.name, form] as const))(
    "in %s it is one marked message of the user's, each reply as the scaffold writes it",
    async (scaffold, form) => {
      const model = listModel([form.write("Done.", "submit")]);
      const played = await playWith(here, task, model, { agent: { scaffold }, demonstrations: [recorded] });
      const { pool } = played.trajectory;
      expect(pool.map(({ kind, message }) => [kind, message.role])).toEqual([
        ["system", "system"],
        ["demo", "user"],
        ["task", "user"],
        ["reply", "assistant"],
      ]);
      const shown = pool[1]?.message.content ?? "";
      expect(shown).toContain(`<reply>\n${form.write("I think.", EDIT)}\n</reply>\n\n<result>\n`);
      expect(shown).toContain(
        "<result>\na ```\n[1 of 30 steps used | open file: none | directory: .]\n</result>",
      );
      expect(shown).toMatch(/^# A demonstration\n/);
      expect(shown.trimEnd()).toMatch(/\(The demonstration ends here\.\)$/);
    },
  );

  it("natively it is calls, each with its answer, and then the task", async () => {
    const toolCalls: ToolCall[] = [{ id: "z", name: "submit", arguments: "{}" }];
    const model = listModel([""], async () => ({ toolCalls, finish: "toolCalls" }));
    const played = await playWith(here, task, model, {
      agent: { scaffold: "native" },
      demonstrations: [recorded],
    });
    const { pool } = played.trajectory;
    const demo = pool.filter(({ kind }) => kind === "demo").map(({ message }) => message);
    expect(demo.map(({ role }) => role)).toEqual(["user", ...Array(4).fill(["assistant", "tool"]).flat()]);
    expect(demo[5]).toMatchObject({
      content: "I think.",
      toolCalls: [{ name: "edit", arguments: '{"first":1,"last":1,"text":"# changed\\n"}' }],
    });
    const called = demo.flatMap((message) =>
      message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [],
    );
    const answered = demo.flatMap((message) => (message.role === "tool" ? [message.toolCallId] : []));
    expect(answered).toEqual(called);
    expect(pool[demo.length + 1]?.kind).toBe("task");
  });

  it("is part of what the agent is, and needs commands in text scaffolds", async () => {
    for (const scaffold of SCAFFOLDS) {
      const config = { scaffold, history: HISTORY } as const;
      const of = async (shown: readonly Demonstration[]) =>
        agentIdentity(config, await loadAgentParts(config, shown), toolset);
      const identities = await Promise.all([of([]), of([recorded]), of([{ ...recorded, task: "x" }])]);
      expect(new Set(identities).size).toBe(3);
    }
    const native = structuredClone(recorded);
    for (const { actions } of native.steps) for (const action of actions) action.command = null;
    expect(hasCommands(native)).toBe(false);
    await expect(loadAgentParts({ scaffold: "xml", history: HISTORY }, [native])).rejects.toThrow(
      /recorded with native calls, which the scaffold xml has no words for/,
    );
    await expect(loadAgentParts({ scaffold: "native", history: HISTORY }, [native])).resolves.toBeDefined();
  });
});
