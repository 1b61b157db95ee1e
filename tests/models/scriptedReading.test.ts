// How the scripted researcher reads a conversation back: turns, files, versions and scores, and which family a task is of.
import { describe, expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { prng } from "../../src/core/prng.ts";
import { fencedCommand, readConversation } from "../../src/models/scripted/conversation.ts";
import { boardIn } from "../../src/models/scripted/families/allocationGame.ts";
import { familyOf } from "../../src/models/scripted/families/familyOf.ts";
import { manyPayoffsIn } from "../../src/models/scripted/families/manyMoveGame.ts";
import { constantsIn } from "../../src/models/scripted/families/namedConstants.ts";
import { payoffsIn } from "../../src/models/scripted/families/rowGame.ts";
import { keepNotebook } from "../../src/models/scripted/notebook.ts";
import { differingLines, editLines } from "../../src/models/scripted/writing.ts";

const OPENING = `# The task

Write a player. \`row_strategy(history)\` returns the integer 0 or 1. \`python3 play.py [seed]\` plays it.

| row \\ column | 0 | 1 |
|---|---|---|
| **0** | row 4, column 3 | row 0, column 5 |
| **1** | 5, 0 | row 1, column 1 |

# What counts

- Metric: payoff (points), higher is better. The starter files as they are score 2.5; that is the baseline.
- What you hand in: \`player.py\` (at most 65536 bytes). Nothing else of your work is looked at.
- Budget: 12 steps, one for each of your replies; at most 20 seconds for one command; 3 validations.

# The start

Files in the working folder:
- play.py (700 bytes)
- player.py (90 bytes)
[0 of 12 steps used | open file: none | directory: .]`;

/** A conversation after an opening: pairs of a command and what was observed. */
function talk(
  pairs: readonly (readonly [command: string, observation: string, openFile?: string])[],
  opening = OPENING,
) {
  const messages: Message[] = [
    { role: "system", content: "You are a researcher." },
    { role: "user", content: opening },
  ];
  for (const [index, [command, observation, openFile = "none"]] of pairs.entries()) {
    messages.push({
      role: "assistant",
      content: `I think.\n\n\`\`\`\n${command}\n\`\`\``,
      reasoning: [],
      toolCalls: [],
    });
    const state = `[${index + 1} of 12 steps used | open file: ${openFile} | directory: .]`;
    messages.push({
      role: "user",
      content: observation.startsWith("Nothing was carried out") ? observation : `${observation}\n${state}`,
    });
  }
  return keepNotebook(readConversation(messages));
}

describe("reading a conversation", () => {
  it("finds the one fenced command, and none where there are two or none", () => {
    expect(fencedCommand("Words.\n\n```\nedit 1:2\nx\n\nend_of_edit\n```")).toBe(
      "edit 1:2\nx\n\nend_of_edit",
    );
    expect(fencedCommand("````\ncat <<'E'\n```\nE\n````")).toBe("cat <<'E'\n```\nE");
    expect(fencedCommand("```\nls\n```\nand\n```\nls\n```")).toBeNull();
    expect(fencedCommand("ls")).toBeNull();
  });

  it("takes the task's facts from the opening", () => {
    const { brief, stepsLeft, validationsLeft } = talk([["ls", "play.py\nplayer.py"]]);
    expect(brief).toMatchObject({
      metric: "payoff",
      higherIsBetter: true,
      baseline: 2.5,
      submission: "player.py",
      workFile: "player.py",
      measure: "python3 play.py",
      files: ["play.py", "player.py"],
    });
    expect([stepsLeft, validationsLeft]).toEqual([11, 3]);
  });

  it("follows versions with their measurements, validations, failures and returns", () => {
    const first = "def row_strategy(history):\n    return 0\n";
    const second = first.replace("return 0", "return 1");
    const write = (text: string) => `cat > player.py <<'EOF'\n${text}EOF`;
    const notes = talk([
      ["cat player.py", first.trimEnd()],
      ["python3 play.py 2>&1 | tail -n 2", "games 10, mean payoff 2.4000"],
      [write(second), "[no output]"],
      ["python3 play.py 3", "games 10, mean payoff 3.1000"],
      [
        "validate",
        "The submission is valid.\nScore (payoff, higher is better): 3.05\nValidations left: 2 of 3.",
      ],
      [write("broken\n"), "[no output]"],
      [
        "python3 play.py",
        "Traceback (most recent call last):\n  File \"x\"\nNameError: name 'y' is not defined\n[exit code 1]",
      ],
      [write(first), "[no output]"],
    ]);
    expect(notes.versions.map(({ measured, validated }) => [measured, validated])).toEqual([
      [2.4, null],
      [3.1, 3.05],
      [null, null],
    ]);
    expect(notes.versions[2]?.error).toBe("NameError: name 'y' is not defined");
    expect(notes.current.text).toBe(first);
    expect(notes.best.text).toBe(second);
    expect([notes.validationsLeft, notes.lastChange]).toEqual([2, 7]);
  });

  it("applies what the editor, sed and cp did, and nothing of what was refused", () => {
    const opened = "[player.py: 3 lines]\n1: A = 1\n2:\n3: B = 2";
    const notes = talk([
      ["open player.py", opened, "player.py"],
      ["edit 3:3\nB = 5\nC = 6\nend_of_edit", "Line 3 of `player.py` replaced by 2 lines.", "player.py"],
      ["edit 40:41\nx\nend_of_edit", "The range 40:41 does not exist: `player.py` has 4 lines.", "player.py"],
      ["sed -i 's/^A = .*/A = [1, 2]/' player.py", "[no output]", "player.py"],
      ["cp player.py best_player.py", "[no output]", "player.py"],
      ["insert 0\nimport random\nend_of_insert", "1 line added to `player.py` at the top.", "player.py"],
      ["sed -i '4s/B = 5/B = 7/' player.py", "[no output]", "player.py"],
      ["cp nothing.py player.py", "cp: cannot stat 'nothing.py'\n[exit code 1]", "player.py"],
    ]);
    expect(notes.files.get("player.py")).toBe("import random\nA = [1, 2]\n\nB = 7\nC = 6\n");
    expect(notes.files.get("best_player.py")).toBe("A = [1, 2]\n\nB = 5\nC = 6\n");
    expect(notes.openFile).toBe("player.py");
  });

  it("reads a score by its name also where losses are printed before it, and takes a run without an end for a failure", () => {
    const said = "epoch 2, last loss 0.420\naccuracy on held-out training pictures: 0.7673";
    expect(talk([["python3 play.py", said]]).current.measured).toBe(0.7673);
    expect(talk([["python3 play.py", "bits per byte on held-out speeches: 2.9777"]]).current.measured).toBe(
      2.9777,
    );
    const late = "[no output]\n[ended after 20 seconds, the longest that one command may run]";
    expect(talk([["python3 play.py", late]]).current.error).toMatch(/^ended after 20 seconds/);
  });

  it("applies several sed commands of one reply, one a line", () => {
    const notes = talk([
      ["cat player.py", "A = 1\nB_2 = 0.5"],
      ["sed -i 's/^A = .*/A = 4/' player.py\nsed -i 's/^B_2 = .*/B_2 = 1e-3/' player.py", "[no output]"],
    ]);
    expect(notes.files.get("player.py")).toBe("A = 4\nB_2 = 1e-3\n");
  });

  it("counts a refused reply as a turn without a command", () => {
    const notes = talk([["validate", "Nothing was carried out. Your reply holds no fenced block."]]);
    expect(notes.turns).toEqual([
      { command: null, observation: expect.stringContaining("Nothing"), refused: true, openFile: null },
    ]);
    expect(notes.validationsLeft).toBe(3);
  });
});

describe("families", () => {
  it("are known by signatures and tables, not by names", () => {
    expect(familyOf(talk([])).name).toBe("row game");
    const blotto = "`row_strategy(history)` places up to 90 soldiers on five fields.";
    expect(familyOf(talk([], blotto)).name).toBe("allocation game");
    expect(familyOf(talk([], "`choose(clauses, trail, conflicts)` is called")).name).toBe(
      "branching heuristic",
    );
    expect(familyOf(talk([], "`choose(capacity, rooms, item)` is called")).name).toBe("packing heuristic");
    expect(familyOf(talk([], "`choose(history)` takes one of 5 arms")).name).toBe("policy for arms");
    const three = "`row_strategy(history)` returns one of 3 moves.\n";
    const table = "| **0** | 2 | 0 | 1 |\n| **1** | 0 | 3 | 1 |\n| **2** | 0 | 0 | 4 |\n";
    expect(familyOf(talk([], three + table)).name).toBe("game of many moves");
    const tuned = OPENING.slice(OPENING.indexOf("# What counts"));
    expect(familyOf(talk([["cat player.py", "RATE = 0.5\nprint(RATE)"]], tuned)).name).toBe(
      "named constants",
    );
    expect(familyOf(talk([], "Predict the price of houses.")).name).toBe("unknown task");
  });

  it("read payoffs from a table or a constant, and boards from words or constants", () => {
    expect(payoffsIn(OPENING)).toEqual([
      [4, 0],
      [5, 1],
    ]);
    expect(payoffsIn("PAYOFF = ((2, 0), (0, 1))")).toEqual([
      [2, 0],
      [0, 1],
    ]);
    expect(payoffsIn("no table")).toBeNull();
    expect(boardIn("90 soldiers on five fields")).toEqual({ fields: 5, soldiers: 90 });
    expect(boardIn("FIELDS = 7\nSOLDIERS = 40\n")).toEqual({ fields: 7, soldiers: 40 });
    expect(boardIn("many fields")).toBeNull();
  });

  it("read the table of a game of many moves, and the constants that may be changed", () => {
    expect(manyPayoffsIn("PAYOFF = ((1, 2, 3), (-0.5, 0, 1), (2, 2, 2))")).toEqual([
      [1, 2, 3],
      [-0.5, 0, 1],
      [2, 2, 2],
    ]);
    expect(manyPayoffsIn("PAYOFF = ((2, 0), (0, 1))")).toBeNull();
    expect(manyPayoffsIn("PAYOFF = ((1, 2, 3), (1, 2))")).toBeNull();
    const script =
      'SEED = 1\nRATE = 1e-3\nNAME = "x"\nMIX = (0.4, 0.6)\nIS_NUMBER = True\nDEEP = False\n  INNER = 3\n';
    expect(constantsIn(script)).toEqual([
      { name: "RATE", value: "1e-3" },
      { name: "MIX", value: "(0.4, 0.6)" },
      { name: "DEEP", value: "False" },
    ]);
  });

  it("measure with what the task says a round pays, and with its own formulas", () => {
    const player = (text: string, opening: string, files: readonly (readonly [string, string])[]) => {
      const notes = talk(
        files.map(([name, content]) => [`cat ${name}`, content] as const),
        `${OPENING.slice(OPENING.indexOf("# What counts"))}\n${opening}`,
      );
      const change = familyOf(notes).propose(notes, 0.6, prng(1));
      if (change?.kind !== "text") throw new Error(`no proposal: ${text}`);
      const version = { ...notes.current, text: change.text };
      return familyOf(notes).study(notes, version, 0.6, prng(1)) ?? "";
    };
    const board = "`row_strategy(history)` places up to 60 soldiers on three fields.";
    const rules = "FIELDS = 3\nSOLDIERS = 60\nVALUES = (1, 3, 2)\nMAJORITY = False\n";
    const opponent = "def column_strategy(history, rng):\n    return BOOK[0]\n";
    const shared = player("blotto", board, [
      ["simulate.py", rules],
      ["opponent.py", opponent],
    ]);
    expect(shared).toContain("VALUES = (1, 3, 2)");
    expect(shared).toContain("(won - lost) / sum(VALUES)");
    expect(player("equal", board, [["opponent.py", opponent]])).toContain("VALUES = [1] * 3");
    const sat = "`choose(clauses, trail, conflicts)` is called; formulas have 20 variables and 80 clauses.";
    const solver = "def search(clauses, variable_count):\n    yield\n";
    const drawn = "def formula(rng):\n    return []\n";
    const own = player("sat", sat, [
      ["solver.py", solver],
      ["formulas.py", drawn],
    ]);
    expect(own).toContain("from formulas import VARIABLES, formula");
    expect(own).not.toContain("def formula(rng)");
    expect(player("drawn", sat, [["solver.py", solver]])).toContain("VARIABLES = 20");
  });

  it("repair a damaged program from its constants, and refine it near where it was", () => {
    const notes = talk([]);
    const family = familyOf(notes);
    for (let seed = 0; seed < 30; seed++) {
      const draw = prng(seed);
      const change = family.propose(notes, 0.5, draw);
      if (change?.kind !== "text") throw new Error("a row game proposes a text");
      const broken = change.text.replace("):\n", ")\n").replace("random.random()", "random.random(");
      expect(broken).not.toBe(change.text);
      expect(family.repair(broken)).toBe(change.text);
      const version = { text: change.text, measured: 1, validated: null, error: null };
      const refined = family.refine(notes, version, 0.5, draw);
      if (refined?.kind !== "text") throw new Error("a row game refines to a text");
      expect(refined.text.split("\n")[0]).toBe(change.text.split("\n")[0]);
      expect(refined.text).not.toBe(change.text);
    }
  });
});

describe("writing", () => {
  it("says changes as the editor takes them", () => {
    const draw = prng(1);
    expect(differingLines("a\nb\nc\n", "a\nx\ny\nc\n")).toEqual({
      first: 2,
      removed: ["b"],
      added: ["x", "y"],
    });
    expect(editLines("a\nb\nc\n", "a\nx\nc\n", false, draw)).toBe("edit 2:2\nx\nend_of_edit");
    expect(editLines("a\nc\n", "a\nb\nc\n", false, draw)).toBe("insert 1\nb\nend_of_insert");
    expect(editLines("a\nb\n", "a\n", false, draw)).toBe("edit 2:2\nend_of_edit");
    expect(editLines("a\nb\n", "a\nc\n", true, draw)).toMatch(/^edit (?:[2-9]\d|1[2-9]):/);
  });
});
