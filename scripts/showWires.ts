// Plays one task in both scaffolds and on all three wires against an LLM double that says the same on each, shows that the same
// actions were done, and prints the prompts that each wire sent, side by side.
//
//   node scripts/showWires.ts [--step 2] [--width 58]
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { readRun } from "../src/store/readRun.ts";
import { pipelineText, SCRIPT } from "./wires/battle.ts";
import { columns, outline } from "./wires/columns.ts";
import { type SeenRequest, startDouble, WIRES } from "./wires/double.ts";

const { values } = parseArgs({
  options: {
    /** The call whose prompts are shown: its history holds so many replies. */
    step: { type: "string", default: "2" },
    /** Characters of a column. */
    width: { type: "string", default: "58" },
  },
});
const step = Number(values.step);
const width = Number(values.width);
const ROOT = fileURLToPath(new URL("..", import.meta.url));

await using double = await startDouble(SCRIPT);
const folder = await mkdtemp(path.join(tmpdir(), "nightshift-wires-"));
try {
  const file = path.join(folder, "wires.yaml");
  await writeFile(file, pipelineText(double));
  const run = path.join(folder, "run");
  await promisify(execFile)(process.execPath, [`${ROOT}/bin/nightshift.js`, "run", file, "--out", run], {
    cwd: folder,
  });
  const reader = await readRun(run);
  const lists: string[] = [];
  for (const rollout of reader.state.rollouts.values()) {
    if (rollout.archive === null) throw new Error(`rollout ${rollout.key} has not ended`);
    const { cell, steps, outcome, provider } = await reader.archive.read(rollout.archive);
    const actions = steps.flatMap((one) => one.actions.map(({ tool, arguments: args }) => ({ tool, args })));
    lists.push(JSON.stringify(actions));
    const { agent, model } = cell;
    const reasoning = agent.reasoningInHistory ?? "none";
    console.log(
      `${agent.scaffold.padEnd(7)} ${model.id.padEnd(17)} ${provider.padEnd(10)} reasoning sent again: ${reasoning.padEnd(5)} ${actions.length} actions, ${outcome.kind}`,
    );
  }
  const same = lists.length === 6 && new Set(lists).size === 1;
  console.log(same ? "\nsame actions in all six rollouts:" : "\nTHE ACTIONS DIFFER:");
  for (const list of new Set(lists)) console.log(outline(JSON.parse(list), 60));
  if (!same) process.exitCode = 1;
  for (const native of [false, true]) {
    console.log(`\n${native ? "native" : "fenced"} scaffold, what call ${step} sent on each wire:\n`);
    console.log(
      columns(
        WIRES.map((wire) => `${wire}\n${shown(wire, native)}`),
        width,
      ),
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function shown(wire: SeenRequest["wire"], native: boolean): string {
  const found = double.requests.find(
    (request) => request.wire === wire && request.native === native && request.step === step,
  );
  if (found === undefined) return "(no such call)";
  const tools = Array.isArray(found.body["tools"]) ? found.body["tools"] : [];
  // One tool shows the form; the others are counted.
  const body = { ...found.body, ...(native ? { tools: [tools[0], `… ${tools.length - 1} more`] } : {}) };
  return outline(body, 44);
}
