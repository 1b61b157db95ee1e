// A small family in a folder of its own, for tests to spoil: guess the number, told how far off a guess is.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

export const FAMILY_YAML = `title: Guess the number
domain: games
licence: Apache-2.0
use: train
version: 1
parameters:
  target: { from: 1, to: 9, integer: true, meaning: the number }
  mood: { choices: [calm, hasty], meaning: how it is told }
`;

export const GENERATE = `import json, os, random, sys

out, request = sys.argv[1:3]
with open(request) as file:
    seed = json.load(file)["seed"]
rng = random.Random("guess/%d" % seed)
parameters = {"target": rng.randint(1, 9), "mood": rng.choice(["calm", "hasty"])}
definition = {
    "title": "Guess the number",
    "domain": "games",
    "family": "guess",
    "parameters": parameters,
    "tags": [],
    "licence": "Apache-2.0",
    "metric": {"name": "closeness", "direction": "maximize", "unit": ""},
    "anchors": {"nothing": None, "starter": -parameters["target"], "probe": None, "best": 0, "optimum": 0},
    "sigma": 0,
    "limits": {},
    "resources": {"cpus": 1, "memoryMb": 256, "pids": 32, "diskMb": 16},
    "image": "python",
    "submission": [{"path": "guess.csv", "bytesMax": 1000}],
    "judge": {"kind": "csv", "timeoutSeconds": 20, "cpuSecondsMax": 5, "cpuMsPerCallMax": None},
    "use": "train",
    "validation": 1,
    "mlgym": None,
}
files = {
    "task.yaml": "".join("%s: %s\\n" % (key, json.dumps(value)) for key, value in definition.items()),
    "description.md": "Guess a number from 1 to 9. You have {steps} steps.\\n",
    "judge.py": '''from nightshift_judge import hidden_csv, run


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("answers.csv")}
    guessed = room.submitted_numbers("guess.csv", "id", "number", truth)
    return -abs(float(truth["it"]["number"]) - guessed["it"]), {}


run(judge)
''',
    "hidden/answers.csv": "id,number\\nit,%d\\n" % parameters["target"],
    "workspace/guess.csv": "id,number\\nit,0\\n",
}
for name, text in files.items():
    place = os.path.join(out, name)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "w") as file:
        file.write(text)
`;

/** Lays the family into `tasksRoot/guess/`, with other files where they are given; a null leaves a file out. */
export async function layFamily(
  tasksRoot: string,
  changed: Readonly<Record<string, string | null>> = {},
): Promise<void> {
  const files = { "family.yaml": FAMILY_YAML, "generate.py": GENERATE, ...changed };
  const folder = path.join(tasksRoot, "guess");
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    if (text !== null) await writeFile(path.join(folder, name), text);
  }
}

/** The generator with one part replaced, which must be there. */
export function generator(from: string, to: string): string {
  if (!GENERATE.includes(from)) throw new Error(`"${from}" is not in the generator`);
  return GENERATE.replace(from, to);
}
