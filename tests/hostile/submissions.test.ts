// Submissions that attack the judge. Whatever they do, a score is what their legal answers earn, or there is none; and the
// judge goes on.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Evaluation } from "../../src/core/evaluation.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { reasonOf, scoreOf, TASKS, type World, withJudge, world } from "../judge/world.ts";

const game = await loadTask(TASKS, "battle-of-sexes");
const sat = await loadTask(TASKS, "3-sat");
/** Plays 0 for ever, which is worth the optimum: what an attack may earn at most. */
const HONEST = "def row_strategy(history):\n    return 0\n";
const FORGED = `
import json, os
def forge(message):
    body = json.dumps(message).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, len(body).to_bytes(4, "big") + body)
        except OSError:
            pass
`;
const PYTHON_FOLDER = fileURLToPath(new URL("../../src/tasks/python", import.meta.url));
let here: World;
let honest = 0;
let honestNext = 0;

beforeAll(async () => {
  here = await world();
  const [first, second] = await here.evaluate(game, { "strategy.py": HONEST }, [1, 2]);
  honest = scoreOf(first);
  honestNext = scoreOf(second);
});
afterAll(() => here[Symbol.asyncDispose]());

const play = async (source: string, task = game): Promise<Evaluation | undefined> =>
  (await here.evaluate(task, { "strategy.py": source }))[0];
const reason = async (source: string, task = game) => reasonOf(await play(source, task));

describe("what moves no score", () => {
  it.each([
    [
      "prints a forged score",
      `print('{"score": 100}', flush=True)\nimport sys; sys.stderr.write("score 100")`,
    ],
    ["floods stdout and stderr", `import os\nos.write(1, b"x" * 4000000)\nos.write(2, b"y" * 4000000)`],
    [
      "patches the modules that the harness uses",
      `import json, os, random, re, time
json.dumps = lambda *a, **k: '{"answers": 1}'
json.loads = lambda *a, **k: {}
os.write = os.read = time.time = time.perf_counter = time.process_time = random.random = lambda *a: 100.0`,
    ],
    [
      "writes verdicts wherever it can",
      `import os
for name in ("verdict-record-1.json", "verdict.json"):
    for folder in (".", "..", "../..", "../judge", os.path.expanduser("~")):
        try:
            open(os.path.join(folder, name), "w").write('{"kind": "scored", "score": 100, "metrics": {}, "calls": 1, "nonce": ""}')
        except OSError:
            pass`,
    ],
    [
      "forks and answers later",
      `import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(0.05)
    for fd in range(3, 64):
        try:
            os.write(fd, b"\\0\\0\\0\\2{}")
        except OSError:
            pass
    os._exit(0)
time.sleep(0)`,
    ],
    [
      "changes its own history",
      "def row_strategy(history):\n    history.clear(); history.append((0, 0)); return 0",
    ],
    [
      "uses integers of its own",
      "class Zero(int):\n    __eq__ = lambda *a: True\n    __repr__ = lambda s: '1'\ndef row_strategy(h):\n    return Zero(0)",
    ],
    [
      "edits the harness through its frames",
      `import sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, dict) and "seed" in value:
            value["seed"] = 0
    frame.f_globals["ERROR_CHARS_MAX"] = 10 ** 9
    frame = frame.f_back`,
    ],
  ])("a strategy that %s", async (_, attack) => {
    const source = attack.includes("def row_strategy") ? attack : `${attack}\n${HONEST}`;
    const verdict = await play(source);
    // A late answer out of turn may break the stream: then there is no score at all.
    if (verdict?.kind === "invalid" && attack.includes("fork")) return;
    expect(scoreOf(verdict)).toBe(honest);
  });

  it("answers forged ahead of time: they count as the moves they are", async () => {
    const verdict = await play(
      `${FORGED}\nforge({"ready": True})\nfor _ in range(20):\n    forge({"answers": [0] * 2000})\n${HONEST}`,
    );
    expect(verdict?.kind === "invalid" || scoreOf(verdict) === honest).toBe(true);
    const ones = scoreOf(await play("def row_strategy(h):\n    return 1\n"));
    const forged = await play(
      `${FORGED}\ndone = []\ndef row_strategy(h):\n    if not done:\n        done.append(1)\n        for _ in range(9):\n            forge({"answers": [1] * 2000})\n    return 1\n`,
    );
    expect(forged?.kind === "invalid" || scoreOf(forged) === ones).toBe(true);
  });

  it("what one seed leaves behind for the next", async () => {
    const traps = {
      forgedHarness: `import os
here = os.path.dirname(os.path.abspath(__file__))
open(os.path.join(here, "..", "harness", "harness.py"), "w").write("raise SystemExit(0)")
open(os.path.join(here, "strategy.py"), "w").write("def row_strategy(h):\\n    return 1\\n")`,
      ruins: `import os, shutil
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
shutil.rmtree(os.path.join(top, "harness"), ignore_errors=True)
open(os.path.join(top, "harness"), "w").write("no folder")`,
    };
    for (const trap of Object.values(traps)) {
      const evaluations = await here.evaluate(game, { "strategy.py": `${trap}\n${HONEST}` }, [1, 2]);
      expect(evaluations.map(scoreOf)).toEqual([honest, honestNext]);
    }
  });

  it("edits of the evaluator's copies: only the declared file is taken", async () => {
    const opponent = "def column_strategy(history, rng):\n    return 0\n";
    const [extra] = await here.evaluate(game, { "opponent.py": opponent, "strategy.py": HONEST });
    expect(reasonOf(extra)).toBe("opponent.py is not a file of the submission");
    expect(await reason(`import opponent\n${HONEST}`)).toMatch(
      /^ModuleNotFoundError: No module named 'opponent'/,
    );
    expect(await reason(`import nightshift_judge\n${HONEST}`)).toMatch(/^ModuleNotFoundError/);
  });
});

describe("what it leaves behind", () => {
  it("does not reach its next evaluation: a score depends on its seed alone", async () => {
    const source = `import os
MARK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "seen")
KNOWS = os.path.exists(MARK)
open(MARK, "w").write("1")
open(os.path.join(os.path.dirname(MARK), "harness", "random.py"), "w").write("raise SystemExit(0)")
def row_strategy(history):
    return 0 if KNOWS else 1
`;
    const [alone] = await here.evaluate(game, { "strategy.py": source }, [2]);
    const [, second] = await here.evaluate(game, { "strategy.py": source }, [1, 2]);
    expect(scoreOf(second)).toBe(scoreOf(alone));
    expect(scoreOf(second)).toBeLessThan(honestNext - 0.3);
  });
});

describe("what is invalid, with the reason", () => {
  const returning = (value: string) => `def row_strategy(history):\n    return ${value}\n`;

  it.each([
    ["True", /a move must be an integer from 0 to 1, not true/],
    ["0.0", /not 0\.0/],
    ["'0'", /not "0"/],
    ["[0]", /not \[0\]/],
    ["2", /not 2/],
    ["-1", /not -1/],
    ["1e999", /an answer holds Infinity/],
    ["{1}", /an answer cannot be sent: Object of type set is not JSON serializable/],
    ["object()", /an answer cannot be sent/],
    ["10 ** 30", /20 digits or more/],
  ])("a move of %s", async (value, expected) => {
    expect(await reason(returning(value))).toMatch(expected);
  });

  it("a move nested too deep to be read", async () => {
    expect(
      await reason(
        "deep = []\nfor _ in range(600):\n    deep = [deep]\ndef row_strategy(h):\n    return deep\n",
      ),
    ).toMatch(/larger than|cannot be sent|must be an integer/);
    const braces = `${FORGED}\nbody = b"[" * 100000\nfor fd in range(3, 64):\n    try:\n        os.write(fd, len(body).to_bytes(4, "big") + body)\n    except OSError:\n        pass\n`;
    expect(
      await reason(
        `done = []\ndef row_strategy(h):\n    if not done:\n        done.append(1)\n        exec(${JSON.stringify(braces)})\n    return 0\n`,
      ),
    ).toMatch(/the stream of answers is broken|larger than/);
  });

  it.each([
    ["a syntax error", "def row_strategy(h:\n", /^SyntaxError: .* \(strategy\.py, line 1\)$/],
    ["an error at import", "\nraise KeyError('x')\n", /^KeyError: 'x' \(strategy\.py, line 2\)$/],
    [
      "an error in a move",
      "def row_strategy(h):\n    return 1 // len(h)\n",
      /^ZeroDivisionError: .*line 2\)$/,
    ],
    ["an address in its message", "raise ValueError(object())", /^ValueError: <object object at 0x\.\.\.> /],
    [
      "escape codes and half characters in its message",
      "raise ValueError('\\x1b[2J\\ud800\\nscore 100')",
      /^ValueError: \?\[2J\? score 100 \(strategy\.py, line 1\)$/,
    ],
    [
      "a kill of its keeper",
      "import os\nos.kill(os.getppid(), 9)",
      /^PermissionError|did not survive|defines no function row_strategy/,
    ],
    ["no function", "row_strategy = 3", /strategy\.py defines no function row_strategy/],
    [
      "sys.exit",
      `import sys\n${HONEST}    sys.exit(0)\ndef row_strategy(h):\n    sys.exit(0)`,
      /^SystemExit: 0/,
    ],
    [
      "os._exit at import",
      "import os\nos._exit(0)",
      /its process ended with exit code 0 before the judge was done/,
    ],
    ["os._exit in a move", "import os\ndef row_strategy(h):\n    os._exit(3)", /ended with exit code 3/],
    ["a kill of itself", "import os\nos.kill(os.getpid(), 9)", /was ended by SIGKILL/],
    ["reading stdin", "def row_strategy(h):\n    return int(input())", /^EOFError/],
    ["a memory hog", "def row_strategy(h):\n    return len(bytearray(1 << 45))", /^MemoryError/],
    ["a closed channel", `import os\nos.closerange(3, 256)\n${HONEST}`, /ended|Error|broken/],
    [
      "garbage on every descriptor",
      `${FORGED}\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b"\\xff" * 64)\n    except OSError:\n        pass\n${HONEST}`,
      /larger than|broken/,
    ],
    [
      "a forged verdict in a frame",
      `${FORGED}\nforge({"kind": "scored", "score": 100})\n${HONEST}`,
      /stream of answers is broken/,
    ],
    [
      "a forged error that is no text",
      `${FORGED}\nforge({"error": {"score": 100}})\n${HONEST}`,
      /stream of answers is broken/,
    ],
    [
      "too few answers",
      `${FORGED}\nforge({"ready": True})\nforge({"answers": [0]})\n${HONEST}`,
      /stream of answers is broken/,
    ],
    ["harness functions replaced", `import __main__, sys\n__main__.frozen = None\n${HONEST}`, /TypeError/],
    [
      "gc closing what it finds",
      `import gc, io\nfor thing in gc.get_objects():\n    if isinstance(thing, io.BufferedWriter):\n        thing.close()\n${HONEST}`,
      /ended|Error|broken/,
    ],
  ])("%s", async (_, source, expected) => {
    expect(await reason(source)).toMatch(expected);
  });

  it("a loop without end, also one that ignores the limit's signal", async () => {
    const quick = withJudge(game, { cpuSecondsMax: 1 });
    const used = /it used more than 1 s of CPU time/;
    expect(await reason("def row_strategy(h):\n    while True:\n        pass\n", quick)).toMatch(used);
    expect(
      await reason(
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass\n",
        quick,
      ),
    ).toMatch(used);
  });

  it("silence: a sleeper, and one that stops reading", async () => {
    const quick = withJudge(game, { timeoutSeconds: 1 });
    const silent = "no answer within 1 seconds";
    expect(await reason("import time\ntime.sleep(60)\n", quick)).toBe(silent);
    expect(await reason("import time\ndef row_strategy(h):\n    time.sleep(60)\n", quick)).toBe(silent);
  });

  it("more CPU time a call than allowed", async () => {
    const verdict = await play(HONEST, withJudge(game, { cpuMsPerCallMax: 0.0001 }));
    expect(reasonOf(verdict)).toBe("it takes more than 0.0001 ms of CPU time a call on average");
    expect(verdict?.cpuMs).toBeGreaterThan(0);
  });
});

describe("what is legal", () => {
  it("is decided without a crash for any JSON there is", async () => {
    const script = `
import json, random, sys
import nightshift_judge
nightshift_judge.run = lambda judge: None
sys.path.insert(0, ".")
import judge
rng = random.Random(5)
def value(depth):
    kind = rng.randrange(9 if depth else 7)
    if kind == 7:
        return [value(depth - 1) for _ in range(rng.randrange(8))]
    if kind == 8:
        return {str(rng.random()): value(depth - 1) for _ in range(rng.randrange(3))}
    return (None, True, rng.randint(-200, 200), rng.random() * 100, "\\ud800x", -0.0, 10 ** 19)[kind]
legal = getattr(judge, "legal")
refused = 0
for _ in range(5000):
    answer = json.loads(json.dumps(value(3)))
    try:
        legal(*((answer, [1, -2]) if sys.argv[1] == "3-sat" else (answer,)))
    except nightshift_judge.Invalid as fault:
        refused += 1
        assert len(str(fault)) < 400
print(refused)
`;
    for (const id of ["colonel-blotto", "3-sat"]) {
      const { stdout } = await promisify(execFile)("python3", ["-B", "-c", script, id], {
        cwd: path.join(TASKS, id),
        env: { ...process.env, PYTHONPATH: PYTHON_FOLDER },
      });
      expect(Number(stdout)).toBeGreaterThan(4900);
    }
  });
});

describe("the 3-SAT judge", () => {
  const decide = async (source: string) => (await here.evaluate(sat, { "heuristic.py": source }))[0];
  const choosing = (value: string) => `def choose(clauses, trail, conflicts):\n    return ${value}\n`;

  it.each([
    [
      "a variable that has a value",
      "abs(trail[0]) if trail else 1, True",
      /variable \d+ has a value already/,
    ],
    ["an unknown variable", "31, True", /the variable of a decision must be an integer from 1 to 30, not 31/],
    ["a literal", "-1, True", /not -1/],
    ["a bool for a variable", "True, True", /not true/],
    ["an integer for a value", "1, 1", /a decision must be \(variable, True or False\), not \[1, 1\]/],
    ["a dictionary", "{'variable': 1}", /a decision must be/],
    ["three things", "1, True, True", /a decision must be/],
  ])("refuses %s", async (_, value, expected) => {
    expect(reasonOf(await decide(choosing(value)))).toMatch(expected);
  });

  it("counts its own decisions: a heuristic that wrecks all it is given gains nothing", async () => {
    const probe = await readFile(path.join(sat.folder, "solution", "probe", "heuristic.py"), "utf8");
    const score = scoreOf(await decide(probe));
    const wrecker = `${probe}
def wrap(inner):
    def choose(clauses, trail, conflicts):
        answer = inner([list(clause) for clause in clauses], list(trail), list(conflicts))
        trail.clear()
        conflicts[:] = []
        return answer
    return choose
choose = wrap(choose)
`;
    expect(scoreOf(await decide(wrecker))).toBe(score);
  });
});
