// Forged packages for a task that runs hidden tests: they leave early, change how tests are run, or answer what equals everything.
import type { SubmissionContent } from "../submissionOf.ts";
import { around, returning } from "./code.ts";
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
  ["a package that ends its keeper", "import os\nos.kill(os.getppid(), 9)\n"],
];

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
    {
      name: "a package whose answers equal everything",
      files: everywhere((text) => text + returning(EVERYTHING)),
      rule: "noBetter" as const,
    },
  ];
}
