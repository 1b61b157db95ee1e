// The short form of the hostile table: attacks that are over soon, on bubblewrap, and a handful of them in containers. The whole table is
// `node scripts/hostileTable.ts --backend …`.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineObstacle } from "../sandbox/engineObstacle.ts";
import { allAttacks } from "./kit/attacks.ts";
import { type Ground, type GroundName, newToken, openGround } from "./kit/ground.ts";
import { runAttack, verdictOf } from "./runAttack.ts";

const all = await allAttacks();
const obstacles: Readonly<Record<"bubblewrap" | "docker", string | null>> = {
  bubblewrap: await openGround("bubblewrap", newToken()).then(
    async (ground) => {
      await ground.world.backend.probe();
      await ground[Symbol.asyncDispose]();
      return null;
    },
    (error: unknown) => String(error),
  ),
  docker: await engineObstacle("/var/run/docker.sock", "nightshift/python:latest"),
};

describe.each(["bubblewrap", "docker"] as const)(
  "a hostile agent on %s",
  (name: GroundName & keyof typeof obstacles) => {
    const obstacle = obstacles[name];
    if (obstacle !== null) {
      console.warn(`SKIPPED: hostile agents on ${name}: ${obstacle}`);
      it.skip(`needs the backend (${obstacle})`, () => {});
      return;
    }
    let ground: Ground;
    beforeAll(async () => {
      ground = await openGround(name, newToken());
    });
    afterAll(() => ground[Symbol.asyncDispose]());

    const attacks = all.filter(({ quick }) => quick?.includes(name));
    it.each(attacks.map((attack) => [attack.id, attack] as const))(
      "comes to nothing and is known: %s",
      async (_, attack) => {
        const result = await runAttack(attack, ground);
        expect(verdictOf(attack, result)).toEqual([]);
      },
    );
  },
);

describe("the attacks on the host", () => {
  const attacks = all.filter(({ aim }) => aim === "host");

  it("are all that the list asks for, each of which says what must come of it", () => {
    expect(attacks.length).toBeGreaterThanOrEqual(25);
    for (const { does, expects, row } of attacks) expect([does, expects, row]).not.toContain("");
  });

  it("are nearly all to be known by a flag", () => {
    expect(attacks.filter(({ flags }) => flags.length === 0).map(({ id }) => id)).toEqual([
      "names-broken",
      "workspace-shut",
    ]);
  });
});
