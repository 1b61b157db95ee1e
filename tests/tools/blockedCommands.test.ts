// Which commands start a blocked program, however it is written, and which only look like it.
import { describe, expect, it } from "vitest";
import { blockedCommands, refusalOf, withBlocked } from "../../src/tools/blockedCommands.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { simpleCommands } from "../../src/tools/simpleCommands.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { memorySandbox } from "./memorySandbox.ts";

const MLGYM = blockedCommands("mlgym");

describe("a blocked program", () => {
  it.each([
    ["vim a.py"],
    ["  vim"],
    ["cd src && vim a.py"],
    ["ls;git status"],
    ["ls || git log"],
    ["cat a | nano -"],
    ["sleep 1 & git gc"],
    ["ls\ngit push"],
    ["x=1 y='a b' git commit"],
    ["sudo git pull"],
    ["sudo -u root git pull"],
    ["env -i A=1 git pull"],
    ["timeout -s KILL 10 git clone x"],
    ["nice -n 5 git gc"],
    ["time git gc"],
    ["nohup python train.py &"],
    ["sudo nohup ls"],
    ["/usr/bin/git status"],
    ["'git' status"],
    ['"git" status'],
    ["g\\it status"],
    ["gi''t status"],
    ["$'\\x67it' status"],
    ["if true; then git status; fi"],
    ["for i in 1 2; do git gc; done"],
    ["! git diff"],
    ["{ git diff; }"],
    ["(git diff)"],
    ["x=$(git rev-parse HEAD)"],
    ['echo "at $(git rev-parse HEAD)"'],
    ["echo `git rev-parse HEAD`"],
    ["bash -c 'cd x && git gc'"],
    ["bash -lc 'git gc'"],
    ["eval 'git gc'"],
    ["xargs -n 1 git add < files"],
    ["find . -name '*.py' -exec vi {} +"],
    ["cat <<E\ntext\nE\ngit gc"],
    ["diff <(git show a) b"],
    ["2>/dev/null git gc"],
    ["exec git gc"],
    ["git\\\n gc"],
  ])("is found in %j", (command) => {
    expect(refusalOf(command, MLGYM)).toMatch(
      /^`(?:git|vim?|nano|nohup)` is blocked in this environment, so nothing/,
    );
  });

  it.each([
    ["python"],
    ["python3 -i"],
    ["cd src && python3"],
    ["bash"],
    ["/bin/bash"],
    ["bash -l"],
    ["sudo su"],
    ["exit"],
    ["FOO=1 ipython"],
  ])("waits for input in %j", (command) => {
    expect(refusalOf(command, MLGYM)).toMatch(
      /^`\w+` without arguments or input is blocked in this environment/,
    );
  });
});

describe("what only looks like one", () => {
  it.each([
    [""],
    [" \n\t "],
    ["ls git"],
    ["echo vim; cat nano.txt"],
    ["grep -rn git ."],
    ["echo 'a && git b'"],
    ["cat > notes.md <<'E'\ngit status\nvim\nE"],
    ["cat <<-E | wc\n\tgit\n\tE"],
    ["# git status"],
    ["ls # then git"],
    ["python train.py"],
    ["python - <<E\nprint(1)\nE"],
    ["echo 'print(1)' | python3"],
    ["python3 < a.py"],
    ["python3 --version"],
    ["bash run.sh"],
    ["exit 1"],
    ["gitk"],
    ["vimdiff2"],
    ["command -v git"],
    ["which git"],
    ["git() { :; }"],
    ["ls > git"],
    ["PATH=git ls"],
    ["pip install gitpython"],
    ['sed -i "s/vim/x/" a'],
  ])("is let through: %j", (command) => expect(refusalOf(command, MLGYM)).toBeNull());
});

describe("the reader of commands", () => {
  it("gives each simple command as bash would see its words", () => {
    const words = (text: string) => simpleCommands(text).map((one) => one.words.join("|"));
    expect(words("a 'b c' \"d e\"f\\ g; x=1 h >i 2>&1 <j | k")).toEqual(["a|b c|d ef g", "h", "k"]);
    expect(words("a $(b $(c)) `d`")).toEqual(["c", "b|", "d", "a||"]);
    expect(simpleCommands("a < b; c | d; e").map(({ hasInput }) => hasInput)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("comes to an end on whatever there is, in time that does not explode", () => {
    const pieces = [
      "$(",
      "`",
      "'",
      '"',
      "${",
      "<<a ",
      "((",
      "\\",
      "env ",
      "a;",
      "$'",
      "<(",
      "\u00a0",
      "\v",
      "-c",
      "bash -c '",
    ];
    for (const piece of pieces) {
      expect(refusalOf(piece.repeat(60_000), { words: ["git"], alone: [] })).toBeNull();
      expect(refusalOf(`echo ${piece}\ngit`.repeat(3), { words: [], alone: [] })).toBeNull();
    }
    expect(refusalOf(`${"sudo ".repeat(5)}git`, MLGYM)).not.toBeNull();
  });
});

describe("a shell with a list", () => {
  const run = async (command: string) => {
    const sandbox = memorySandbox({});
    const [shell] = withBlocked(toolset, { words: ["git"], alone: [] });
    if (shell === undefined) throw new Error("the toolset has no shell");
    const state = { openFile: "a.py", firstLine: 3, cwd: "src" };
    const context = {
      sandbox,
      actionId: "1",
      state,
      actionTimeoutMs: 1_000,
      outputBytesMax: 1_000,
      signal: new AbortController().signal,
    };
    return { result: await shell.run({ command }, context).catch(() => "ran"), state };
  };

  it("refuses without running anything, and says so in one sentence", async () => {
    const { result, state } = await run("ls && git status");
    expect(result).toEqual({
      kind: "text",
      text: "`git` is blocked in this environment, so nothing of the command was run.",
      state,
      ok: false,
      exitCode: null,
      timedOut: false,
      oomKilled: false,
      cpuMs: 0,
    });
  });

  it("leaves the other tools, and what is explained of them, as they were", () => {
    const tools = withBlocked(toolset, MLGYM);
    expect(tools.map(({ name, description }) => [name, description])).toEqual(
      toolset.map(({ name, description }) => [name, description]),
    );
    expect(tools.slice(1)).toEqual(toolset.slice(1));
    expect(parseCommand(tools, "  ")).toBe("The command is empty.");
  });
});
