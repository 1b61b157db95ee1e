// Forged programs for a task that calls a function or plays a policy: the starter's own work, with an attack on the judge around it.
import type { SubmissionContent } from "../submissionOf.ts";
import { changed, type Forgery } from "./forgery.ts";

const VERDICT = `{"kind": "scored", "score": 1e9, "metrics": {}, "calls": 1, "nonce": ""}`;

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

const LEAVING: readonly (readonly [name: string, source: string])[] = [
  ["a program that ends as if all were well", "import os\nos._exit(0)\n"],
  ["a program that raises SystemExit", "raise SystemExit(0)\n"],
];

/** Every function of the starter returns this instead. */
const RETURNS: readonly (readonly [name: string, value: string, rule: Forgery["rule"]])[] = [
  ["a program that answers NaN", "float('nan')", "invalid"],
  ["a program that answers infinity", "float('inf')", "invalid"],
  ["a program that answers nothing", "None", "noBetter"],
  ["a program that answers a long text", "'x' * 100000", "noBetter"],
  ["a program that answers a number without end", "10 ** 400", "noBetter"],
  [
    "a program that answers an object of its own",
    "type('Best', (), {'__eq__': lambda *_: True})()",
    "noBetter",
  ],
];

/** Forgeries around the first file of the submission, the one that the harness imports. */
export function codeForgeries(starter: SubmissionContent): readonly Forgery[] {
  const [first] = starter.keys();
  const inFirst = (change: (text: string) => string) =>
    changed(starter, (text, path) => (path === first ? change(text) : text));
  return [
    ...BEFORE.map(([name, source]) => ({
      name,
      files: inFirst((text) => around(source, text)),
      rule: "noBetter" as const,
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
