// MLGym's actions become commands as its own environment would have taken them.
import { describe, expect, it } from "vitest";
import { parseAction } from "../../src/compat/commands.ts";

describe("an action of MLGym's", () => {
  it.each([
    ['open "a b.py" 12\n', [{ kind: "open", words: ["a b.py", "12"] }]],
    ["goto 7", [{ kind: "goto", words: ["7"] }]],
    ["scroll_down", [{ kind: "scroll", direction: "down" }]],
    ["create x.py", [{ kind: "create", words: ["x.py"] }]],
    ["validate\n", [{ kind: "validate" }]],
    ["exit_format", [{ kind: "exit" }]],
    ["search_dir 'def f' src", [{ kind: "searchDir", words: ["def f", "src"] }]],
    ["ls -a", [{ kind: "shell", command: "ls -a" }]],
    ["open a.py && ls", [{ kind: "shell", command: "open a.py && ls" }]],
  ])("%j", (action, commands) => {
    expect(parseAction(action)).toEqual(commands);
  });

  it("keeps the lines of an edit as they are, blank ones and blanks at their ends too", () => {
    expect(parseAction("edit 3:5\n  x = 1 \n\n  y\nend_of_edit\n")).toEqual([
      { kind: "edit", range: "3:5", text: ["  x = 1 ", "", "  y"] },
    ]);
    expect(parseAction("insert 0\nend_of_insert")).toEqual([{ kind: "insert", after: "0", text: [] }]);
    expect(parseAction("edit 1:2 << 'end_of_edit'\nz\nend_of_edit")).toEqual([
      { kind: "edit", range: "1:2", text: ["z"] },
    ]);
  });

  it("answers an edit without an end as MLGym does, and gives the shell what it would have got", () => {
    expect(parseAction("edit 3:5\nx = 1\n")).toEqual([{ kind: "malformed" }]);
    const glued = "edit 3:5\nx = 1 end_of_edit";
    expect(parseAction(glued)).toEqual([{ kind: "shell", command: glued }]);
    const code = "create new.py\ndef f(x):\n    return x";
    expect(parseAction(code)).toEqual([{ kind: "shell", command: code }]);
  });

  it("takes several commands apart", () => {
    expect(parseAction("open a.py\nedit 1:1\nx\nend_of_edit\nvalidate")).toEqual([
      { kind: "open", words: ["a.py"] },
      { kind: "edit", range: "1:1", text: ["x"] },
      { kind: "validate" },
    ]);
  });
});
