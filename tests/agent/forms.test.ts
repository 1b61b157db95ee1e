// What counts as the one fenced block of a reply, and what the model is told otherwise.
import { describe, expect, it } from "vitest";
import { parseFenced } from "../../src/agent/forms/fenced.ts";

const parse = (text: string) => parseFenced({ text, toolCalls: [], finish: "stop" });

describe("one block", () => {
  it.each([
    ["thinking around it", "First I look.\n\n```\nls -la\n```\nThen I change it.", "ls -la"],
    ["a language name", "```bash\nls\n```", "ls"],
    ["no thinking", "```\nls\n```", "ls"],
    ["several lines, kept as they are", "x\n```\n  a\n\n b  \n```", "  a\n\n b  "],
    ["Windows line ends", "x\r\n```\r\nls\r\n```\r\n", "ls"],
    [
      "a longer fence around a shorter one",
      "````\ncat > a.md <<'E'\n```py\n1\n```\nE\n````",
      "cat > a.md <<'E'\n```py\n1\n```\nE",
    ],
    ["a closing fence that is longer", "```\nls\n`````", "ls"],
    ["inner lines that only begin like a fence", "```\necho\n```py\nx\n```", "echo\n```py\nx"],
    ["backquotes in the thinking", "I use `ls` and ```ls``` here.\n```\nls\n```", "ls"],
    ["an indented fence in a list", "1. so\n  ```\n  ls\n  ```", "  ls"],
    ["reasoning left in the text", "<think>maybe\n```\nrm x\n```\n</think>\nSo.\n```\nls\n```", "ls"],
    ["reasoning whose start was in the prompt", "maybe\n```\nrm x\n```\n</think>\n\n```\nls\n```", "ls"],
    ["a call tag inside the block", "```\ngrep '<tool_call>' a.txt\n```", "grep '<tool_call>' a.txt"],
    ["comparisons and generics in the thinking", "if a < b and List<int>\n```\nls\n```", "ls"],
    ["the end of reasoning as data", "```\necho '</think>'\n```", "echo '</think>'"],
  ])("is found with %s", (_, text, command) => {
    expect(parse(text)).toEqual({ kind: "command", command });
  });
});

describe("a reply of the wrong form", () => {
  const wrong = (text: string) => {
    const parsed = parse(text);
    return parsed.kind === "malformed" ? parsed.error : `parsed: ${parsed.command}`;
  };

  it.each([
    ["no block", "I will run ls."],
    ["nothing at all", ""],
    ["one on a single line", "```ls```"],
    ["tildes", "~~~\nls\n~~~"],
  ])("has %s", (_, text) => {
    expect(wrong(text)).toBe("Your reply holds no fenced block, so there is no command in it.");
  });

  it("has several blocks", () => {
    expect(wrong("```\nls\n```\nand\n```\npwd\n```")).toContain("holds 2 fenced blocks; write exactly one.");
    expect(wrong("```\nls\n```\n```\n```")).toContain("holds 2 fenced blocks");
  });

  it("has an empty block", () => {
    expect(wrong("x\n```\n \n\n```")).toBe("The fenced block is empty.");
    expect(wrong("```\n```")).toBe("The fenced block is empty.");
  });

  it("has a block that is not closed", () => {
    expect(wrong("```\nls")).toContain("opened and not closed");
    expect(wrong("```\nls ```")).toContain("opened and not closed");
    expect(wrong("````\nls\n```")).toContain("opened and not closed");
  });

  it.each([
    '<tool_call>{"name": "shell"}</tool_call>',
    "<tool_calls>",
    "<function_call>ls</function_call>",
    "<function=shell>ls</function>",
    "<|tool_call_begin|>x",
    "<|tool_calls_section_begin|>",
    "<｜tool▁calls▁begin｜>",
    "<|python_tag|>x",
    '[TOOL_CALLS][{"name"',
    '<invoke name="shell">',
    "<function_calls>",
    "<minimax:tool_call>",
    "<tool_use>",
  ])("calls a tool in another format: %s", (tag) => {
    expect(wrong(`I look.\n${tag}\n`)).toContain("tool call in a format of its own");
    expect(wrong(`${tag}\n\`\`\`\nls\n\`\`\``)).toContain("tool call in a format of its own");
  });

  it("calls a tool natively", () => {
    const toolCalls = [{ id: "1", name: "shell", arguments: "{}" }];
    expect(parseFenced({ text: "```\nls\n```", toolCalls, finish: "toolCalls" })).toMatchObject({
      kind: "malformed",
      refusal: false,
    });
  });

  it("was cut off, however complete it looks", () => {
    const parsed = parseFenced({ text: "```\nls\n```", toolCalls: [], finish: "length" });
    expect(parsed).toMatchObject({
      kind: "malformed",
      refusal: false,
      error: expect.stringContaining("cut off"),
    });
  });

  it("broke off, or was withheld: only the latter is a refusal", () => {
    expect(parseFenced({ text: "", toolCalls: [], finish: "error" })).toMatchObject({ refusal: false });
    expect(parseFenced({ text: "```\nls\n```", toolCalls: [], finish: "contentFilter" })).toMatchObject({
      kind: "malformed",
      refusal: true,
    });
  });

  it("is read in time that does not explode, whatever it holds", () => {
    for (const piece of [
      "`",
      "```\n",
      "<tool",
      "<function=",
      "<|tool",
      "</think>",
      "<think>",
      " ".repeat(40),
    ]) {
      expect(parse(piece.repeat(100_000)).kind).toBe("malformed");
    }
  });
});
