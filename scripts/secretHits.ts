// What of recordings looks like a secret: every text of MLGym's `.traj` files or of a run's rollouts, through the shapes that give
// `secret:suspected`. On texts that are known to hold none it measures false suspicions; no line shows more than four characters of a hit.
//
//   node scripts/secretHits.ts FOLDER_OR_RUN…
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { suspectedSecrets } from "../src/core/secretShapes.ts";
import { archiveReader } from "../src/store/archive.ts";

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error("give folders of .traj files, or run directories");

let [recordings, texts, characters, hits] = [0, 0, 0, 0];
const startedAt = performance.now();
for (const folder of folders) {
  if (existsSync(path.join(folder, "archive"))) {
    const reader = archiveReader(path.join(folder, "archive"));
    for (const segment of await reader.segments()) {
      for await (const found of reader.scan(segment)) {
        if (found.kind === "trajectory")
          look(found.trajectory, `${folder} ${found.trajectory.key.slice(0, 12)}`);
      }
    }
    continue;
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".traj")) look(JSON.parse(readFileSync(path.join(folder, name), "utf8")), name);
  }
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${recordings} recordings, ${texts} texts, ${(characters / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s: ${hits} hits`,
);

/** A history repeats every text: each is looked at once a recording. */
function look(record: unknown, where: string): void {
  recordings++;
  const seen = new Set<string>();
  const told = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner);
    if (typeof value !== "string" || seen.has(value)) return;
    seen.add(value);
    texts++;
    characters += value.length;
    for (const { evidence } of suspectedSecrets(value)) told.add(evidence);
  };
  visit(record);
  hits += told.size;
  for (const evidence of told) console.log(`${where}: ${evidence}`);
}
