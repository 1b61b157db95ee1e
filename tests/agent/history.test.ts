// How the history becomes a prompt: growing, and elided in blocks that then stay.
import { describe, expect, it } from "vitest";
import { type History, nextPrompt } from "../../src/agent/history.ts";
import type { LastCall } from "../../src/core/agent.ts";
import { type Message, type MessageKind, messageSha256, type PooledMessage } from "../../src/core/message.ts";

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
