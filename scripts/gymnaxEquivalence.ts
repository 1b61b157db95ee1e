// Shows that the judges of the reinforcement learning tasks play as gymnax does: runs gymnaxEquivalence.py in the `rl` image.
//   node scripts/gymnaxEquivalence.ts [--engine docker|podman] [--sequences 12]
// Exit code 0 only where all returns and frame counts are equal.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "docker" },
    sequences: { type: "string", default: "12" },
  },
});
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const image = `${values.engine === "podman" ? "localhost/" : ""}nightshift/rl:latest`;

const result = spawnSync(
  values.engine,
  [
    "run",
    "--rm",
    "--network",
    "none",
    "-v",
    `${folder("../tasks")}:/tasks:ro`,
    "-v",
    `${folder("./gymnaxEquivalence.py")}:/equivalence.py:ro`,
    image,
    "python3",
    "/equivalence.py",
    "/tasks",
    values.sequences,
  ],
  { stdio: "inherit" },
);
process.exitCode = result.status ?? 1;
