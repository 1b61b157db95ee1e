// What a person types becomes replies that read like a model's: one fenced command, thoughts before it, input that ends.
import { describe, expect, it } from "vitest";
import { parseFenced } from "../../src/agent/forms/fenced.ts";
import type { Message } from "../../src/core/message.ts";
import { humanModel, type Person } from "../../src/models/human/human.ts";
import { openEnd } from "../../src/models/human/typed.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { fakeClock } from "./fakeWorld.ts";

const MARKERS = new Map(
  toolset.flatMap(({ name, endMarker }) => (endMarker === null ? [] : [[name, endMarker] as const])),
);
const { signal } = new AbortController();

/** A person who has these lines to say, and then nothing more. */
function typing(lines: readonly string[]) {
  const left = [...lines];
  const read: string[] = [];
  const person: Person = { say: (text) => read.push(text), ask: async () => left.shift() ?? null };
  const model = humanModel({ id: "human/me", person, endMarkers: MARKERS, clock: fakeClock() });
  return { read, left, model };
}

const TASK: readonly Message[] = [
  { role: "system", content: "the rules" },
  { role: "user", content: "the task" },
];
const request = (messages: readonly Message[]) => ({
  callId: "key/0/0",
  stickyKey: "key",
  messages,
  tools: [],
  sampling: {},
  seed: 1,
});

describe("a command", () => {
  it.each<[string, readonly string[], string | null]>([
    ["one line", ["ls -la"], null],
    ["a here-document", ["cat > a <<EOF", "it's"], "`EOF` alone on a line"],
    ["a here-document with its end", ["cat > a <<EOF", "it's", "EOF"], null],
    ["one whose end is quoted and indented", ["cat <<-'END OF' | sort", "b", "\tEND OF"], null],
    ["two of them", ["cat <<A <<B", "a", "A", "b"], "`B` alone on a line"],
    ["a here-string", ["cat <<<word"], null],
    ["a shift of bits", ["echo $((1<<2))"], null],
    ["an open quote", ['python3 -c "', "print('don\\'t')"], 'a closing "'],
    ["a closed one", ['python3 -c "', 'print(1)"'], null],
    ["a quote in a comment", ["ls # don't"], null],
    ["a quoted backslash at the end", ["echo 'a\\", "b'"], null],
    ["a line that goes on", ["ls \\"], "the line after a backslash"],
    ["and has gone on", ["ls \\", "-la"], null],
    ["an edit", ["edit 1:2", "EOF <<X"], "`end_of_edit` alone on a line"],
    ["an edit with its end", ["edit 1:2", "it's", "  end_of_edit"], null],
  ])("of %s", (_name, lines, waitsFor) => {
    expect(openEnd(lines, MARKERS)).toBe(waitsFor);
  });
});

describe("a person", () => {
  it("is shown what is new, and answers as the fenced scaffold reads it", async () => {
    const { read, model } = typing([
      "",
      "# the file first",
      "  # then the rest",
      "cat > a.md <<'EOF'",
      "```",
      "EOF",
    ]);
    const reply = await model.complete(request(TASK), signal);
    expect(read[0]).toContain("the rules\nthe task\n\nYou play.");
    expect(reply.text.split("\n\n")[0]).toBe("the file first\nthen the rest");
    const fenced = parseFenced(reply);
    expect(fenced).toEqual({ kind: "command", command: "cat > a.md <<'EOF'\n```\nEOF" });
    expect(reply).toMatchObject({ finish: "stop", costUsd: 0, servedModel: "human/me" });

    const answer: Message = { role: "assistant", content: reply.text, reasoning: [], toolCalls: [] };
    const next = typing(["insert 0", "x = 1", "end_of_insert"]);
    const second = await next.model.complete(
      request([...TASK, answer, { role: "user", content: "done" }]),
      signal,
    );
    expect(next.read).toEqual(["\ndone"]);
    const command = parseFenced(second);
    expect(command.kind === "command" && parseCommand(toolset, command.command)).toEqual({
      tool: "insert",
      arguments: { after: 0, text: "x = 1\n" },
    });
  });

  it("who ends the input gives up, and where nobody is there a rollout fails for good", async () => {
    const answer: Message = { role: "assistant", content: "x", reasoning: [], toolCalls: [] };
    const started = typing(["cat <<EOF", "half"]);
    const reply = await started.model.complete(request([...TASK, answer]), signal);
    expect(parseFenced(reply)).toEqual({ kind: "command", command: "forfeit" });
    await expect(typing([]).model.complete(request(TASK), signal)).rejects.toMatchObject({
      boundary: "model",
      transient: false,
      message: "nobody is there to play: standard input has ended",
    });
  });

  it("who never ends a command begins anew", async () => {
    const { model, read } = typing(["cat <<EOF", ...Array.from({ length: 5_000 }, () => "x"), "ls"]);
    const lines = await model.complete(request(TASK), signal);
    expect(read.at(-1)).toContain("more than 5000 lines");
    expect(parseFenced(lines)).toMatchObject({ kind: "command" });
  });
});
