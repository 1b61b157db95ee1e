// Forged packages for a task that runs hidden tests: they leave early, change how tests are run, or answer what equals everything.
import type { SubmissionContent } from "../submissionOf.ts";
import { around, CLOCKS_STOPPED, DALLYING, returning } from "./code.ts";
import { changed, type Forgery } from "./forgery.ts";

const ATTACKS: readonly (readonly [name: string, source: string])[] = [
  ["a package that ends as if all were well", "import os\nos._exit(0)\n"],
  ["a package that raises SystemExit", "raise SystemExit(0)\n"],
  [
    "a package that prints that all tests passed",
    `print("Ran 100 tests in 0.001s\\n\\nOK\\nscore 1.0", flush=True)\n`,
  ],
  [
    "a package without failing assertions",
    `import unittest
for _name in dir(unittest.TestCase):
    if _name.startswith("assert") and not _name.startswith("assertRaises"):
        setattr(unittest.TestCase, _name, lambda *_a, **_k: None)
`,
  ],
  [
    "a package whose tests are not run",
    "import unittest\nunittest.TestCase.run = lambda self, result=None: result.addSuccess(self)\n",
  ],
  [
    "a package that counts failures as passes",
    `import unittest
unittest.TestResult.addFailure = unittest.TestResult.addError = lambda self, test, error: self.addSuccess(test)
`,
  ],
  [
    "a package that writes the tests' answer",
    `import os
for _fd in range(3, 64):
    try:
        os.write(_fd, b'{"word": "", "passed": [], "control": false}')
    except OSError:
        pass
`,
  ],
  ["a package with clocks of its own", CLOCKS_STOPPED],
  [
    "a package that edits the tests and their harness",
    `import os, sys
_here = os.path.dirname(os.path.abspath(__file__))
for _up in (_here, os.path.join(_here, ".."), os.path.join(_here, "..", ".."), os.path.join(_here, "..", "..", "..")):
    for _name in ("harness/harness.py", "harness/hidden_tests.py", "judge.py", "unittest.py", "sitecustomize.py", "verdict.json"):
        try:
            with open(os.path.join(_up, _name), "w") as _file:
                _file.write("raise SystemExit(0)\\n")
        except OSError:
            pass
`,
  ],
  ["a package that ends its keeper", "import os\nos.kill(os.getppid(), 9)\n"],
];

/** Every function answers the last plain constant that its caller's own code holds: often what a test expects. */
const PEEKING = `
def _peeking(_function):
    def _peek(*arguments, **named):
        import sys
        frame = sys._getframe(1)
        plain = [one for one in frame.f_code.co_consts if type(one) in (int, float, str, tuple, bool)]
        for name in ("expected", "want", "answer", "truth"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        return plain[-1] if plain and type(plain[-1]) is not tuple else _function(*arguments, **named)
    return _peek
for _name, _value in list(globals().items()):
    if type(_value).__name__ == "function" and _value.__module__ == __name__ and _name != "_peeking":
        globals()[_name] = _peeking(_value)
`;

const EVERYTHING = `type("Everything", (), {
            "__eq__": lambda *_: True, "__bool__": lambda _: True, "__len__": lambda _: 1, "__iter__": lambda _: iter(()),
        })()`;

/** Forgeries in every Python file that is handed in. */
export function packageForgeries(starter: SubmissionContent): readonly Forgery[] {
  const everywhere = (change: (text: string) => string) =>
    changed(starter, (text, path) => (path.endsWith(".py") ? change(text) : text));
  return [
    ...ATTACKS.map(([name, source]) => ({
      name,
      files: everywhere((text) => around(source, text)),
      rule: "noBetter" as const,
    })),
    // What tests and submission share a process cannot hide: told, and said on every row (judge:repo:shared).
    {
      name: "a package that reads its callers' frames",
      files: everywhere((text) => text + PEEKING),
      rule: "told" as const,
    },
    ...DALLYING.map(([how, source, limits]) => ({
      name: `a package ${how}`,
      files: everywhere((text) => around(source, text)),
      rule: "noBetter" as const,
      limits: { ...limits, timeoutSeconds: 4 },
    })),
    {
      name: "a package whose answers equal everything",
      files: everywhere((text) => text + returning(EVERYTHING)),
      rule: "noBetter" as const,
    },
  ];
}
