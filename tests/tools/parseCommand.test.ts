// From a written command to a tool and its arguments, and the words for what cannot be read.
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { toolDocs, toolSchemas, toolset } from "../../src/tools/toolset.ts";
import { splitWords } from "../../src/tools/words.ts";

const parse = (text: string) => parseCommand(toolset, text);

describe("parseCommand", () => {
  it.each([
    ["open a.py", "open", { path: "a.py" }],
    ["  open a.py 12  ", "open", { path: "a.py", line: 12 }],
    ["scroll down", "scroll", { direction: "down" }],
    ["create 'a b.py'", "create", { path: "a b.py" }],
    ["edit 3:7\n  a\n\nend_of_edit\n\n", "edit", { first: 3, last: 7, text: "  a\n\n" }],
    ["edit 3:7\nend_of_edit", "edit", { first: 3, last: 7, text: "" }],
    ["edit 3 7\nend_of_edit", "edit", { first: 3, last: 7, text: "" }],
    ["insert 0\nx\n  end_of_insert  ", "insert", { after: 0, text: "x\n" }],
    ["goto 12", "goto", { line: 12 }],
    ["search_dir lr", "search_dir", { text: "lr" }],
    ['search_dir "a \\"b\\"" src/', "search_dir", { text: 'a "b"', folder: "src/" }],
    ["search_file lr", "search_file", { text: "lr" }],
    ["search_file 'def f' a.py", "search_file", { text: "def f", path: "a.py" }],
    ["find_file *.py src", "find_file", { name: "*.py", folder: "src" }],
    ["search lr", "shell", { command: "search lr" }],
    ["validate", "validate", {}],
    ["submit", "submit", {}],
    ["forfeit", "forfeit", {}],
    ["ls -la", "shell", { command: "ls -la" }],
    ["shell ls -la", "shell", { command: "ls -la" }],
    ["shell for i in 1 2; do\n  echo $i\ndone", "shell", { command: "for i in 1 2; do\n  echo $i\ndone" }],
    ["opener a", "shell", { command: "opener a" }],
    ["echo x\nsubmit", "shell", { command: "echo x\nsubmit" }],
  ])("reads %j", (text, tool, args) => {
    expect(parse(text)).toEqual({ tool, arguments: args });
  });

  it.each([
    ["", "The command is empty."],
    [" \n\t\n", "The command is empty."],
    ["shell", "`shell` needs a command."],
    ["open", "`open` takes a path"],
    ["open a 1 2", "`open` takes a path"],
    ["open a 0", "`0` is not a line number; lines are counted from 1."],
    ["open 'a", "A quotation mark ' is opened and never closed."],
    ["open a\nls", "`open` is a command of one line, but more lines follow it."],
    ["scroll", "`scroll` takes one word: `up` or `down`."],
    ["scroll left", "`scroll` takes one word: `up` or `down`."],
    ["create", "`create` takes one path"],
    ["edit 3:7\nx", "`edit` has no end: after the new lines write `end_of_edit` alone on a line."],
    ["edit 3:7", "`edit` has no end"],
    ["edit 3:7\nx\nend_of_edit\nls", "There are more lines after `end_of_edit`. Write one command only."],
    ["edit\nx\nend_of_edit", "`edit` takes a range of line numbers counted from 1"],
    ["edit 0:3\nx\nend_of_edit", "`edit` takes a range of line numbers counted from 1"],
    ["insert a\nx\nend_of_insert", "`insert` takes a line number"],
    ["insert 1\nx\nend_of_edit", "`insert` has no end"],
    ["goto", "`goto` takes one line number"],
    ["goto 0", "`goto` takes one line number"],
    ["goto +3", "`goto` takes one line number"],
    ["search_dir", "`search_dir` takes one or two words"],
    ["search_dir two words src", "`search_dir` takes one or two words"],
    ['search_dir ""', "`search_dir` takes one or two words"],
    [`search_dir ${"x".repeat(1_001)}`, "The arguments of `search_dir` do not fit.\n✖ Too big"],
    ["search_file", "`search_file` takes one or two words"],
    ["find_file src/a.py", "`find_file` takes a file's name, and its folder after it"],
    ["submit now", "`submit` stands alone: write nothing after it."],
    ["validate && ls", "`validate` stands alone: write nothing after it."],
    ["forfeit please", "`forfeit` stands alone: write nothing after it."],
  ])("says what is wrong with %j", (text, words) => {
    expect(parse(text)).toContain(words);
  });

  it("names the tools where there is no shell among them", () => {
    const some = toolset.filter(({ name }) => name === "open" || name === "submit");
    expect(parseCommand(some, "ls")).toBe("`ls` is none of your tools: `open`, `submit`.");
  });
});

describe("splitWords", () => {
  it("keeps quoted blanks and empty words, and bounds their number", () => {
    expect(splitWords(` a 'b c' d"e f" "" 'it\\' `)).toEqual(["a", "b c", "de f", "", "it\\"]);
    expect(splitWords('"a\\\\b\\n"')).toEqual(["a\\b\\n"]);
    expect(splitWords("x ".repeat(200))).toContain("more than 64 words");
  });
});

describe("toolset", () => {
  it("documents every tool once, in its order", () => {
    const docs = toolDocs(toolset).split("\n");
    expect(docs).toHaveLength(toolset.length);
    expect(docs.map((line) => /^- `(\w+)/.exec(line)?.[1])).toEqual(toolset.map(({ name }) => name));
    expect(docs[5]).toContain(
      "`edit <first>:<last>`, then lines, then `end_of_edit` alone on a line. Replaces",
    );
  });

  it("gives JSON schemas for native calls", () => {
    const schemas = toolSchemas(toolset);
    expect(schemas.map(({ name }) => name)).toEqual(toolset.map(({ name }) => name));
    expect(schemas.find(({ name }) => name === "scroll")?.parameters).toMatchObject({
      type: "object",
      properties: { direction: { type: "string", enum: ["up", "down"] } },
      required: ["direction"],
      additionalProperties: false,
    });
  });
});
