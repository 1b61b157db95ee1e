// What a run that is opened again spares of what an earlier session left under way.
import { expect, test } from "vitest";
import { leftUnderWay } from "../../src/compose/leftUnderWay.ts";
import { attemptId } from "../../src/core/runState.ts";
import type { StepsLogRecord } from "../../src/core/trajectory.ts";
import { admitted, pooled, replyReceived, rolloutKeyOf, snapshotTaken, started } from "../store/samples.ts";

const CAPABILITIES = {
  backend: "docker",
  isolation: "container",
  cpu: "enforced",
  memory: "enforced",
  pids: "enforced",
  disk: "enforced",
  network: "enforced",
  hostFiles: "enforced",
  survivesOrchestrator: true,
} as const;

function opened(key: string, sandboxId: string): StepsLogRecord {
  const sandbox = { backend: "docker", host: "", id: sandboxId, locator: "" };
  const place = { sandbox, capabilities: CAPABILITIES, imageDigest: "" };
  return { kind: "rollout-opened", key, retry: 0, startedAtMs: 1, place, messages: [pooled(0, "task")] };
}

test("spares the sandbox and the snapshot of a try that goes on, and not the sandbox of one that begins anew", async () => {
  const [goesOn, beginsAnew] = [rolloutKeyOf("goes on"), rolloutKeyOf("begins anew")];
  const records = new Map<string, readonly StepsLogRecord[]>([
    [goesOn, [opened(goesOn, "kept"), replyReceived(goesOn, 0), snapshotTaken(goesOn, 0)]],
    [beginsAnew, [opened(beginsAnew, "swept")]],
  ]);
  const left = await leftUnderWay({
    events: [admitted(goesOn, 0), admitted(beginsAnew, 1), started(goesOn), started(beginsAnew)],
    stepsLog: { records: async (key) => records.get(key) ?? [] },
  });
  expect([...left.sandboxIds]).toEqual(["kept"]);
  expect([...left.snapshotIds.keys()]).toEqual([attemptId(goesOn, 0)]);
});
