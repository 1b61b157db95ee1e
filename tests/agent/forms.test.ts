// What counts as the command of a reply in each form, and what the model is told otherwise.
import { describe, expect, it } from "vitest";
import { parseFenced } from "../../src/agent/forms/fenced.ts";
import { TEXT_FORMS } from "../../src/agent/forms/forms.ts";
import type { TextForm } from "../../src/agent/forms/textForm.ts";
import { parseNative } from "../../src/agent/parseNative.ts";
import { REPLY_CHARACTERS_MAX } from "../../src/agent/replyText.ts";
import { choose } from "../../src/agent/textAgent.ts";
import { toolset } from "../../src/tools/toolset.ts";

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
});

const read = (name: TextForm["name"], text: string) =>
  TEXT_FORMS[name].parse({ text, toolCalls: [], finish: "stop" });
const errorOf = (name: TextForm["name"], text: string) => {
  const asked = read(name, text);
  return asked.kind === "malformed" ? asked.error : `read: ${JSON.stringify(asked)}`;
};

describe("lastBlock", () => {
  it("takes the last block, and those before it for thinking", () => {
    expect(read("lastBlock", "See:\n```py\nx = 1\n```\nso\n```\nls\n```\nThat is it.")).toEqual({
      kind: "command",
      command: "ls",
    });
  });

  it.each([
    ["no block", "I look.", "no fenced block"],
    ["an empty last block", "```\nls\n```\n```\n```", "The last fenced block is empty."],
    ["a last block that is not closed", "```\nls\n```\n```\npwd", "opened and not closed"],
    ["a native call", "<tool_call>{}</tool_call>\n```\nls\n```", "a format of its own"],
  ])("refuses %s", (_, text, says) => expect(errorOf("lastBlock", text)).toContain(says));
});

describe("xml", () => {
  it.each([
    ["on lines of its own", "<thought>x</thought>\n<command>\nls -l\n</command>", "ls -l"],
    ["within a line", "I look: <command>ls</command>", "ls"],
    [
      "fences and brackets as they are",
      "<command>\ncat <<'E'\n```\na && b &lt; c\nE\n</command>",
      "cat <<'E'\n```\na && b &lt; c\nE",
    ],
    ["its own closing tag in CDATA", "<command><![CDATA[echo '</command>']]></command>", "echo '</command>'"],
    ["indentation of the first line", "<command>\n  a\n b\n</command>", "  a\n b"],
  ])("reads a command: %s", (_, text, command) => {
    expect(read("xml", text)).toEqual({ kind: "command", command });
  });

  it.each([
    ["no tag", "```\nls\n```", "holds no <command> tag"],
    ["two commands", "<command>a</command><command>b</command>", "more than one <command>"],
    ["a closing tag in the command", "<command>echo '</command>'</command>", "write <command><![CDATA["],
    ["an open tag", "<command>ls", "end it with </command>"],
    ["an open CDATA section", "<command><![CDATA[ls</command>", "end it with ]]></command>"],
    ["nothing in it", "<command> \n </command>", "The command is empty."],
    ["a native call", '<invoke name="x">\n<command>ls</command>', "between <command> and </command>"],
  ])("refuses %s", (_, text, says) => expect(errorOf("xml", text)).toContain(says));
});

describe("json", () => {
  it("reads an object, bare or fenced, and passes over other members", () => {
    const ls = { kind: "command", command: "ls" };
    expect(read("json", '{"thought": "x", "command": "ls"}')).toEqual(ls);
    expect(read("json", '```json\n{"command": "ls", "mood": [1]}\n```\n')).toEqual(ls);
    expect(read("json", '<think>{"command": "rm"}</think> {"command": "ls"}')).toEqual(ls);
  });

  it("takes a tool with its arguments, checked against the tool's schema", () => {
    const of = (command: unknown) => choose(toolset, read("json", JSON.stringify({ thought: "", command })));
    expect(of({ name: "edit", arguments: { first: 1, last: 2, text: "a\n" } }).calls).toEqual([
      {
        kind: "action",
        action: {
          tool: "edit",
          arguments: { first: 1, last: 2, text: "a\n" },
          text: 'edit {"first":1,"last":2,"text":"a\\n"}',
          callId: null,
        },
      },
    ]);
    expect(of({ name: "submit" }).calls).toMatchObject([{ action: { tool: "submit", arguments: {} } }]);
    expect(of({ name: "edit", arguments: { first: "1" } }).formatError?.error).toMatch(
      /do not fit the schema of `edit`/,
    );
    expect(of({ name: "ls" }).formatError?.error).toMatch(/There is no tool `ls`/);
  });

  it.each([
    ["text around it", 'So: {"command": "ls"}', "must begin with {"],
    ["broken JSON", '{"command": "ls"', "not valid JSON ("],
    ["two objects", '{"command": "ls"}{"command": "ls"}', "not valid JSON ("],
    ["no command", '{"thought": "x"}', "must have `thought`"],
    ["a command that is none", '{"command": 3}', "must have `thought`"],
    ["an empty command", '{"command": " "}', "`command` is empty."],
    ["a native call", "<tool_call>{}</tool_call>", "as `command` of one JSON object"],
    [
      "arguments beyond reason",
      `{"command":{"name":"shell","arguments":{"command":${"[".repeat(40)}${"]".repeat(40)}}}}`,
      "nested too deep",
    ],
  ])("refuses %s", (_, text, says) => expect(errorOf("json", text)).toContain(says));
});

describe("every form", () => {
  const EDIT = "edit 3:4\n    x = '```'\n\n    y = \"</command>\"\nend_of_edit";
  const edit = {
    tool: "edit",
    arguments: { first: 3, last: 4, text: "    x = '```'\n\n    y = \"</command>\"\n" },
  };

  it.each(Object.values(TEXT_FORMS).map((form) => [form.name, form] as const))(
    "%s reads back what it writes, edits of several lines too",
    (name, form) => {
      for (const command of ["ls", EDIT, "cat > a.md <<'E'\n```\n````\nE", "echo ']]>' '</command>'"]) {
        expect(read(name, form.write("I think.\nSo.", command))).toEqual({ kind: "command", command });
      }
      expect(choose(toolset, read(name, form.write("x", EDIT))).calls).toMatchObject([{ action: edit }]);
      expect(form.thoughtOf(form.write("I think.\nSo.", EDIT))).toBe("I think.\nSo.");
    },
  );

  it("has edits of several lines in native calls too", () => {
    const toolCalls = [{ id: "1", name: "edit", arguments: JSON.stringify(edit.arguments) }];
    expect(parseNative(toolset, { toolCalls, finish: "toolCalls" }).calls).toMatchObject([{ action: edit }]);
  });

  it.each(Object.values(TEXT_FORMS).map((form) => [form.name] as const))(
    "%s refuses what is cut off, withheld or too long to be read",
    (name) => {
      const text = TEXT_FORMS[name].write("x", "ls");
      const of = (over: object) => TEXT_FORMS[name].parse({ text, toolCalls: [], finish: "stop", ...over });
      expect(of({}).kind).toBe("command");
      expect(of({ finish: "length" })).toMatchObject({ kind: "malformed", refusal: false });
      expect(of({ finish: "contentFilter" })).toMatchObject({ kind: "malformed", refusal: true });
      expect(of({ toolCalls: [{ id: "1", name: "shell", arguments: "{}" }] }).kind).toBe("malformed");
      expect(of({ text: " ".repeat(REPLY_CHARACTERS_MAX) + text })).toMatchObject({
        error: expect.stringContaining("too long to be read"),
      });
    },
  );

  it("is read in time that does not explode, whatever it holds", () => {
    const pieces = [
      "`",
      "```\n",
      "<tool",
      "<function=",
      "<|tool",
      "</think>",
      "<think>",
      " ".repeat(9),
      "<command>",
      "</command>",
      "<command><![CDATA[",
      "{",
      '{"command":',
      "\\",
      '{"command":"',
      "\n",
    ];
    for (const { name, write } of Object.values(TEXT_FORMS)) {
      for (const piece of pieces) {
        expect(read(name, piece.repeat(100_000)).kind).toBe("malformed");
        expect(read(name, write(piece.repeat(50_000), "ls"))).toBeDefined();
      }
    }
  });
});
