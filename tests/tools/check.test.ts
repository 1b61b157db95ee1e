// Changes that bring in errors are refused with both versions shown; errors that were there before are not the change's fault.
import { describe, expect, it } from "vitest";
import { broughtIn, type CodeError } from "../../src/tools/newErrors.ts";
import { memorySandbox } from "./memorySandbox.ts";
import { desk, numbered } from "./runTool.ts";

async function opened(path: string, text: string) {
  const sandbox = memorySandbox({ [path]: text });
  const { run, state } = desk(sandbox);
  await run(`open ${path}`);
  return { run, state, text: () => sandbox.text(path) };
}

const PROGRAM = "import math\n\n\ndef area(r):\n    return math.pi * r * r\n\n\nprint(area(2))\n";

describe("a change of a program", () => {
  it("is refused for bad syntax, with how it would have read and how it reads", async () => {
    const { run, text, state } = await opened("a.py", PROGRAM);
    const before = state();
    const shown = await run("edit 4:5\ndef area(r)\n    return math.pi * r ** 2\nend_of_edit");
    expect(shown.ok).toBe(false);
    expect(shown.text.replace(/SyntaxError: .*/, "SyntaxError")).toBe(
      [
        "`a.py` is unchanged: this would bring an error into it.",
        "- line 4: SyntaxError",
        "With your change it would have read:",
        "[a.py: 8 lines]",
        ...["1: import math", "2:", "3:", "4: def area(r)", "5:     return math.pi * r ** 2", "6:", "7:"],
        ...["8: print(area(2))", "It still reads:", "[a.py: 8 lines]"],
        ...["1: import math", "2:", "3:", "4: def area(r):", "5:     return math.pi * r * r", "6:", "7:"],
        "8: print(area(2))",
        "Write the change again without the error: the same one would be refused again.",
      ].join("\n"),
    );
    expect(text()).toBe(PROGRAM);
    expect(state()).toEqual(before);
  });

  it.each([
    ["a bad indentation", "insert 4\n  x = 1\nend_of_insert", /- line \d+: IndentationError: /],
    ["an argument given twice", "edit 4:4\ndef area(r, r):\nend_of_edit", /SyntaxError: duplicate argument/],
    ["an open bracket", "edit 8:8\nprint(area(2)\nend_of_edit", /- line \d+: SyntaxError: /],
    ["a name from nowhere", "insert 4\n    r = radius + 1\nend_of_insert", /- line 5: the name 'radius' is/],
    ["the loss of an import", "edit 1:1\nend_of_edit", /- line 4: the name 'math' is defined nowhere/],
    ["the loss of a function", "edit 4:5\nend_of_edit", /- line 6: the name 'area' is defined nowhere/],
  ])("is refused for %s", async (_, command, words) => {
    const { run, text } = await opened("a.py", PROGRAM);
    const shown = await run(command);
    expect(shown.text).toMatch(words);
    expect(shown.ok).toBe(false);
    expect(text()).toBe(PROGRAM);
  });

  it.each([
    [
      "names of every scope",
      "insert 8\nclass C:\n    k = 1\n    def f(self, *a, **b):\n        return [a for a in b if (z := a)], __class__, z\nend_of_insert",
    ],
    [
      "names that a function makes global",
      "insert 8\ndef g():\n    global made\n    made = 1\nprint(made, __file__)\nend_of_insert",
    ],
    [
      "names of handlers, loops and matches",
      "insert 8\ntry:\n    pass\nexcept OSError as e:\n    print(e)\nfor i, (j, k) in []: print(i, j, k)\nwith open('x') as w: w\ndel w\nend_of_insert",
    ],
    [
      "a function that Python's own tables mistake",
      "insert 8\ndef top(self, which):\n    x = which\n    return self, x\nend_of_insert",
    ],
    ["a star import", "insert 1\nfrom os.path import *\nprint(join)\nend_of_insert"],
    ["names that are tried out", "insert 8\ntry:\n    unicode\nexcept NameError:\n    pass\nend_of_insert"],
    [
      "two blanks of indentation, tabs, long lines",
      `insert 8\nif area:\n  pass\nif area:\n\tpass\nx = '${"y".repeat(300)}'\nend_of_insert`,
    ],
    ["an escape that Python warns of", "insert 8\nx = '\\d'\nend_of_insert"],
  ])("passes with %s", async (_, command) => {
    const { run } = await opened("a.py", PROGRAM);
    const shown = await run(command);
    expect(shown.text).toMatch(/added to `a\.py`/);
    expect(shown.ok).toBe(true);
  });

  it("mends a broken program step by step, whatever else is wrong with it", async () => {
    const { run, text } = await opened("a.py", "x = (1\ny = z\nprint(x\n");
    expect((await run("edit 3:3\nprint(x)\nend_of_edit")).ok).toBe(true);
    expect((await run("edit 1:1\nx = )\nend_of_edit")).text).toMatch(/- line 1: SyntaxError/);
    expect((await run("edit 1:1\nx = (1)\nend_of_edit")).ok).toBe(true);
    expect((await run("insert 0\n# z is still not there\nend_of_insert")).ok).toBe(true);
    expect((await run("insert 1\nw = v\nend_of_insert")).text).toMatch(/- line 2: the name 'v' is/);
    expect(text()).toBe("# z is still not there\nx = (1)\ny = z\nprint(x)\n");
  });

  it("shows the surroundings of the error where the change is long", async () => {
    const { run } = await opened("a.py", "pass\n");
    const body = `${numbered(150, "#")}def f(\n${numbered(150, "#")}`;
    const lines = (await run(`insert 1\n${body}end_of_insert`)).text.split("\n");
    const at = Number(/- line (\d+): SyntaxError/.exec(lines[1] ?? "")?.[1]);
    expect(lines).toContain("[a.py: 302 lines]");
    expect(lines.some((line) => line.startsWith(`${at}:`))).toBe(true);
    expect(lines.length).toBeLessThan(80);
  });

  it("is made without a check, and says so, where Python cannot tell", async () => {
    const deep = `${"(".repeat(6_000)}1${")".repeat(6_000)}`;
    const { run } = await opened("a.py", "x = 1\n");
    const shown = await run(`insert 1\n${"y = 1\n".repeat(90_000)}end_of_insert`);
    expect([shown.ok, shown.text]).toEqual([true, expect.stringContaining("could not be checked)")]);
    const nested = await opened("b.py", "x = 1\n");
    const result = await nested.run(`insert 1\ny = ${deep}\nend_of_insert`);
    expect(result.text).toMatch(/could not be checked\)|- line 2: SyntaxError: too many nested/);
  });
});

describe("a change of a data file", () => {
  it.each([
    ["a.json", '{\n  "a": 1\n}\n', "edit 2:2\n  'a': 1\nend_of_edit", /- line 2: Expecting property name/],
    ["a.json", '{\n  "a": 1\n}\n', 'edit 2:2\n  "b": 2\nend_of_edit', /replaced by 1 line/],
    ["a.json", "", 'insert 0\n{"a": 1}\nend_of_insert', /added to/],
    ["a.txt", "x\n", "edit 1:1\ndef f(:\nend_of_edit", /replaced by 1 line/],
    ["Makefile", "x\n", "edit 1:1\ndef f(:\nend_of_edit", /replaced by 1 line/],
  ])("%s: %j, %j", async (path, before, command, words) => {
    const { run } = await opened(path, before);
    expect((await run(command)).text).toMatch(words);
  });

  it("of TOML or YAML is checked where the sandbox's Python can read them", async () => {
    const toml = await opened("a.toml", "a = 1\n");
    expect((await toml.run("edit 1:1\na = = 1\nend_of_edit")).text).toMatch(
      /this would bring an error|could not be checked/,
    );
    const yaml = await opened("a.yaml", "a: 1\n");
    expect((await yaml.run("edit 1:1\na: [1\nend_of_edit")).text).toMatch(
      /this would bring an error|could not be checked/,
    );
  });
});

describe("broughtIn", () => {
  const name = (line: number, message: string): CodeError => ({ kind: "name", line, message });
  const syntax = (line: number, message: string): CodeError => ({ kind: "syntax", line, message });

  it("takes errors that were there before, wherever they moved, for old", () => {
    const now = [name(9, "a"), name(12, "b")];
    expect(broughtIn([name(1, "a")], now, { first: 8, count: 2 })).toEqual([name(12, "b")]);
    expect(broughtIn([], now, { first: 1, count: 0 })).toEqual(now);
  });

  it("counts only what was written where the old text could not be read", () => {
    const now = [syntax(4, "bad")];
    expect(broughtIn([syntax(9, "worse")], now, { first: 4, count: 1 })).toEqual(now);
    expect(broughtIn([syntax(9, "worse")], now, { first: 5, count: 3 })).toEqual([]);
    expect(broughtIn([syntax(9, "worse")], now, { first: 4, count: 0 })).toEqual([]);
  });
});
