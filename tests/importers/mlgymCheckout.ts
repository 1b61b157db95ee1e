// A small checkout in MLGym's layout, of our own making: a guessing game whose script imports the agent's code, a table with hidden answers, and
// configurations that no task can be made of.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const FILES: Readonly<Record<string, string>> = {
  LICENSE: "Attribution-NonCommercial 4.0 International\n",
  "configs/tasks/countStones.yaml": `
id: countStones
name: Count the stones
description: |-
  Change \`guess.py\`, whose function \`guess(heap)\` says how many stones lie on a heap. Sizes are {x} or so.
task_entrypoint: PythonSubmissionTasks
training_timeout: 60
starter_code:
- data/countStones/guess.py
- data/countStones/heaps.py
- data/countStones/evaluate.py
baseline_paths: [evaluate.py]
baseline_scores:
- Score: 0.5
evaluation_paths: [evaluate.py]
evaluation_read_only: true
`,
  "data/countStones/guess.py": '"""A first guess."""\n\n\ndef guess(heap):\n    return 2\n',
  "data/countStones/heaps.py":
    "import random\n\n\ndef heaps():\n    return [['stone'] * random.randint(1, 4) for _ in range(100)]\n",
  "data/countStones/evaluate.py": `import json

from guess import guess
from heaps import heaps

right = [guess(heap) == len(heap) for heap in heaps()]
print(json.dumps({"Score": sum(right) / len(right), "heaps": len(right)}))
`,
  "configs/datasets/pebbles.yaml": `
name: Pebbles
description: "weight and colour of pebbles"
data_path: data/pebbles/data
is_local: true
`,
  "configs/tasks/pebbles.yaml": `
id: pebbleColours
name: Colours of pebbles
description: |-
  Predict the colour of the pebbles in test.csv. The data:
  {dataset_docs}
  Save \`submission.csv\`.
dataset_configs: [datasets/pebbles.yaml]
task_entrypoint: CSVSubmissionTasks
starter_code:
- data/pebbles/baseline.py
- data/pebbles/evaluate.py
baseline_paths: [baseline.py]
baseline_scores:
- accuracy: 0.5
evaluation_paths: [evaluate.py]
sample_submission: data/pebbles/sample_submission.csv
use_generic_conda: false
`,
  "data/pebbles/data/train.csv": "id,weight,colour\n1,10,grey\n2,90,white\n",
  "data/pebbles/data/test.csv": "id,weight\n3,12\n4,80\n",
  "data/pebbles/data/answers.csv": "id,colour\n3,grey\n4,white\n",
  "data/pebbles/sample_submission.csv": "id,colour\n3,grey\n4,white\n",
  "data/pebbles/baseline.py": `with open("/home/agent/workspace/data/test.csv") as file:
    ids = [line.split(",")[0] for line in file.read().split()[1:]]
with open("submission.csv", "w") as file:
    file.write("id,colour\\n" + "".join("%s,grey\\n" % one for one in ids))
`,
  "data/pebbles/evaluate.py": `import json
import sys


def table(path):
    with open(path) as file:
        return [line.split(",") for line in file.read().split()[1:]]


asked = dict(table(sys.argv[sys.argv.index("--submission_file") + 1]))
truth = table("/home/agent/workspace/data/answers.csv")
print(json.dumps({"accuracy": sum(asked[one] == colour for one, colour in truth) / len(truth)}))
`,
  "configs/tasks/far.yaml": `
id: far
name: Far away
description: "Train on data that is elsewhere. {dataset_docs}"
dataset_configs: [datasets/far.yaml]
task_entrypoint: CSVSubmissionTasks
starter_code: [data/pebbles/evaluate.py]
baseline_scores: [{ accuracy: 0.1 }]
evaluation_paths: [evaluate.py]
`,
  "configs/datasets/far.yaml": "name: Far\ndescription: somewhere\ndata_path: someone/something\n",
  "configs/tasks/broken.yaml": "id: broken\nname: [\n",
  "configs/tasks/gone.yaml": `
id: gone
name: Gone
description: "Its files are not there."
starter_code: [data/gone/evaluate.py]
baseline_scores: [{ accuracy: 0.1 }]
evaluation_paths: [evaluate.py]
`,
  "configs/tasks/outside.yaml": `
id: outside
name: Outside
description: "Its files are elsewhere."
starter_code: [../../etc/passwd]
baseline_scores: [{ accuracy: 0.1 }]
evaluation_paths: [passwd]
`,
  "configs/tasks/unknownClass.yaml": `
id: unknownClass
name: Of no class
description: "Nobody knows how it is judged."
task_entrypoint: GuessworkTasks
baseline_scores: [{ accuracy: 0.1 }]
`,
};

/** Writes the checkout into a new folder of its own and returns that. */
export async function mlgymCheckout(over: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-checkout-"));
  for (const [name, content] of Object.entries({ ...FILES, ...over })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content.replace(/^\n/, ""));
  }
  return folder;
}
