// Language models from counts of bytes after pairs of bytes: shorter contexts where a longer one was seen too little.
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

/** The family of models that predict bytes from counts; null where the starter is none. */
export function countedBytes(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/^def predict\(prefixes\)/m.test(text) || !/\["counts"\]/.test(text)) return null;
  if (!/^ADDED = /m.test(text)) return null;
  return formFamily({
    name: "counted bytes",
    forms: [ADDED, BACKED],
    choose: (skill, draw) => (draw.chance(0.2 + 0.7 * skill) ? BACKED : ADDED),
    guess: (form, skill, draw) =>
      form.constants.map(({ name }) =>
        name === "ADDED" ? 0.001 * 500 ** draw.next() : 0.1 * 300 ** (skill * 0.3 + 0.7 * draw.next()),
      ),
    measure: () => null,
    trace: (draw) => `head -c ${16_000 + draw.below(4000)} /data/train.txt`,
  });
}
