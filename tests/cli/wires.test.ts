// One task played in both scaffolds and on all three wires against a double that says the same on each: the same actions, and on
// each wire the prompt in its own form.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pipelineText, SCRIPT } from "../../scripts/wires/battle.ts";
import { type Double, type SeenRequest, startDouble, WIRES } from "../../scripts/wires/double.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { checkDataset } from "../../src/dataset/checkDataset.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import type { TrajectoryRow } from "../../src/dataset/schema.ts";
import { readRun } from "../../src/store/readRun.ts";
import { nightshift } from "./nightshift.ts";

let double: Double;
let folder = "";
const played: Trajectory[] = [];

beforeAll(async () => {
  double = await startDouble(SCRIPT);
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-wires-"));
  await writeFile(path.join(folder, "wires.yaml"), pipelineText(double));
  const { exitCode, stderr } = await nightshift(["run", "wires.yaml", "--out", "run"], { cwd: folder });
  expect(exitCode, stderr).toBe(0);
  const reader = await readRun(path.join(folder, "run"));
  for (const { archive } of reader.state.rollouts.values()) {
    if (archive !== null) played.push(await reader.archive.read(archive));
  }
}, 120_000);
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const sent = (wire: SeenRequest["wire"], native: boolean, step: number) => {
  const found = double.requests.find(
    (request) => request.wire === wire && request.native === native && request.step === step,
  );
  return JSON.parse(JSON.stringify(found?.body));
};

describe("both scaffolds on all three wires", () => {
  it("do the same, and are scored the same", () => {
    expect(played).toHaveLength(6);
    const wanted = SCRIPT.map(({ call }) => ({ tool: call.name, arguments: call.arguments }));
    for (const { steps, outcome, cell } of played) {
      const actions = steps.flatMap((step) =>
        step.actions.map(({ tool, arguments: args }) => ({ tool, arguments: args })),
      );
      expect(actions, `${cell.agent.scaffold} ${cell.model.id}`).toEqual(wanted);
      expect(outcome).toEqual({ kind: "submitted" });
    }
    expect(new Set(played.map(({ finalSubmission }) => finalSubmission)).size).toBe(1);
    expect(new Set(played.map(({ bestValidated }) => bestValidated?.score)).size).toBe(1);
    expect(new Set(played.map(({ key }) => key)).size).toBe(6);
  });

  it("send each step's prompt in the wire's own form, reasoning as it came", () => {
    expect(double.requests).toHaveLength(6 * SCRIPT.length);
    const first = SCRIPT[0];
    expect(sent("openai", true, 1).messages[2]).toEqual({
      role: "assistant",
      content: first?.says,
      tool_calls: [
        { id: "call_0", type: "function", function: { name: "shell", arguments: '{"command":"ls -la"}' } },
      ],
      reasoning_content: first?.thinks,
    });
    expect(sent("openaiResponses", true, 1).input.slice(2, 5)).toEqual([
      {
        type: "reasoning",
        id: "rs_0",
        summary: [{ type: "summary_text", text: first?.thinks }],
        encrypted_content: "encrypted-0",
      },
      { type: "message", role: "assistant", content: first?.says },
      { type: "function_call", call_id: "call_0", name: "shell", arguments: '{"command":"ls -la"}' },
    ]);
    expect(sent("anthropic", true, 1).messages[1]).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", thinking: first?.thinks, signature: "signature-0" },
        { type: "text", text: first?.says },
        { type: "tool_use", id: "call_0", name: "shell", input: { command: "ls -la" } },
      ],
    });
    expect(sent("anthropic", true, 1).messages[2].content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "call_0",
        content: expect.stringContaining("strategy.py"),
        cache_control: { type: "ephemeral" },
      },
    ]);
    for (const wire of WIRES) expect(sent(wire, false, 1)).not.toHaveProperty("tools");
  });

  it("extend each prompt byte for byte in their histories", () => {
    for (const wire of WIRES) {
      for (const native of [false, true]) {
        const key = wire === "openaiResponses" ? "input" : "messages";
        const histories = SCRIPT.map((_, step) =>
          JSON.stringify(sent(wire, native, step)[key])
            .replaceAll(/,"cache_control":\{[^}]*\}/g, "")
            .slice(0, -1),
        );
        for (const [at, text] of histories.entries()) {
          expect(text.startsWith(histories[at - 1] ?? ""), `${wire} ${native} ${at}`).toBe(true);
        }
      }
    }
  });

  it("become rows that say what they are, and train as one conversation each", async () => {
    const checks = await checkDataset(path.join(folder, "run/dataset"));
    expect(checks.filter(({ problem }) => problem !== null)).toEqual([]);
    const rows = played.map(({ key, cell, provider }) => ({ key, cell, provider }));
    const dataset = await openDataset(path.join(folder, "run/dataset"));
    const kinds: string[] = [];
    const rollouts: TrajectoryRow[] = [];
    for (const split of dataset.splits) {
      for await (const { trajectory } of dataset.rollouts(split)) rollouts.push(trajectory);
    }
    for (const trajectory of rollouts) {
      const { tool_format, reasoning_in_history, reasoning_visibility, context_mode } = trajectory;
      const cell = rows.find(({ key }) => key === trajectory.trajectory_id)?.cell;
      kinds.push(
        `${cell?.agent.scaffold} ${cell?.model.id}: ${tool_format} ${reasoning_in_history} ${reasoning_visibility} ${context_mode}`,
      );
    }
    expect(kinds.sort()).toEqual([
      "fenced double-chat: text all visible append_only",
      "fenced double-messages: text all summarised append_only",
      "fenced double-responses: text all summarised append_only",
      "native double-chat: native all visible append_only",
      "native double-messages: native all summarised append_only",
      "native double-responses: native all summarised append_only",
    ]);
    const shown = await nightshift(["show", "run", played.at(-1)?.key ?? "", "--step", "0"], { cwd: folder });
    expect(shown.stdout).toContain('── call ── shell {"command":"ls -la"}');
  });
});
