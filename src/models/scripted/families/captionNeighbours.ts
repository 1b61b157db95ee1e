// Captions for pictures: the names of the nearest known pictures, and of these the one that is most like the others.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

const NEIGHBOURS: Form = {
  title: "Every picture gets a name from among its nearest neighbours.",
  idea: "colours by parts of the picture, and the name that fits several neighbours",
  constants: [
    { name: "SPLITS", count: 1, min: 0, max: 4, digits: 0 },
    { name: "NEIGHBOURS", count: 1, min: 1, max: 20, digits: 0 },
    { name: "SPREAD", count: 1, min: 0, max: 2, digits: 2 },
    { name: "NEARER", count: 1, min: 0, max: 4, digits: 2 },
  ],
  imports: `import numpy as np
from chrf import chrf_of_one
from pictures import pixels, rows, write`,
  body: `
def features(images):
    fields = 2**SPLITS
    step = images.shape[1] // fields
    parts = images.reshape(len(images), fields, step, fields, step, 3)
    means = parts.mean(axis=(2, 4)).reshape(len(images), -1)
    spread = SPREAD * parts.std(axis=(2, 4)).reshape(len(images), -1)
    return np.concatenate([means, spread], axis=1)


def captions(known, names, asked):
    found = []
    for one in asked:
        distances = np.sqrt(((known - one) ** 2).sum(axis=1)) + 1e-6
        near = np.argsort(distances, kind="stable")[:NEIGHBOURS]
        weights = (distances[near[0]] / distances[near]) ** NEARER
        fits = [sum(w * chrf_of_one(names[a], names[b]) for w, b in zip(weights, near)) for a in near]
        found.append(names[near[int(np.argmax(fits))]])
    return found


def main():
    names, images = [row["name"] for row in rows("train.csv")], pixels("train.npy")
    cut = len(names) * 4 // 5
    known = features(images)
    told = captions(known[:cut], names[:cut], known[cut:])
    print("chrF on training pictures not used: %.4f" % np.mean([chrf_of_one(one, name) for one, name in zip(told, names[cut:])]))
    told = captions(known, names, features(pixels("test.npy")))
    write({row["id"]: caption for row, caption in zip(rows("test.csv"), told)})


if __name__ == "__main__":
    main()
`,
};

/** The family of captions for small pictures, scored by chrF; null where the task is none. */
export function captionNeighbours(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/^def chrf_of_one\(/m.test(text) || !/^def pixels\(/m.test(text)) return null;
  return formFamily({
    name: "captions by neighbours",
    forms: [NEIGHBOURS],
    choose: () => NEIGHBOURS,
    guess: (form, skill, draw) =>
      form.constants.map(({ name, min, max }) => {
        if (name === "SPLITS") return draw.chance(skill) ? 2 + draw.below(2) : draw.below(5);
        if (name === "NEIGHBOURS") return draw.chance(skill) ? 4 + draw.below(8) : 1 + draw.below(20);
        return min + (max - min) * draw.next();
      }),
    measure: () => null,
    trace: (draw) => `tail -n ${200 + draw.below(200)} /data/train.csv`,
  });
}
