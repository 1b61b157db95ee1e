// Language models from counts of bytes after pairs of bytes: longer contexts, and shorter ones where a longer one was seen too little.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

const strength = (name: string) => ({ name, count: 1, min: 0.02, max: 60, digits: 2 });

const IMPORTS = `import os

import numpy as np`;

const LOADED = `
HERE = os.path.dirname(os.path.abspath(__file__))
counts = np.load(os.path.join(HERE, "weights.npz"), allow_pickle=False)["counts"]
`.trim();

const ADDED: Form = {
  title: "The same number added to every count.",
  idea: "another number that is added to every count",
  constants: [{ name: "ADDED", count: 1, min: 0.0005, max: 1, digits: 4 }],
  imports: IMPORTS,
  body: `${LOADED}


def predict(prefixes):
    last = np.array([prefix[-2:] for prefix in prefixes])
    found = counts[last[:, 0], last[:, 1]] + ADDED
    return np.log(found / found.sum(axis=1, keepdims=True))
`,
};

const BACKED: Form = {
  title: "Shorter contexts stand in where longer ones were seen too little.",
  idea: "leaning on shorter contexts where longer ones were seen too little",
  constants: [strength("LEAN_PAIR"), strength("LEAN_ONE"), strength("LEAN_NONE")],
  imports: IMPORTS,
  body: `${LOADED}
after_one = counts.sum(axis=0).astype(float)
alone = after_one.sum(axis=0)
alone = (alone + LEAN_NONE / 128) / (alone.sum() + LEAN_NONE)
after_one = (after_one + LEAN_ONE * alone) / (after_one.sum(axis=1, keepdims=True) + LEAN_ONE)


def predict(prefixes):
    last = np.array([prefix[-2:] for prefix in prefixes])
    found = counts[last[:, 0], last[:, 1]] + LEAN_PAIR * after_one[last[:, 1]]
    return np.log(found / found.sum(axis=1, keepdims=True))
`,
};

/** Counts every context of 3 bytes and more by sorting; the last part of the text is left out, where the starter tries models. */
const LONGER: Form = {
  title: "Longer contexts, each leaning on the next shorter one.",
  idea: "longer contexts, each leaning on the next shorter one",
  constants: [
    { name: "ORDER", count: 1, min: 3, max: 7, digits: 0 },
    strength("LEAN_LONG"),
    strength("LEAN_PAIR"),
    strength("LEAN_ONE"),
  ],
  imports: IMPORTS,
  body: `${LOADED}
after_one = counts.sum(axis=0).astype(float)
alone = after_one.sum(axis=0)
alone = (alone + 1) / (alone.sum() + 128)
after_one = (after_one + LEAN_ONE * alone) / (after_one.sum(axis=1, keepdims=True) + LEAN_ONE)

with open(os.path.join(os.environ.get("DATA", "/data"), "train.txt"), "rb") as file:
    text = np.frombuffer(file.read(), dtype=np.uint8).astype(np.int64)
text = text[: len(text) * 19 // 20]


def coded(rows):
    """A number for each row of bytes."""
    code = np.zeros(len(rows[0]), dtype=np.int64)
    for row in rows:
        code = code * 128 + row
    return code


def table(order):
    """The contexts of so many bytes with the byte after them, as sorted numbers, and how often each stands in the text."""
    return np.unique(coded([text[start : len(text) - order + start] for start in range(order + 1)]), return_counts=True)


tables = {order: table(order) for order in range(3, ORDER + 1)}


def predict(prefixes):
    last = np.array([prefix[-2:] for prefix in prefixes])
    found = counts[last[:, 0], last[:, 1]] + LEAN_PAIR * after_one[last[:, 1]]
    found = found / found.sum(axis=1, keepdims=True)
    for order, (codes, times) in tables.items():
        context = coded(np.array([prefix[-order:] for prefix in prefixes], dtype=np.int64).T)
        starts, ends = np.searchsorted(codes, context * 128), np.searchsorted(codes, context * 128 + 128)
        for row, (start, end) in enumerate(zip(starts, ends)):
            if start < end:
                found[row] *= LEAN_LONG
                found[row, codes[start:end] % 128] += times[start:end]
        found /= found.sum(axis=1, keepdims=True)
    return np.log(found)
`,
};

/** The family of models that predict bytes from counts; null where the starter is none. */
export function countedBytes(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/^def predict\(prefixes\)/m.test(text) || !/\["counts"\]/.test(text)) return null;
  if (!/^ADDED = /m.test(text)) return null;
  return formFamily({
    name: "counted bytes",
    forms: [ADDED, BACKED, LONGER],
    choose: (skill, draw) => (draw.chance(0.9 * skill) ? LONGER : draw.chance(0.5) ? BACKED : ADDED),
    guess: (form, skill, draw) =>
      form.constants.map(({ name }) => {
        if (name === "ADDED") return 0.001 * 500 ** draw.next();
        if (name === "ORDER") return 3 + Math.round(3 * draw.next() * (0.4 + 0.6 * skill));
        return 0.1 * 300 ** (0.3 * skill + 0.7 * draw.next());
      }),
    measure: () => null,
    trace: (draw) => `head -c ${16_000 + draw.below(4000)} /data/train.txt`,
  });
}
