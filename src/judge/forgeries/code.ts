// Forged programs for a task that calls a function or plays a policy: the starter's own work, with an attack on the judge around it.
import type { SubmissionContent } from "../submissionOf.ts";
import { changed, type Forgery } from "./forgery.ts";

const VERDICT = `{"kind": "scored", "score": 1e9, "metrics": {}, "calls": 1, "nonce": ""}`;

/** Stop every clock that a program can reach, and lift every limit that it may. */
export const CLOCKS_STOPPED = `import resource, signal, time
for _name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, _name, lambda: 0.0)
    setattr(time, _name + "_ns", lambda: 0)
time.sleep = lambda _: None
try:
    signal.setitimer(signal.ITIMER_REAL, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError):
    pass
`;

/** Runs before the starter's own lines. */
const BEFORE: readonly (readonly [name: string, source: string])[] = [
  [
    "a program that prints a score",
    `print('{"score": 1e9}', flush=True)\nprint("Score: 1000000000.0", flush=True)\n`,
  ],
  [
    "a program that writes verdicts",
    `import os
for _folder in (".", "..", "../..", "../judge", os.path.expanduser("~"), "/tmp"):
    for _name in ["verdict.json"] + ["verdict-%s-%d.json" % (p, s) for p in ("record", "validation") for s in range(12)]:
        try:
            with open(os.path.join(_folder, _name), "w") as _file:
                _file.write('${VERDICT}')
        except OSError:
            pass
`,
  ],
  [
    "a program that edits the judge's copies",
    `import os
_here = os.path.dirname(os.path.abspath(__file__))
for _up in (_here, os.path.join(_here, ".."), os.path.join(_here, "..", "..")):
    for _name in ("judge.py", "nightshift_judge.py", "harness/harness.py", "harness/hidden_tests.py", "hidden/key"):
        try:
            with open(os.path.join(_up, _name), "w") as _file:
                _file.write("raise SystemExit(0)\\n")
        except OSError:
            pass
`,
  ],
  ["a program with clocks of its own", CLOCKS_STOPPED],
  [
    "a program that patches the harness's modules",
    `import json, os, random
json.dumps = lambda *a, **k: '{"answers": 1}'
json.loads = lambda *a, **k: {}
os.write = os.read = random.seed = lambda *a: 0
`,
  ],
  [
    "a program that answers with a verdict",
    `import os
_body = b'${VERDICT}'
for _fd in range(3, 64):
    try:
        os.write(_fd, len(_body).to_bytes(4, "big") + _body)
    except OSError:
        pass
`,
  ],
];

/** Hold the judge up, or use it up. */
export const DALLYING: readonly (readonly [
  name: string,
  source: string,
  limits: NonNullable<Forgery["limits"]>,
])[] = [
  ["that sleeps", "import time\ntime.sleep(100000)\n", { timeoutSeconds: 4 }],
  ["that computes without end", "while True:\n    pass\n", { timeoutSeconds: 60, cpuSecondsMax: 2 }],
  [
    "that stops its clocks and computes without end",
    `${CLOCKS_STOPPED}while True:\n    pass\n`,
    { timeoutSeconds: 60, cpuSecondsMax: 2 },
  ],
];

/** Every function of the starter looks through its callers' variables for answers before it works out one of its own. */
const PEEKING = `
def _peeking(_function):
    def _peek(*arguments, **named):
        import gc, sys
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_globals is globals():
                frame = frame.f_back
                continue
            for holder in [frame.f_locals, frame.f_globals] + [v for v in frame.f_locals.values() if isinstance(v, dict)]:
                for name in ("answers", "truth", "labels", "targets", "expected", "solution", "opponent", "column"):
                    value = holder.get(name)
                    if type(value) in (int, float, str, list, tuple):
                        return value
            frame = frame.f_back
        if not hasattr(_peeking, "seen"):
            _peeking.seen = [o for o in gc.get_objects() if isinstance(o, dict) and ("truth" in o or "labels" in o)]
            for holder in _peeking.seen:
                return holder.get("truth", holder.get("labels"))
        return _function(*arguments, **named)
    return _peek
for _name, _value in list(globals().items()):
    if type(_value).__name__ == "function" and _value.__module__ == __name__ and _name != "_peeking":
        globals()[_name] = _peeking(_value)
`;

/** Every function of the starter gives what `rule` makes of its answers so far. */
const REMEMBERING = (rule: string) => `
def _remembering(_function):
    _answers = []
    def _remember(*arguments, **named):
        _answers.append(_function(*arguments, **named))
        return ${rule}
    return _remember
for _name, _value in list(globals().items()):
    if type(_value).__name__ == "function" and _value.__module__ == __name__ and _name != "_remembering":
        globals()[_name] = _remembering(_value)
`;

const AFTER: readonly (readonly [name: string, source: string, rule: Forgery["rule"]])[] = [
  ["a program that reads its callers' variables", PEEKING, "noBetter"],
  ["a program that always answers what it answered first", REMEMBERING("_answers[0]"), "told"],
  [
    "a program that gives the answers of other calls",
    REMEMBERING("_answers[max(0, len(_answers) - 2)]"),
    "told",
  ],
];

const LEAVING: readonly (readonly [name: string, source: string])[] = [
  ["a program that ends as if all were well", "import os\nos._exit(0)\n"],
  ["a program that raises SystemExit", "raise SystemExit(0)\n"],
];

/** Every function of the starter returns this instead. */
const RETURNS: readonly (readonly [name: string, value: string, rule: Forgery["rule"]])[] = [
  ["a program that answers NaN", "float('nan')", "invalid"],
  ["a program that answers infinity", "float('inf')", "invalid"],
  ["a program that answers nothing", "None", "noBetter"],
  ["a program that answers a list of the wrong length", "[0] * 17", "noBetter"],
  ["a program that answers a long text", "'x' * 100000", "noBetter"],
  ["a program that answers a number without end", "10 ** 400", "noBetter"],
  [
    "a program that answers an object of its own",
    "type('Best', (), {'__eq__': lambda *_: True})()",
    "noBetter",
  ],
];

/** Forgeries around the first file of the submission, the one that the harness imports. */
export function codeForgeries(
  starter: SubmissionContent,
  hiddenModules: readonly string[],
): readonly Forgery[] {
  const [first] = starter.keys();
  const inFirst = (change: (text: string) => string) =>
    changed(starter, (text, path) => (path === first ? change(text) : text));
  return [
    ...BEFORE.map(([name, source]) => ({
      name,
      files: inFirst((text) => around(source, text)),
      rule: "noBetter" as const,
    })),
    {
      name: "a program that replaces the opponent and the cases",
      files: inFirst((text) => around(replacing(hiddenModules), text)),
      rule: "noBetter" as const,
    },
    ...AFTER.map(([name, source, rule]) => ({ name, files: inFirst((text) => text + source), rule })),
    ...DALLYING.map(([how, source, limits]) => ({
      name: `a program ${how}`,
      files: inFirst((text) => around(source, text)),
      rule: "invalid" as const,
      limits,
    })),
    ...LEAVING.map(([name, source]) => ({
      name,
      files: inFirst((text) => around(source, text)),
      rule: "invalid" as const,
    })),
    ...RETURNS.map(([name, value, rule]) => ({
      name,
      files: inFirst((text) => text + returning(value)),
      rule,
    })),
  ];
}

/** Files and modules with the names of hidden ones, that give way to whoever plays against them. */
function replacing(hiddenModules: readonly string[]): string {
  return `import os, sys
_here = os.path.dirname(os.path.abspath(__file__))
_text = "import random\\ndef __getattr__(name):\\n    return lambda *a, **k: 0\\n"
for _module in ${JSON.stringify(hiddenModules)}:
    _meek = type(sys)(_module)
    exec(_text, _meek.__dict__)
    sys.modules[_module] = sys.modules["hidden." + _module] = _meek
    for _folder in (_here, os.path.join(_here, "hidden"), os.path.join(_here, "..", "hidden"), os.path.join(_here, "..", "harness"), "/work/hidden"):
        try:
            os.makedirs(_folder, exist_ok=True)
            with open(os.path.join(_folder, _module + ".py"), "w") as _file:
                _file.write(_text)
        except OSError:
            pass
`;
}

/** An attack before a program; after it where the program must begin with its own first lines. */
export function around(attack: string, program: string): string {
  return /^from __future__/m.test(program) ? `${program}\n${attack}` : `${attack}\n${program}`;
}

/** Lines that replace every function of the module they stand in. */
export function returning(value: string): string {
  return `
for _name, _value in list(globals().items()):
    if type(_value).__name__ == "function" and _value.__module__ == __name__:
        globals()[_name] = lambda *_a, **_k: ${value}
`;
}
