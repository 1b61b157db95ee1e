// How the history becomes a prompt: growing, and elided in blocks that then stay.
import { describe, expect, it } from "vitest";
import { type History, nextPrompt } from "../../src/agent/history.ts";
import type { LastCall } from "../../src/core/agent.ts";
import { type Message, type MessageKind, messageSha256, type PooledMessage } from "../../src/core/message.ts";
import { showWindow } from "../../src/tools/window.ts";

const long = (at: number) =>
  Array.from({ length: 30 }, (_, line) => `line ${line} of result ${at}`).join("\n");

/** Plays a rollout of `steps` steps; `tokens` says what each call took. Returns what each call was sent. */
function play(history: History, steps: number, tokens: (sent: string[]) => number) {
  const pool: PooledMessage[] = [];
  const add = (kind: MessageKind, message: Message, derivedFrom: number | null = null) => {
    const index = pool.length;
    pool.push({ index, kind, step: null, derivedFrom, sha256: messageSha256(message), message });
    return index;
  };
  add("system", { role: "system", content: "S" });
  add("task", { role: "user", content: "T" });
  let last: LastCall | null = null;
  const prompts: string[][] = [];
  for (let step = 0; step < steps; step++) {
    const { standIns, prompt, sent } = nextPrompt(history, pool, last);
    expect(nextPrompt(history, pool, last)).toEqual({ standIns, prompt, sent });
    for (const { kind, message, derivedFrom } of standIns) add(kind, message, derivedFrom);
    const indices = prompt.flatMap(([from, to]) => Array.from({ length: to - from }, (_, at) => from + at));
    expect(indices.map((index) => pool[index]?.sha256)).toEqual(sent.map(({ sha256 }) => sha256));
    const contents = sent.map(({ message }) => message.content);
    prompts.push(contents);
    const response = add("reply", { role: "assistant", content: `R${step}`, reasoning: [], toolCalls: [] });
    last = { prompt, response, tokens: tokens(contents) };
    add("observation", { role: "tool", content: long(step), toolCallId: `c${step}`, name: "shell" });
  }
  return { pool, prompts };
}

const extendsLast = (prompts: readonly string[][]) =>
  prompts.map(
    (prompt, at) => at === 0 || (prompts[at - 1] ?? []).every((text, place) => prompt[place] === text),
  );

describe("appendOnly", () => {
  it("sends the whole pool, always", () => {
    const { prompts } = play("appendOnly", 4, () => 1_000_000);
    expect(prompts.map((prompt) => prompt.length)).toEqual([2, 4, 6, 8]);
    expect(extendsLast(prompts)).toEqual([true, true, true, true]);
  });
});

describe("blockElision", () => {
  const history = { kind: "blockElision", tokens: 3_000, keep: 2 } as const;
  const length = (sent: string[]) => sent.join("").length;

  it("elides a block at the threshold and then stays stable until it is hit again", () => {
    const { pool, prompts } = play(history, 14, length);
    const rewritten = extendsLast(prompts).flatMap((same, at) => (same ? [] : [at]));
    expect(rewritten.length).toBeGreaterThanOrEqual(2);
    for (const [at, step] of rewritten.entries()) {
      expect(step - (rewritten[at - 1] ?? 0)).toBeGreaterThanOrEqual(history.keep);
      const prompt = prompts[step] ?? [];
      const observations = prompt.filter((text) => text.startsWith("line 0") || text.startsWith("["));
      const short = observations.findLastIndex((text) => text.startsWith("["));
      expect(observations.length - 1 - short).toBe(history.keep);
      expect(length(prompt)).toBeLessThan(history.tokens);
    }
    const elided = pool.filter(({ kind }) => kind === "elided");
    expect(elided[0]).toMatchObject({
      derivedFrom: 3,
      message: {
        role: "tool",
        content: "[an old result of 30 lines was left out]",
        toolCallId: "c0",
        name: "shell",
      },
    });
    expect(new Set(elided.map(({ derivedFrom }) => derivedFrom)).size).toBe(elided.length);
  });

  it("leaves alone what is not worth a block, replies, and results that are short already", () => {
    expect(extendsLast(play({ ...history, keep: 20 }, 8, length).prompts)).not.toContain(false);
    const { pool } = play(history, 14, length);
    const stoodFor = pool.flatMap(({ derivedFrom }) =>
      derivedFrom === null ? [] : [pool[derivedFrom]?.kind],
    );
    expect(new Set(stoodFor)).toEqual(new Set(["observation"]));
  });

  it("rewrites nothing when there is nothing left to elide, however long the prompt", () => {
    const { prompts } = play(history, 6, () => 1_000_000);
    const rewritten = extendsLast(prompts).flatMap((same, at) => (same ? [] : [at]));
    expect(rewritten).toEqual([4]);
  });
});

describe("lastObservations", () => {
  const history = { kind: "lastObservations", keep: 2 } as const;

  it("shows the newest results only, each older one by a stand-in that stays", () => {
    const { pool, prompts } = play(history, 6, () => 0);
    const shown = prompts.map((prompt) => prompt.filter((text) => text.startsWith("line 0")).length);
    const named = prompts.map(
      (prompt) => prompt.filter((text) => text.includes("is not shown any more")).length,
    );
    expect(shown).toEqual([0, 1, 2, 2, 2, 2]);
    expect(named).toEqual([0, 0, 0, 1, 2, 3]);
    expect(pool.filter(({ kind }) => kind === "elided")).toHaveLength(3);
    expect(prompts.at(-1)?.slice(0, 4)).toEqual([
      "S",
      "T",
      "R0",
      "[an old result of 30 lines is not shown any more]",
    ]);
    expect(prompts.map((prompt) => prompt.length)).toEqual([2, 4, 6, 8, 10, 12]);
  });
});

describe("closedWindows", () => {
  const file = (path: string, from: number) =>
    showWindow(
      path,
      Array.from({ length: 200 }, (_, at) => (at % 7 === 0 ? "" : `x = ${at}`)),
      from,
      from + 9,
    );
  const say = (...texts: string[]) => {
    const pool: PooledMessage[] = [];
    for (const content of ["S", ...texts]) {
      const message: Message = { role: "user", content };
      const kind = pool.length === 0 ? "task" : "observation";
      pool.push({
        index: pool.length,
        kind,
        step: null,
        derivedFrom: null,
        sha256: messageSha256(message),
        message,
      });
    }
    return nextPrompt({ kind: "closedWindows" }, pool, null);
  };

  it("leaves out the lines of a window once a later message shows the file again, and nothing else", () => {
    const note = "[10 lines of an older window left out]";
    const { sent, standIns } = say(
      `before\n${file("a.py", 50)}\nafter`,
      file("b.py", 1),
      `Changed.\n${file("a.py", 1)}`,
    );
    expect(sent.map(({ message }) => message.content)).toEqual([
      "S",
      `before\n[a.py: 200 lines]\n(49 more lines above)\n${note}\n(141 more lines below)\nafter`,
      file("b.py", 1),
      `Changed.\n${file("a.py", 1)}`,
    ]);
    expect(standIns).toMatchObject([{ kind: "elided", derivedFrom: 1 }]);
  });

  it("keeps two windows of one message, empty files, and lines that only look numbered", () => {
    const both = `${file("a.py", 1)}\n---\n${file("a.py", 5)}`;
    const texts = [showWindow("e.py", [], 1), "3: not a window", both, showWindow("e.py", [], 1)];
    expect(say(...texts).standIns).toEqual([]);
  });

  it("closes a second window of a message that was cut before", () => {
    const pool: PooledMessage[] = [];
    const add = (kind: MessageKind, content: string, derivedFrom: number | null = null) => {
      const message: Message = { role: "user", content };
      pool.push({
        index: pool.length,
        kind,
        step: null,
        derivedFrom,
        sha256: messageSha256(message),
        message,
      });
    };
    add("observation", `${file("a.py", 1)}\n${file("b.py", 1)}`);
    add("observation", file("a.py", 20));
    const first = nextPrompt({ kind: "closedWindows" }, pool, null);
    for (const { kind, message, derivedFrom } of first.standIns) add(kind, message.content, derivedFrom);
    add("reply", "R");
    const last = { prompt: first.prompt, response: 3, tokens: 0 };
    add("observation", file("b.py", 30));
    const { standIns } = nextPrompt({ kind: "closedWindows" }, pool, last);
    expect(standIns).toMatchObject([{ kind: "elided", derivedFrom: 0 }]);
    expect(standIns[0]?.message.content.match(/older window left out/g)).toHaveLength(2);
  });
});
