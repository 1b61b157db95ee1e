// The tools that look for things: texts in files, files by name, the outline of a program.
import { describe, expect, it } from "vitest";
import { allTools } from "../../src/tools/toolset.ts";
import { memorySandbox } from "./memorySandbox.ts";
import { desk, numbered } from "./runTool.ts";

const files = {
  "a.py": "import os\nlearning_rate = 1\n",
  "src/b.py": "x\n\n  learning_rate = 2  # (.*)\n",
  "src/deep/a.py": "",
  ".hidden/c.py": "learning_rate\n",
  ".env": "learning_rate\n",
  "model.bin": "learning_rate\0",
};

describe("search_dir", () => {
  it("lists files with their lines in order, and skips hidden and binary ones", async () => {
    const shown = await desk(memorySandbox(files)).run("search_dir learning_rate");
    expect(shown.text).toBe(
      '"learning_rate" in the working folder: 2 matches in 2 files.\n' +
        "a.py (1 match)\n  2: learning_rate = 1\nsrc/b.py (1 match)\n  3: learning_rate = 2  # (.*)",
    );
    expect(shown.ok).toBe(true);
  });

  it("takes the text literally, and a folder", async () => {
    const { run } = desk(memorySandbox(files));
    expect((await run('search_dir "# (.*)" src')).text).toBe(
      '"# (.*)" in `src`: 1 match in 1 file.\nsrc/b.py (1 match)\n  3: learning_rate = 2  # (.*)',
    );
    expect((await run("search_dir absent")).text).toBe('No file in the working folder holds "absent".');
    expect((await run("search_dir os gone")).text).toBe("There is no folder `gone`.");
    expect((await run("search_dir os a.py")).text).toBe(
      "`a.py` is a file. Use `search_file` to look into one.",
    );
  });

  it("looks under the shell's directory, and not beside it where a module is called like one of the library's", async () => {
    const sandbox = memorySandbox({ ...files, "json.py": "raise SystemExit(3)\n" });
    const shown = await desk(sandbox, { cwd: "src" }).run("search_dir learning_rate");
    expect(shown.text).toContain("in `src`: 1 match in 1 file.\nsrc/b.py (1 match)");
  });

  it("bounds files and lines, and counts what it leaves out", async () => {
    const many = Object.fromEntries(Array.from({ length: 103 }, (_, at) => [`f${100 + at}`, "xx\nxx\n"]));
    const lines = (await desk(memorySandbox(many)).run("search_dir xx")).text.split("\n");
    expect(lines[0]).toBe('"xx" in the working folder: 206 matches in 103 files.');
    expect(lines.filter((line) => /^f\d+ \(2 matches\)$/.test(line))).toHaveLength(100);
    expect(lines.filter((line) => /^ {2}\d: xx$/.test(line))).toHaveLength(100);
    expect(lines.at(-1)).toBe("(3 more files; search for something rarer, or in a smaller folder)");
    const wide = memorySandbox({ wide: `${"x".repeat(5_000)}\n`.repeat(120) });
    const shown = (await desk(wide).run("search_dir xx")).text.split("\n");
    expect(shown[2]).toBe(`  1: ${"x".repeat(200)}…`);
    expect(shown.at(-1)).toBe("  (20 more)");
  });
});

describe("search_file", () => {
  it("looks into the file that is named, or into the open one", async () => {
    const { run } = desk(memorySandbox(files));
    expect((await run("search_file os a.py")).text).toBe('"os" in `a.py`: 1 match.\n1: import os');
    expect((await run("search_file os")).text).toBe("No file is open. Name one, or use `open <path>` first.");
    await run("open src/b.py");
    expect((await run("search_file learning_rate")).text).toBe(
      '"learning_rate" in `src/b.py`: 1 match.\n3: learning_rate = 2  # (.*)',
    );
    expect((await run("search_file absent")).text).toBe('No line of `src/b.py` holds "absent".');
  });

  it("names what is no text to search", async () => {
    const { run } = desk(memorySandbox(files));
    expect((await run("search_file x gone.py")).text).toBe("There is no file `gone.py`.");
    expect((await run("search_file x src")).text).toMatch(/^`src` is a folder\. Use `search_dir`/);
    expect((await run("search_file x model.bin")).text).toMatch(/^`model\.bin` is a binary file/);
    expect((await run("search_file x ../other")).text).toMatch(/lies above the working folder/);
  });

  it("lists a bounded number of lines", async () => {
    const shown = (await desk(memorySandbox({ a: numbered(250) })).run("search_file line a")).text.split(
      "\n",
    );
    expect(shown[0]).toBe('"line" in `a`: 250 matches.');
    expect(shown[100]).toBe("100: line 100");
    expect(shown.at(-1)).toBe("(150 more; search for something rarer)");
  });
});

describe("find_file", () => {
  it("finds names and patterns under a folder, hidden ones aside unless they are asked for", async () => {
    const { run } = desk(memorySandbox(files));
    expect((await run("find_file a.py")).text).toBe(
      '"a.py" under the working folder: 2 files.\na.py\nsrc/deep/a.py',
    );
    expect((await run('find_file "*.py" src')).text).toBe(
      '"*.py" under `src`: 2 files.\nsrc/b.py\nsrc/deep/a.py',
    );
    expect((await run("find_file .e*")).text).toContain("1 file.\n.env");
    expect((await run("find_file c.py")).text).toBe('No file under the working folder is called "c.py".');
    expect((await run("find_file src")).text).toBe('No file under the working folder is called "src".');
    expect((await run("find_file a.py gone")).text).toBe("There is no folder `gone`.");
    expect((await run("find_file a.py a.py")).text).toBe("`a.py` is a file, not a folder.");
  });
});

describe("filemap", () => {
  const outline = (text: string, path = "a.py") =>
    desk(memorySandbox({ [path]: text }), {}, allTools).run(`filemap ${path}`);

  it("leaves out the long bodies, methods' too, and keeps the rest with its numbers", async () => {
    const body = "    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a\n";
    const method = body.replaceAll(/^/gm, "    ").replace(/ +$/, "");
    const shown = await outline(
      `import os\n\ndef long(\n    x,\n):\n${body}\ndef short():\n    return 1\n\nclass C:\n    @property\n    def m(self):\n${method}X = 1\n`,
    );
    expect(shown.text.split("\n")).toEqual([
      "[a.py: 23 lines]",
      ...["1: import os", "2:", "3: def long(", "4:     x,", "5: ):", "(lines 6 to 10 left out)", "11:"],
      ...["12: def short():", "13:     return 1", "14:", "15: class C:", "16:     @property"],
      ...["17:     def m(self):", "(lines 18 to 22 left out)", "23: X = 1"],
    ]);
  });

  it("refuses what is no Python, and says where a program cannot be read", async () => {
    expect((await outline("# x\n", "a.md")).text).toMatch(/shows Python files only/);
    const broken = await outline("x = 1\ndef f(:\n");
    expect([broken.ok, broken.text]).toEqual([
      false,
      expect.stringMatching(/\(line 2: .*\)\. Use `open`\.$/),
    ]);
    expect((await outline("")).text).toBe("[a.py: 0 lines]\n(the file is empty)");
  });
});
