// A run is played and then replayed: the same replies in fresh sandboxes, judged again. `node replay.ts FOLDER` writes both runs there.
import path from "node:path";
import { checkPlan, createWorld, openPlannedRun, planOf, readPipeline } from "nightshift";

const folder = path.resolve(process.argv[2] ?? "output/replayed");
const pipelineFile = path.join(import.meta.dirname, "replay.yaml");
const world = await createWorld();

/** Plays the pipeline with one model. Returns what each rollout handed in, and its scores of record by key. */
async function play(name: string, model: object) {
  const settings = [`cells.models=${JSON.stringify([{ name, ...model }])}`];
  const { pipeline, text } = await readPipeline(pipelineFile, settings);
  const plan = await planOf(world, pipeline);
  const place = await checkPlan(world, plan);
  const run = await openPlannedRun(world, {
    directory: path.join(folder, name),
    plan,
    place,
    create: { text },
  });
  try {
    await run.play(new AbortController().signal);
    return new Map(
      [...run.state.evaluations].map(([key, one]) => [key, one.kind === "scored" ? one.score : null]),
    );
  } finally {
    await run.close();
  }
}

const first = await play("first", { wire: "scripted" });
const again = await play("again", { wire: "replay", run: path.join(folder, "first") });
const isSame = first.size === again.size && [...first].every(([key, score]) => again.get(key) === score);
console.log(`${first.size} evaluations, ${isSame ? "all the same" : "not the same"} in the replay`);
