// What the file tools must do at every edge that a file can have, in a real sandbox: one table, every tool in every row. A file is opened
// while it is ordinary, then becomes what the row says; what the editor does with the file that it holds open, and with the same file
// opened anew, is both told.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlobStore, Sandbox, SandboxBackend } from "../../src/core/sandbox.ts";
import { allTools } from "../../src/tools/toolset.ts";
import { memoryBlobs, never, PATIENT, spec } from "../sandbox/ground.ts";
import { type Desk, desk } from "../tools/runTool.ts";

/** The tools that act on files, each with a command; `@` stands for the path, quoted. */
const COMMANDS = {
  open: "open @",
  goto: "goto 2",
  scroll: "scroll down",
  edit: "edit 2:2\n22\nend_of_edit",
  insert: "insert 0\n0\nend_of_insert",
  create: "create @",
  search_dir: "search_dir 2",
  search_file: "search_file 2 @",
  find_file: "find_file @",
  filemap: "filemap @",
};
type FileTool = keyof typeof COMMANDS;
/** These work on the open file, so each is tried twice: with the file as opened before it changed, and opened anew. */
const ON_OPEN_FILE: readonly FileTool[] = ["goto", "scroll", "edit", "insert"];

/** How a tool ends: `yes` did what was asked, `no` refused; and what it says. */
type Ending = readonly ["yes" | "no", RegExp];

interface Edge {
  /** Makes the file, which holds the lines 1 to 3, what the row is about. `$f` is its path. */
  readonly make: string;
  readonly path?: string;
  /** With the file opened before it changed. */
  readonly held: Readonly<Record<"goto" | "scroll" | "edit" | "insert", Ending>>;
  readonly says: Readonly<Record<FileTool, Ending>>;
  /** The bytes of the file after `edit` and after `insert`, where they changed it. */
  readonly edited?: string;
  readonly inserted?: string;
}

const EXISTS: Ending = ["no", /exists already\. Use `open`/];
const AT_END: Ending = ["no", /already shows the end/];
const STALE: Ending = ["no", /^Nothing was changed: .* is not as you saw it last[\s\S]*\n\[/];
const FOUND: Ending = ["yes", /: 1 file\.\n/];
const NO_MATCH: Ending = ["yes", /^No file in the working folder holds "2"\./];
const SAW_THREE: Ending = ["yes", /: 3 lines\]\n1: 1\n2: 2\n3: 3$/];
/** Nothing can be held open or opened: all that works on the open file says the same. */
const all = (ending: Ending) => ({ goto: ending, scroll: ending, edit: ending, insert: ending });

const EDGES: Readonly<Record<string, Edge>> = {
  "an empty file": {
    make: ': > "$f"',
    held: {
      goto: ["no", /^There is no line 2: `f\.py` has 0 lines\.$/],
      scroll: AT_END,
      edit: ["no", /is not as you saw it last[\s\S]*\[f\.py: 0 lines\]\n\(the file is empty\)$/],
      insert: STALE,
    },
    says: {
      open: ["yes", /^\[f\.py: 0 lines\]\n\(the file is empty\)$/],
      goto: ["no", /^There is no line 2/],
      scroll: AT_END,
      edit: ["no", /`f\.py` is empty\. Use `insert 0`/],
      insert: ["yes", /^1 line added to `f\.py` at the top\. Check the result\.\n\[f\.py: 1 line\]\n1: 0$/],
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["yes", /^No line of `f\.py` holds "2"\.$/],
      find_file: FOUND,
      filemap: ["yes", /^\[f\.py: 0 lines\]\n\(the file is empty\)$/],
    },
    inserted: "0\n",
  },
  "a last line without its end": {
    make: 'printf "1\\n2" > "$f"',
    held: { goto: ["yes", /\[f\.py: 2 lines\]\n1: 1\n2: 2$/], scroll: AT_END, edit: STALE, insert: STALE },
    says: {
      open: ["yes", /^\[f\.py: 2 lines\]\n1: 1\n2: 2$/],
      goto: ["yes", /2: 2$/],
      scroll: AT_END,
      edit: ["yes", /^Line 2 of `f\.py` replaced by 1 line\.[\s\S]*1: 1\n2: 22$/],
      insert: ["yes", /1: 0\n2: 1\n3: 2$/],
      create: EXISTS,
      search_dir: ["yes", /1 match in 1 file\.\nf\.py \(1 match\)\n {2}2: 2$/],
      search_file: ["yes", /: 1 match\.\n2: 2$/],
      find_file: FOUND,
      filemap: ["yes", /^\[f\.py: 2 lines\]\n1: 1\n2: 2$/],
    },
    edited: "1\n22\n",
    inserted: "0\n1\n2\n",
  },
  "Windows line ends": {
    make: 'printf "1\\r\\n2\\r\\n3\\r\\n" > "$f"',
    held: { goto: SAW_THREE, scroll: AT_END, edit: STALE, insert: STALE },
    says: {
      open: SAW_THREE,
      goto: SAW_THREE,
      scroll: AT_END,
      edit: ["yes", /1: 1\n2: 22\n3: 3$/],
      insert: ["yes", /1: 0\n2: 1\n/],
      create: EXISTS,
      search_dir: ["yes", /\n {2}2: 2$/],
      search_file: ["yes", /\n2: 2$/],
      find_file: FOUND,
      filemap: SAW_THREE,
    },
    edited: "1\r\n22\r\n3\r\n",
    inserted: "0\r\n1\r\n2\r\n3\r\n",
  },
  "a line of a megabyte": {
    make: `python3 -c 'print("1"); print(repr("2" * 1000000)); print("3")' > "$f"`,
    held: {
      goto: ["yes", /… \(999002 more characters\)\n3: 3$/],
      scroll: AT_END,
      edit: STALE,
      insert: STALE,
    },
    says: {
      open: ["yes", /^\[f\.py: 3 lines\]\n1: 1\n2: '2{999}… \(999002 more characters\)\n3: 3$/],
      goto: ["yes", /… \(999002 more characters\)\n3: 3$/],
      scroll: AT_END,
      edit: ["yes", /2: 22\n3: 3$/],
      insert: ["yes", /1: 0\n2: 1\n3: '2{999}…/],
      create: EXISTS,
      search_dir: ["yes", /1 match in 1 file\.\nf\.py \(1 match\)\n {2}2: '2{199}…$/],
      search_file: ["yes", /\n2: '2{199}…$/],
      find_file: FOUND,
      filemap: ["yes", /1: 1\n2: '2{999}…/],
    },
    edited: "1\n22\n3\n",
    inserted: `0\n1\n'${"2".repeat(1_000_000)}'\n3\n`,
  },
  "a binary file": {
    make: 'printf "1\\0002\\n" > "$f"',
    held: all(["no", /`f\.py` is a binary file/]),
    says: {
      open: ["no", /`f\.py` is a binary file, so the editor cannot show or change it\./],
      ...all(["no", /is a binary file/]),
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["no", /is a binary file\. Use `grep -a`/],
      find_file: FOUND,
      filemap: ["no", /is a binary file/],
    },
  },
  "bytes that are no UTF-8": {
    make: 'printf "1\\n2 \\351\\n" > "$f"',
    held: all(["no", /`f\.py` is not UTF-8 text/]),
    says: {
      open: ["no", /is not UTF-8 text/],
      ...all(["no", /is not UTF-8 text/]),
      create: EXISTS,
      search_dir: ["yes", / {2}2: 2 \ufffd$/],
      search_file: ["yes", /\n2: 2 \ufffd$/],
      find_file: FOUND,
      filemap: ["no", /is not UTF-8 text/],
    },
  },
  "a link to a file": {
    make: 'mkdir -p to && mv "$f" to/it.py && ln -s to/it.py "$f"',
    held: all(["no", /`f\.py` is not a regular file/]),
    says: {
      open: ["yes", /^\[to\/it\.py: 3 lines\]\n1: 1\n/],
      goto: ["yes", /^\[to\/it\.py: 3 lines\]/],
      scroll: AT_END,
      edit: ["yes", /^Line 2 of `to\/it\.py` replaced/],
      insert: ["yes", /^1 line added to `to\/it\.py`/],
      create: EXISTS,
      search_dir: ["yes", /1 match in 1 file\.\nto\/it\.py \(1 match\)/],
      search_file: ["yes", /^"2" in `f\.py`: 1 match\.\n2: 2$/],
      find_file: FOUND,
      filemap: ["yes", /^\[to\/it\.py: 3 lines\]\n1: 1\n/],
    },
  },
  "a link out of the workspace": {
    make: 'rm "$f" && ln -s /etc/passwd "$f"',
    held: all(["no", /`f\.py` is not a regular file/]),
    says: {
      open: ["yes", /^\[\/etc\/passwd: \d+ lines?\]\n1: /],
      goto: ["yes", /^\[\/etc\/passwd: /],
      scroll: AT_END,
      edit: ["no", /^`\/etc\/passwd` may not be accessed/],
      insert: ["no", /^`\/etc\/passwd` may not be accessed/],
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["yes", /^(?:"2" in|No line of) `f\.py`/],
      find_file: FOUND,
      filemap: ["no", /^`\/etc\/passwd` cannot be read as Python/],
    },
  },
  "a link to nowhere": {
    make: 'rm "$f" && ln -s gone "$f"',
    held: all(["no", /`f\.py` is not a regular file/]),
    says: {
      open: ["no", /^`f\.py` is a link that leads to no file that you can reach\.$/],
      ...all(["no", /is not a regular file/]),
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["no", /^There is no file `f\.py`\.$/],
      find_file: ["yes", /^No file under the working folder is called "f\.py"\.$/],
      filemap: ["no", /is a link that leads to no file/],
    },
  },
  "a link to itself": {
    make: 'rm "$f" && ln -s "$f" "$f"',
    held: all(["no", /`f\.py` is not a regular file/]),
    says: {
      open: ["no", /is a link that leads to no file/],
      ...all(["no", /is not a regular file/]),
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["no", /^There is no file `f\.py`\.$/],
      find_file: ["yes", /^No file under/],
      filemap: ["no", /is a link that leads to no file/],
    },
  },
  "a read-only file": {
    make: 'chmod 444 "$f"',
    held: {
      goto: SAW_THREE,
      scroll: AT_END,
      edit: ["no", /^`f\.py` may not be accessed: it is read-only or not yours\.$/],
      insert: ["no", /^`f\.py` may not be accessed/],
    },
    says: {
      open: SAW_THREE,
      goto: SAW_THREE,
      scroll: AT_END,
      edit: ["no", /^`f\.py` may not be accessed: it is read-only or not yours\.$/],
      insert: ["no", /^`f\.py` may not be accessed/],
      create: EXISTS,
      search_dir: ["yes", /\n {2}2: 2$/],
      search_file: ["yes", /\n2: 2$/],
      find_file: FOUND,
      filemap: SAW_THREE,
    },
  },
  "a missing file": {
    make: 'rm "$f"',
    held: all(["no", /^There is no file `f\.py`\.$/]),
    says: {
      open: ["no", /^There is no file `f\.py`\.$/],
      ...all(["no", /^There is no file `f\.py`\.$/]),
      create: ["yes", /^\[f\.py: 0 lines\]\n\(the file is empty\)$/],
      search_dir: NO_MATCH,
      search_file: ["no", /^There is no file `f\.py`\.$/],
      find_file: ["yes", /^No file under/],
      filemap: ["no", /^There is no file `f\.py`\.$/],
    },
  },
  "a file that was changed meanwhile": {
    make: 'sed -i "1i one" "$f"',
    held: {
      goto: ["yes", /\[f\.py: 4 lines\]\n1: one\n2: 1\n/],
      scroll: AT_END,
      edit: ["no", /This is how it is now; look, then edit\.\n\[f\.py: 4 lines\]\n1: one\n2: 1\n3: 2\n4: 3$/],
      insert: STALE,
    },
    says: {
      open: ["yes", /\[f\.py: 4 lines\]\n1: one\n/],
      goto: ["yes", /2: 1\n/],
      scroll: AT_END,
      edit: ["yes", /1: one\n2: 22\n3: 2\n4: 3$/],
      insert: ["yes", /1: 0\n2: one\n/],
      create: EXISTS,
      search_dir: ["yes", /\n {2}3: 2$/],
      search_file: ["yes", /\n3: 2$/],
      find_file: FOUND,
      filemap: ["yes", /1: one\n2: 1\n/],
    },
    edited: "one\n22\n2\n3\n",
    inserted: "0\none\n1\n2\n3\n",
  },
  "a folder": {
    make: 'rm "$f" && mkdir "$f"',
    held: all(["no", /`f\.py` is not a regular file\. Use `ls`/]),
    says: {
      open: ["no", /^`f\.py` is a folder, and only files are opened\. Use `ls`/],
      ...all(["no", /is not a regular file/]),
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["no", /^`f\.py` is a folder\. Use `search_dir`/],
      find_file: ["yes", /^No file under/],
      filemap: ["no", /is a folder, and only files are opened/],
    },
  },
  "a pipe that nobody writes into": {
    make: 'rm "$f" && mkfifo "$f"',
    held: all(["no", /`f\.py` is not a regular file/]),
    says: {
      open: ["no", /^`f\.py` is not a regular file, so the editor cannot show or change it\.$/],
      ...all(["no", /is not a regular file/]),
      create: EXISTS,
      search_dir: NO_MATCH,
      search_file: ["no", /^`f\.py` is not a regular file\.$/],
      find_file: ["yes", /^No file under/],
      filemap: ["no", /is not a regular file/],
    },
  },
  "a name beyond ASCII, with blanks": {
    make: ":",
    path: "größe – 文件 🙂.py",
    held: {
      goto: ["yes", /^\[größe – 文件 🙂\.py: 3 lines\]/],
      scroll: AT_END,
      edit: ["yes", /^Line 2 of `größe – 文件 🙂\.py` replaced/],
      insert: ["yes", /^1 line added/],
    },
    says: {
      open: ["yes", /^\[größe – 文件 🙂\.py: 3 lines\]/],
      goto: ["yes", /3 lines\]/],
      scroll: AT_END,
      edit: ["yes", /2: 22\n3: 3$/],
      insert: ["yes", /1: 0\n2: 1\n/],
      create: EXISTS,
      search_dir: ["yes", /\ngröße – 文件 🙂\.py \(1 match\)\n {2}2: 2$/],
      search_file: ["yes", /^"2" in `größe – 文件 🙂\.py`: 1 match\.\n2: 2$/],
      find_file: ["yes", /1 file\.\ngröße – 文件 🙂\.py$/],
      filemap: ["yes", /^\[größe – 文件 🙂\.py: 3 lines\]/],
    },
    edited: "1\n22\n3\n",
    inserted: "0\n1\n2\n3\n",
  },
  "a file larger than the editor takes": {
    make: `python3 -c 'print("2\\n" * 1100000, end="")' > "$f"`,
    held: all(["no", /^`f\.py` is larger than the 2000000 bytes/]),
    says: {
      open: ["no", /^`f\.py` is larger than the 2000000 bytes that the editor takes\. Look at parts/],
      ...all(["no", /larger than/]),
      create: EXISTS,
      search_dir: [
        "yes",
        /1100000 matches in 1 file\.\nf\.py \(1100000 matches\)\n[\s\S]*\n {2}\(1099900 more\)$/,
      ],
      search_file: [
        "yes",
        /: 1100000 matches\.\n1: 2\n[\s\S]*\n\(1099900 more; search for something rarer\)$/,
      ],
      find_file: FOUND,
      filemap: ["no", /larger than/],
    },
  },
  "a file larger than a search takes": {
    make: `python3 -c 'print("2\\n" * 5500000, end="")' > "$f"`,
    held: all(["no", /larger than/]),
    says: {
      open: ["no", /larger than/],
      ...all(["no", /larger than/]),
      create: EXISTS,
      search_dir: [
        "yes",
        /^No file in the working folder holds "2"\.\n\(files that are too large or not readable were left out: 1\)$/,
      ],
      search_file: ["no", /^`f\.py` is too large or not readable\. Use `grep`/],
      find_file: FOUND,
      filemap: ["no", /larger than/],
    },
  },
};

/** The suite for one backend. */
export function toolsContract(
  name: string,
  makeBackend: (blobs: BlobStore) => Promise<SandboxBackend>,
): void {
  describe(`tools contract: ${name}`, () => {
    let backend: SandboxBackend;
    let sandbox: Sandbox;
    let made = 0;

    beforeAll(async () => {
      backend = await makeBackend(memoryBlobs());
      sandbox = await backend.create(spec(), never);
    });
    afterAll(async () => {
      await sandbox[Symbol.asyncDispose]();
    });

    /** A fresh workspace with the ordinary file opened, then what the row makes of it. */
    async function at(
      edge: Edge,
    ): Promise<{ desk: Desk; path: string; command: (tool: FileTool) => string }> {
      const path = edge.path ?? "f.py";
      const script = async (text: string) => {
        const done = await sandbox.shell(`make ${made++}`, `f='${path}'\n${text}`, PATIENT);
        expect(done.exitCode, done.output).toBe(0);
      };
      await script('find . -mindepth 1 -delete; printf "1\\n2\\n3\\n" > "$f"');
      const fresh = desk(sandbox, {}, allTools);
      expect(await fresh.run(`open '${path}'`)).toMatchObject({ ok: true });
      await script(edge.make);
      return { desk: fresh, path, command: (tool) => COMMANDS[tool].replace("@", `'${path}'`) };
    }

    async function tried(here: Awaited<ReturnType<typeof at>>, tool: FileTool, [ends, words]: Ending) {
      const before = here.desk.state();
      const { ok, text } = await here.desk.run(here.command(tool));
      expect({ tool, ends: ok ? "yes" : "no" }, text.slice(0, 500)).toEqual({ tool, ends });
      expect(text.length < 5_000 ? text : `${text.slice(0, 2_500)}${text.slice(-2_500)}`).toMatch(words);
      expect(here.desk.state().cwd).toBe(before.cwd);
      if (!ok) expect(here.desk.state().openFile).toBe(before.openFile);
    }

    describe.each(Object.entries(EDGES))("%s", (_, edge) => {
      it("is told in words by every tool that looks, and never opened by mistake", async () => {
        const here = await at(edge);
        for (const tool of ["open", "search_dir", "search_file", "find_file", "filemap", "create"] as const)
          await tried(here, tool, edge.says[tool]);
      });

      it("is no trap for the file that is open already", async () => {
        for (const [tool, ending] of Object.entries(edge.held)) {
          const known = ON_OPEN_FILE.find((one) => one === tool);
          if (known === undefined) throw new Error(`${tool} does not work on the open file`);
          await tried(await at(edge), known, ending);
        }
      });

      it("is changed as asked, or not at all", async () => {
        for (const tool of ON_OPEN_FILE) {
          const here = await at(edge);
          await here.desk.run(here.command("open"));
          const look = async () => (await sandbox.shell(`look ${made++}`, LOOK, PATIENT)).output;
          const before = await look();
          await tried(here, tool, edge.says[tool]);
          const wanted = tool === "edit" ? edge.edited : tool === "insert" ? edge.inserted : undefined;
          if (wanted !== undefined) {
            expect(Buffer.from(await sandbox.read(here.path, 2_000_000)).equals(Buffer.from(wanted))).toBe(
              true,
            );
          } else if (edge.says[tool][0] === "no") expect(await look()).toBe(before);
        }
      });
    });

    it("knows every tool that works on files", () => {
      const others = ["shell", "validate", "submit", "forfeit"];
      const rerun = allTools.filter(({ name: tool, replay }) => replay === "rerun" && !others.includes(tool));
      expect(Object.keys(COMMANDS)).toEqual(expect.arrayContaining(rerun.map(({ name: tool }) => tool)));
    });
  });
}

/** Everything in the workspace with kind, permissions, size and content. */
const LOOK = "find . -mindepth 1 -printf '%p %y %m %s %l\\n' | sort; find . -type f -exec md5sum {} + | sort";
