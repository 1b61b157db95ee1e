// Plays the hostile agents of tests/hostile on one sandbox backend and prints what came of each: whether a score moved, the host or a
// neighbour was touched, and by which flags it was known. The last line is one JSON object; exit code 1 where anything moved, was
// touched or went unknown.
// `process` and `process-open` (without namespaces) are played in an outer container, whose host they then are; needs Docker.
// Usage: node scripts/hostileTable.ts --backend docker|bubblewrap|podman|process|process-open [--only id,id] [--aim host|score] [--verbose]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allAttacks } from "../tests/hostile/kit/attacks.ts";
import { GROUNDS, newToken, openGround } from "../tests/hostile/kit/ground.ts";
import { runContained } from "../tests/hostile/kit/outerContainer.ts";
import { runAttack, verdictOf } from "../tests/hostile/runAttack.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "bubblewrap" },
    only: { type: "string" },
    aim: { type: "string" },
    verbose: { type: "boolean", default: false },
    contained: { type: "boolean", default: false },
  },
});
const name = GROUNDS.find((known) => known === values.backend);
if (name === undefined) {
  console.error(`there is no backend ${values.backend}; it is one of ${GROUNDS.join(", ")}`);
  process.exit(2);
}
const wanted = values.only?.split(",");
const attacks = (await allAttacks()).filter(
  ({ id, aim }) => (wanted?.includes(id) ?? true) && (values.aim === undefined || aim === values.aim),
);
if (attacks.length === 0) {
  console.error(`there is no attack ${values.only ?? values.aim}`);
  process.exit(2);
}

if (name.startsWith("process") && !values.contained) {
  // What these backends do not stop must not befall this machine.
  const script = fileURLToPath(import.meta.url);
  const words = [...process.argv.slice(2), "--contained"];
  process.exit(await runContained(`nightshift-hostile-${newToken()}`, script, words));
}

const totals = { attacks: 0, scoresMoved: 0, hostEffects: 0, neighboursDisturbed: 0, flagged: 0, wrong: 0 };
await using ground = await openGround(name, newToken());
for (const attack of attacks) {
  const result = await runAttack(attack, ground);
  const wrong = verdictOf(attack, result);
  totals.attacks += 1;
  totals.scoresMoved += result.scoreMoved ? 1 : 0;
  totals.hostEffects += result.hostEffects.length > 0 ? 1 : 0;
  totals.neighboursDisturbed += result.neighbourDisturbed === null ? 0 : 1;
  totals.flagged += result.flags.length > 0 ? 1 : 0;
  totals.wrong += wrong.length > 0 ? 1 : 0;
  const moved = [
    result.scoreMoved ? "score" : "",
    result.hostEffects.length > 0 ? "host" : "",
    result.neighbourDisturbed === null ? "" : "neighbour",
  ].filter((what) => what !== "");
  console.log(
    [
      attack.id.padEnd(26),
      attack.aim.padEnd(5),
      result.outcome.slice(0, 24).padEnd(24),
      (result.score?.toFixed(4) ?? "none").padEnd(8),
      (moved.join("+") || "nothing").padEnd(9),
      `${(result.ms / 1000).toFixed(1)} s`.padStart(7),
      ` ${result.flags.join(" ") || "no flag"}`,
    ].join("  "),
  );
  for (const text of wrong) console.log(`    WRONG: ${text}`);
  if (values.verbose) {
    for (const text of result.evidence) console.log(`    ${text}`);
    for (const { kind, message } of result.trajectory.pool) {
      if (kind === "observation") console.log(message.content.replaceAll(/^/gm, "    | "));
    }
  }
}
console.log(JSON.stringify({ backend: name, ...totals }));
process.exitCode = totals.wrong > 0 ? 1 : 0;
