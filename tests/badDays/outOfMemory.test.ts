// A command that takes more memory than its sandbox has: it alone is killed, its observation says so, its step bears the mark, the rollout
// goes on in the same sandbox, and the neighbour that is played at the same time notices nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "../rollout/stage.ts";
import { workingPlaces } from "./places.ts";

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

const battle = await loadTask(TASKS, "battle-of-sexes");
const resources = { ...battle.definition.resources, memoryMb: 96, diskMb: 16 };
const task = { ...battle, definition: { ...battle.definition, resources } };
/** Half a gigabyte, touched page by page. */
const GREEDY = "python3 -c 'x = bytearray(1 << 29); print(len(x))'";
/** Writes a line a tenth of a second, long enough to be under way while the neighbour is killed. */
const STEADY = "for i in $(seq 20); do echo line $i; sleep 0.1; done";

describe("memory that runs out inside a rollout", { timeout: 120_000 }, async () => {
  for (const place of await workingPlaces()) {
    it(`kills the command alone, on ${place.name}`, async ({ skip }) => {
      await using ground = place;
      const { backend } = ground;
      if ((await backend.probe()).memory !== "enforced") skip(`${place.name} does not bound memory here`);
      const greedyModel = listModel([
        command("echo before > before.txt"),
        command(GREEDY),
        command("cat before.txt; echo after"),
        command("submit"),
      ]);
      const steadyModel = listModel([command(STEADY), command(STEADY), command("submit")]);
      const on = { ...here, backend };
      const [greedy, steady] = await Promise.all([
        playWith(on, task, greedyModel),
        // Another seed of its own would do; another name is enough to tell them apart.
        playWith(on, task, steadyModel, { agent: { name: "neighbour" } }),
      ]);

      const results = greedy.trajectory.steps.map(({ actions }) => actions[0]?.result);
      expect(results.map((result) => result?.oomKilled)).toEqual([false, true, false, false]);
      const texts = greedy.trajectory.pool.map(({ message }) => JSON.stringify(message.content)).join("\n");
      expect(texts).toContain("[ended by the system: out of memory]");
      expect(texts).toContain("before\\nafter");
      expect(greedy.trajectory.outcome).toEqual({ kind: "submitted" });
      expect(greedy.trajectory.finalSubmission).not.toBeNull();

      const steadyResults = steady.trajectory.steps.flatMap(({ actions }) =>
        actions.map(({ result }) => result),
      );
      expect(steadyResults.every((result) => result?.oomKilled === false && !result.timedOut)).toBe(true);
      expect(JSON.stringify(steady.trajectory.pool).split("line 20").length - 1).toBe(2);
      expect(steady.trajectory.outcome).toEqual({ kind: "submitted" });
    });
  }
});
