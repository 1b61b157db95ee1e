// The labels of lexnli against what its sentences mean: every world of a few things in which they could be true or false.
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const TASK = fileURLToPath(new URL("../../tasks/lexnli", import.meta.url));
const run = promisify(execFile);

/** Prints every case whose label in prepare.py is not what follows over all worlds, and how many cases there are. */
const WORLDS = `
import sys; sys.path.insert(0, ${JSON.stringify(path.join(TASK))})
from prepare import COUNTED, STATED

# The premise's kind and the hypothesis's, among five things; each kind has some, and of two kinds the wider has more.
KINDS = {"hypernym": ({0, 1}, {0, 1, 2}), "hyponym": ({0, 1, 2}, {0, 1}), "other": ({0, 1}, {2, 3})}
SAYS = {
    "some": lambda kind, those: bool(kind & those),
    "every": lambda kind, those: kind <= those,
    "no": lambda kind, those: not kind & those,
    "is": lambda kind, it: it in kind,
    "is not": lambda kind, it: it not in kind,
}
subsets = [{thing for thing in range(5) if bits >> thing & 1} for bits in range(32)]


def label(relation, one, two, worlds):
    premise, hypothesis = KINDS[relation]
    found = {SAYS[two](hypothesis, world) for world in worlds if SAYS[one](premise, world)}
    return {(True,): "entailment", (False,): "contradiction"}.get(tuple(found), "neutral")


wrong = [cell for table, worlds in ((COUNTED, subsets), (STATED, range(5))) for cell in table if table[cell] != label(*cell, worlds)]
print(len(COUNTED) + len(STATED), wrong)
`;

it("labels of lexnli follow from what the sentences say, in every case of relation and quantifiers", async () => {
  const { stdout } = await run("python3", ["-I", "-S", "-B", "-c", WORLDS]);
  // Three relations, with three quantifiers or two verbs in each sentence.
  expect(stdout.trim()).toBe(`${3 * 9 + 3 * 4} []`);
});
