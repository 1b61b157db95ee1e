// A rollout trains for a minute in one action; its orchestrator is killed after it, and the sandbox with it. Resumed, the rollout goes on
// from its snapshot: the training is not run again and no reply is bought twice. Usage: node scripts/longAction.ts [seconds=60]
// [backend]. Exit code 1 if anything ran twice. Last line: one JSON object.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readRun } from "../src/store/readRun.ts";

const COMMAND_LINE = fileURLToPath(new URL("../bin/nightshift.js", import.meta.url));
const seconds = Number(process.argv[2] ?? 60);
const backend = process.argv[3];
/** The call that finds its orchestrator dead: the one behind the action behind the training. */
const DEADLY_CALL = 2;

/** Fits one weight by random search until its time is over, and leaves a line a run: a second line would be a second training. */
const TRAINING = `cat > train.py <<'END'
import json, random, time
random.seed(7)
best, weight, tries, end = 1e9, 0.0, 0, time.monotonic() + ${seconds}
while time.monotonic() < end:
    guess = random.uniform(-5, 5); loss = (guess - 2.5) ** 2; tries += 1
    if loss < best: best, weight = loss, guess
json.dump({"weight": weight, "loss": best, "tries": tries}, open("model.json", "w"))
open("trainings.log", "a").write("trained\\n")
print(f"loss {best:.9f}")
END
python3 train.py`;
const ACTIONS = [TRAINING, "cat model.json", "wc -l < trainings.log; cat model.json", "submit"];

const requestSchema = z.looseObject({ messages: z.array(z.looseObject({ role: z.string() })) });
const bought: number[] = [];
let killOrchestrator = () => {};
const server = createServer(async (request, response) => {
  const { messages } = requestSchema.parse(JSON.parse(await text(request)));
  const step = messages.filter(({ role }) => role === "assistant").length;
  bought.push(step);
  if (step === DEADLY_CALL && bought.filter((one) => one === step).length === 1) {
    killOrchestrator();
    return;
  }
  const content = `Next.\n\`\`\`\n${ACTIONS[step] ?? "submit"}\n\`\`\``;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      id: `reply-${bought.length}`,
      model: "double",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1_000, completion_tokens: 100 },
    }),
  );
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-long-"));
try {
  const file = path.join(folder, "long.yaml");
  await writeFile(
    file,
    `name: long-action
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: double, baseUrls: ["http://127.0.0.1:${port}/v1"] }]
rollouts: { perCell: 1 }
limits: { steps: 8, actionSeconds: ${seconds + 60} }
budgets: { tokens: 10000000 }
${backend === undefined ? "" : `sandbox: { backend: ${backend} }\n`}stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
`,
  );
  const directory = path.join(folder, "run");
  const child = spawn(process.execPath, [COMMAND_LINE, "run", file, "--out", directory], { stdio: "ignore" });
  killOrchestrator = () => {
    if (backend === "docker") removeContainers(directory);
    child.kill("SIGKILL");
  };
  const begunAt = performance.now();
  await once(child, "exit");
  const untilKill = (performance.now() - begunAt) / 1000;
  const resumedAt = performance.now();
  const resumed = spawn(process.execPath, [COMMAND_LINE, "resume", directory], { stdio: "ignore" });
  const [exit] = await once(resumed, "exit");
  const afterResume = (performance.now() - resumedAt) / 1000;

  const { state, archive, events } = await readRun(directory);
  const [rollout] = state.rollouts.values();
  if (rollout?.archive == null) throw new Error("the rollout has no record");
  const { steps, pool } = await archive.read(rollout.archive);
  const takenUp = events.find((event) => event.kind === "rollout-resumed");
  const seen = JSON.stringify(pool[steps[2]?.actions[0]?.result?.message ?? -1] ?? null);
  const trainings = /(\d+)\\n\{/.exec(seen)?.[1];
  const result = {
    exit,
    how: takenUp?.how,
    replayedActions: takenUp?.replayedCount,
    trainings: Number(trainings),
    secondsUntilKill: Math.round(untilKill),
    secondsFromResumeToEnd: Math.round(afterResume),
    secondsSaved: Math.round((takenUp?.savedMs ?? 0) / 1000),
    steps: steps.length,
    calls: bought.length,
    lostInFlight: takenUp?.lostCallCount,
    outcome: rollout.outcome?.kind,
  };
  console.log(JSON.stringify(result));
  const holds =
    exit === 0 &&
    result.trainings === 1 &&
    result.replayedActions === 1 &&
    result.calls === ACTIONS.length + 1;
  process.exitCode = holds ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
}

/** The sandbox is gone, as with a machine: only the snapshot can help. */
function removeContainers(directory: string): void {
  const { runId } = z
    .looseObject({ runId: z.string() })
    .parse(JSON.parse(readFileSync(path.join(directory, "run.json"), "utf8")));
  const ids = spawnSync("docker", ["ps", "-q", "--filter", `label=nightshift.run=${runId}`], {
    encoding: "utf8",
  });
  for (const container of ids.stdout.split("\n").filter(Boolean))
    spawnSync("docker", ["rm", "-f", container]);
}
