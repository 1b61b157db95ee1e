// A command that leaves hundreds of orphans behind, dead and alive: the supervisor, which they fall to, reaps the dead; what lives is gone with
// the sandbox; and neither this machine nor the process limit of the sandbox keeps any of them.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { never, PATIENT, spec } from "../sandbox/ground.ts";
import { workingPlaces } from "./places.ts";

const ORPHANS = 300;
/** Parents end at once; their children are orphans that end a moment later, or live on in sessions of their own. */
const DEAD = `for i in $(seq ${ORPHANS}); do (sh -c 'sleep 0.2' &) ; done; sleep 1.5; echo made`;
const COUNT =
  "python3 -c \"import os; states = [open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[0] for p in os.listdir('/proc') if p.isdigit()]; print(states.count('Z'), len(states))\"";

/** Processes of this machine that a sandbox's orphans are known by. */
function living(mark: string): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  }).length;
}

describe("orphans", { timeout: 120_000 }, async () => {
  for (const place of await workingPlaces()) {
    it(`are reaped, and none is left after release, on ${place.name}`, async () => {
      await using ground = place;
      // Fewer processes than orphans: with the dead ones kept, the later ones could not be started.
      const limits = { ...spec().limits, pids: ORPHANS + 40 };
      const mark = `64.${process.pid}`;
      {
        await using sandbox = await ground.backend.create(spec({ limits, runId: "zombies" }), never);
        for (const round of [1, 2, 3]) {
          const made = await sandbox.shell(`dead-${round}`, DEAD, PATIENT);
          expect(made, made.output).toMatchObject({ exitCode: 0, output: "made\n" });
        }
        const left = await sandbox.shell("count", COUNT, PATIENT);
        const [zombies, all] = left.output.trim().split(" ").map(Number);
        expect([zombies, (all ?? 99) < 12], left.output).toEqual([0, true]);
        const living2 = `for i in $(seq 50); do (setsid sleep ${mark} &) ; done; sleep 0.3; echo made`;
        expect((await sandbox.shell("alive", living2, PATIENT)).output).toBe("made\n");
        expect(living(mark)).toBeGreaterThanOrEqual(50);
        expect(await sandbox.probe()).toBe(true);
      }
      expect(living(mark)).toBe(0);
    });
  }
});
