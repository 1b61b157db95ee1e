// The editor's tools: windows, changes and refusals, over files in memory.
import { describe, expect, it } from "vitest";
import { memorySandbox } from "./memorySandbox.ts";
import { desk, numbered } from "./runTool.ts";

describe("open", () => {
  it("shows a short file whole, with its total and numbers", async () => {
    const { run, state } = desk(memorySandbox({ "train.py": "import os\n\nprint(1)\n" }));
    const shown = await run("open train.py");
    expect(shown.text).toBe("[train.py: 3 lines]\n1: import os\n2:\n3: print(1)");
    expect(shown.ok).toBe(true);
    const shown16 = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(state()).toEqual({ openFile: "train.py", firstLine: 1, shown: shown16, cwd: "." });
  });

  it("counts a last line that has no end", async () => {
    expect((await desk(memorySandbox({ a: "one\ntwo" })).run("open a")).text).toBe(
      "[a: 2 lines]\n1: one\n2: two",
    );
  });

  it("says what lies above and below the window", async () => {
    const { run } = desk(memorySandbox({ "long.txt": numbered(250) }));
    const top = (await run("open long.txt")).text.split("\n");
    expect(top.slice(0, 2)).toEqual(["[long.txt: 250 lines]", "1: line 1"]);
    expect(top.slice(-2)).toEqual(["100: line 100", "(150 more lines below)"]);
    expect(top).toHaveLength(102);
    const middle = (await run("open long.txt 120")).text.split("\n");
    expect(middle.slice(0, 3)).toEqual(["[long.txt: 250 lines]", "(103 more lines above)", "104: line 104"]);
    expect(middle.at(-1)).toBe("(47 more lines below)");
    const end = (await run("open long.txt 250")).text.split("\n");
    expect(end.slice(1, 3)).toEqual(["(150 more lines above)", "151: line 151"]);
    expect(end.at(-1)).toBe("250: line 250");
  });

  it("uses the singular for one line above", async () => {
    const { run } = desk(memorySandbox({ "long.txt": numbered(101) }));
    expect((await run("open long.txt 101")).text).toContain("\n(1 more line above)\n2: line 2\n");
  });

  it("takes paths from the shell's directory and cleans them", async () => {
    const { run, state } = desk(memorySandbox({ "src/a.py": "x\n" }), { cwd: "src" });
    expect((await run("open ./a.py")).text).toContain("[src/a.py: 1 line]");
    expect(state().openFile).toBe("src/a.py");
    expect((await run("open ../src//a.py")).ok).toBe(true);
  });

  it("opens a path with blanks in quotes", async () => {
    expect((await desk(memorySandbox({ "my file": "x\n" })).run('open "my file" 1')).ok).toBe(true);
  });

  it.each([
    ["open nothing.py", "There is no file `nothing.py`."],
    ["open data", "`data` is a folder, and only files are opened."],
    ["open ../other", "`../other` lies above the working folder."],
    ["open latin.txt", "`latin.txt` is not UTF-8 text"],
    ["open model.bin", "`model.bin` is a binary file"],
    ["open huge.csv", "`huge.csv` is larger than the 2000000 bytes that the editor takes."],
    ["open data/a 3", "There is no line 3: `data/a` has 2 lines."],
  ])("refuses in words: %s", async (command, words) => {
    const sandbox = memorySandbox({
      "data/a": "1\n2\n",
      "latin.txt": Uint8Array.of(0xe9, 0x0a),
      "model.bin": "a\0b",
      "huge.csv": new Uint8Array(2_000_001).fill(0x61),
    });
    const { run, state } = desk(sandbox, { openFile: "data/a" });
    const shown = await run(command);
    expect(shown.text).toContain(words);
    expect(shown.ok).toBe(false);
    expect(state().openFile).toBe("data/a");
  });

  it("cuts very long lines, never inside a character", async () => {
    const { run } = desk(memorySandbox({ wide: `${"a".repeat(999)}😀${"b".repeat(50)}\nend\n` }));
    const lines = (await run("open wide")).text.split("\n");
    expect(lines[1]).toBe(`1: ${"a".repeat(999)}… (52 more characters)`);
    expect(lines[2]).toBe("2: end");
  });
});

describe("goto", () => {
  it("moves the window to a line, as `open` with a line does", async () => {
    const { run, state } = desk(memorySandbox({ "long.txt": numbered(250) }));
    await run("open long.txt 120");
    const there = state();
    await run("scroll down");
    const shown = await run("goto 120");
    expect(shown.text).toContain("(103 more lines above)\n104: line 104\n");
    expect(state()).toEqual(there);
    expect((await run("goto 251")).text).toBe("There is no line 251: `long.txt` has 250 lines.");
    expect(state()).toEqual(there);
  });

  it("needs an open file", async () => {
    expect((await desk(memorySandbox()).run("goto 1")).text).toBe(
      "No file is open. Use `open <path>` first.",
    );
  });
});

describe("scroll", () => {
  it("moves by a window less two lines and stops at the edges", async () => {
    const { run, state } = desk(memorySandbox({ "long.txt": numbered(250) }));
    await run("open long.txt");
    expect((await run("scroll down")).text).toContain("(98 more lines above)\n99: line 99\n");
    expect(state().firstLine).toBe(99);
    await run("scroll down");
    expect(state().firstLine).toBe(151);
    const end = await run("scroll down");
    expect([end.ok, end.text]).toEqual([false, "The window already shows the end of `long.txt`."]);
    await run("scroll up");
    expect(state().firstLine).toBe(53);
    await run("scroll up");
    expect((await run("scroll up")).text).toBe("The window already shows the beginning of `long.txt`.");
  });

  it("needs an open file, and one that is still there", async () => {
    const sandbox = memorySandbox({ a: "x\n" });
    const { run } = desk(sandbox);
    expect((await run("scroll down")).text).toBe("No file is open. Use `open <path>` first.");
    await run("open a");
    sandbox.files.delete("a");
    expect((await run("scroll down")).text).toBe("There is no file `a`.");
  });
});

describe("create", () => {
  it("makes an empty file and opens it", async () => {
    const sandbox = memorySandbox();
    const { run, state } = desk(sandbox);
    expect((await run("create lib/new.py")).text).toBe("[lib/new.py: 0 lines]\n(the file is empty)");
    expect(sandbox.files.get("lib/new.py")?.byteLength).toBe(0);
    expect(state().openFile).toBe("lib/new.py");
  });

  it("never touches a file that exists", async () => {
    const sandbox = memorySandbox({ "a.py": "keep\n", empty: "" });
    const { run, state } = desk(sandbox);
    expect((await run("create a.py")).text).toBe("`a.py` exists already. Use `open` to look at it.");
    expect((await run("create empty")).ok).toBe(false);
    expect(sandbox.text("a.py")).toBe("keep\n");
    expect(state().openFile).toBe(null);
  });
});

describe("edit", () => {
  const opened = async (text: string | Uint8Array) => {
    const sandbox = memorySandbox({ "a.txt": text });
    const { run, state } = desk(sandbox);
    await run("open a.txt");
    return { sandbox, run, state };
  };

  it("replaces a range, keeps indentation and blank lines, and shows the place", async () => {
    const { sandbox, run } = await opened("def f():\n  return 1\nprint(f())\n");
    const shown = await run("edit 2:2\n    x = 2\n\n    return x\nend_of_edit");
    expect(sandbox.text("a.txt")).toBe("def f():\n    x = 2\n\n    return x\nprint(f())\n");
    expect(shown.text).toBe(
      [
        "Line 2 of `a.txt` replaced by 3 lines. Check the result.",
        "[a.txt: 5 lines]",
        "1: def f():",
        "2:     x = 2",
        "3:",
        "4:     return x",
        "5: print(f())",
      ].join("\n"),
    );
  });

  it("removes lines when none are given, down to an empty file", async () => {
    const { sandbox, run } = await opened("1\n2\n3\n");
    expect((await run("edit 1:2\nend_of_edit")).text).toBe(
      "Lines 1 to 2 of `a.txt` removed.\n[a.txt: 1 line]\n1: 3",
    );
    await run("edit 1:1\nend_of_edit");
    expect(sandbox.text("a.txt")).toBe("");
    expect((await run("edit 1:1\nx\nend_of_edit")).text).toBe(
      "`a.txt` is empty. Use `insert 0` to add lines to it.",
    );
  });

  it("tells one blank line from none", async () => {
    const { sandbox, run } = await opened("1\n2\n");
    await run("edit 2:2\n\nend_of_edit");
    expect(sandbox.text("a.txt")).toBe("1\n\n");
  });

  it("shows only the neighbourhood of a change in a long file", async () => {
    const { run, state } = await opened(numbered(300));
    const lines = (await run("edit 150:151\nnew\nend_of_edit")).text.split("\n");
    expect(lines.slice(1, 4)).toEqual(["[a.txt: 299 lines]", "(141 more lines above)", "142: line 142"]);
    expect(lines.at(-1)).toBe("(141 more lines below)");
    expect(lines.at(-2)).toBe("158: line 159");
    expect(state().firstLine).toBe(142);
  });

  it("ends the last line, keeps Windows line ends and a byte order mark", async () => {
    const { sandbox, run } = await opened("\u{feff}a\r\nb\r\n");
    expect((await run("edit 2:2\nc\nd\nend_of_edit")).text).toContain("2: c\n3: d");
    expect(sandbox.text("a.txt")).toBe("\u{feff}a\r\nc\r\nd\r\n");
    const bare = await opened("a\nb");
    await bare.run("edit 1:1\nz\nend_of_edit");
    expect(bare.sandbox.text("a.txt")).toBe("z\nb\n");
  });

  it.each([
    ["edit 2:1\nx\nend_of_edit", "The range 2:1 runs backwards: give the smaller number first."],
    ["edit 2:4\nx\nend_of_edit", "The range 2:4 does not exist: `a.txt` has 3 lines."],
  ])("refuses and leaves the file alone: %j", async (command, words) => {
    const { sandbox, run } = await opened("1\n2\n3\n");
    const shown = await run(command);
    expect([shown.ok, shown.text]).toEqual([false, words]);
    expect(sandbox.text("a.txt")).toBe("1\n2\n3\n");
  });

  it("refuses a read-only file, and growth beyond what the editor takes", async () => {
    const { sandbox, run } = await opened("1\n");
    sandbox.readOnly.add("a.txt");
    expect((await run("edit 1:1\nx\nend_of_edit")).text).toBe(
      "`a.txt` may not be accessed: it is read-only or not yours.",
    );
    sandbox.readOnly.clear();
    const grown = await run(`insert 1\n${"ä".repeat(1_000_000)}\nend_of_insert`);
    expect(grown.text).toBe(
      "`a.txt` is unchanged: it would grow over the 2000000 bytes that the editor takes.",
    );
    expect(sandbox.text("a.txt")).toBe("1\n");
  });

  it("is refused once where the file has changed since it was seen, and then knows it", async () => {
    const { sandbox, run, state } = await opened("1\n2\n3\n");
    sandbox.files.set("a.txt", Buffer.from("0\n1\n2\n3\n"));
    const shown = await run("edit 2:2\ntwo\nend_of_edit");
    expect(shown.ok).toBe(false);
    expect(shown.text).toBe(
      "Nothing was changed: `a.txt` is not as you saw it last, so line numbers may have moved. " +
        "This is how it is now; look, then edit.\n[a.txt: 4 lines]\n1: 0\n2: 1\n3: 2\n4: 3",
    );
    expect(sandbox.text("a.txt")).toBe("0\n1\n2\n3\n");
    expect((await run("edit 3:3\ntwo\nend_of_edit")).ok).toBe(true);
    expect((await run("insert 0\ntop\nend_of_insert")).ok).toBe(true);
    expect(sandbox.text("a.txt")).toBe("top\n0\n1\ntwo\n3\n");
    sandbox.files.delete("a.txt");
    expect((await run("insert 0\ntop\nend_of_insert")).text).toBe("There is no file `a.txt`.");
    expect(state().openFile).toBe("a.txt");
  });

  it("needs an open file", async () => {
    const shown = await desk(memorySandbox()).run("edit 1:1\nx\nend_of_edit");
    expect(shown.text).toBe("No file is open. Use `open <path>` first.");
  });
});

describe("insert", () => {
  it("adds after a line, at the top, and to an empty file", async () => {
    const sandbox = memorySandbox({ a: "1\n2\n", empty: "" });
    const { run } = desk(sandbox);
    await run("open a");
    expect((await run("insert 1\nx\nend_of_insert")).text).toBe(
      "1 line added to `a` after line 1. Check the result.\n[a: 3 lines]\n1: 1\n2: x\n3: 2",
    );
    expect((await run("insert 0\ntop\nend_of_insert")).text).toContain("1 line added to `a` at the top.");
    expect(sandbox.text("a")).toBe("top\n1\nx\n2\n");
    await run("open empty");
    await run("insert 0\nfirst\nend_of_insert");
    expect(sandbox.text("empty")).toBe("first\n");
  });

  it("refuses a line that is not there, and nothing to insert", async () => {
    const { run } = desk(memorySandbox({ a: "1\n" }), { openFile: "a" });
    expect((await run("insert 2\nx\nend_of_insert")).text).toBe("There is no line 2: `a` has 1 line.");
    expect((await run("insert 1\nend_of_insert")).text).toBe("There are no lines to insert.");
  });
});
