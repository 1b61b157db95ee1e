import { describe, expect, it } from "vitest";
import { relativePath } from "../../src/integrity/actionText.ts";
import { readShell } from "../../src/integrity/shellText.ts";
import { shell } from "./record.ts";

const words = (command: string) => readShell(command).commands.map((one) => one.words.join(" "));

describe("a shell command as text", () => {
  it.each([
    ["ls -la && cat 'a b.txt' | wc -l; pwd", ["ls -la", "cat a b.txt", "wc -l", "pwd"]],
    ["FOO=1 nohup python x.py > log 2>&1 &", ["python x.py"]],
    ["timeout 60 python -u x.py", ["python -u x.py"]],
    ["(cd a; make)", ["cd a", "make"]],
    ["for i in 1 2; do python x.py $i; done", ["for i in 1 2", "python x.py $i", "done"]],
    ['echo "a > b; c"', ["echo a > b; c"]],
    ["echo 'unfinished", ["echo unfinished"]],
  ])("%s", (command, expected) => {
    expect(words(command)).toEqual(expected);
  });

  it("keeps here-documents and the programs of -c apart from commands", () => {
    const read = readShell("cat > a.py <<'EOF'\nrm -rf /\nEOF\npython -c 'import os'\n");
    expect(read.commands).toEqual([
      { words: ["cat"], into: ["a.py"] },
      { words: ["python", "-c", "import os"], into: [] },
    ]);
    expect(read.bodies).toEqual(["rm -rf /", "import os"]);
  });

  it("reads the commands that a shell is given as a text", () => {
    const within = (command: string) => shell(command).commands.map((one) => one.words.join(" "));
    expect(within("bash -c 'rm opponent.py; ls'")).toContain("rm opponent.py");
    expect(within("/bin/sh <<EOF\nrm opponent.py\nEOF")).toContain("rm opponent.py");
  });

  it.each([
    ["/work/a.py", ".", "a.py"],
    ["/home/agent/workspace/src/../a.py", ".", "a.py"],
    ["../a.py", "src", "a.py"],
    ["./a.py", "/work/src", "src/a.py"],
    ["/etc/passwd", "src", "/etc/passwd"],
    ["../../etc", ".", "../../etc"],
  ])("%s seen from %s is %s", (path, cwd, expected) => {
    expect(relativePath(path, cwd)).toBe(expected);
  });
});
