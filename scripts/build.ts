// Builds dist/ for the package: compiled JavaScript with types, and beside it every file that the sources load by its place (Python,
// prompts, templates). Run by `npm pack`, which removes dist/ again: a clone runs its sources as they are.
import { execFileSync } from "node:child_process";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SRC = path.join(ROOT, "src");
const DIST = path.join(ROOT, "dist");
/** What running sources leaves behind; never part of the package. */
const LEFTOVER = /(^|\/)(__pycache__|\.DS_Store)(\/|$)/;

await rm(DIST, { recursive: true, force: true });
execFileSync(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", path.join(ROOT, "tsconfig.build.json")], {
  cwd: ROOT,
  stdio: "inherit",
});
const sources = await filesUnder(SRC);
const assets = sources.filter((file) => !isModule(file));
for (const file of assets) await cp(path.join(SRC, file), path.join(DIST, file));

const faults = await faultsOf(sources);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stderr.write(`dist: ${sources.length - assets.length} modules, ${assets.length} other files\n`);

/** What dist/ lacks, has changed, or has too much. */
async function faultsOf(expected: readonly string[]): Promise<string[]> {
  const built = new Set(await filesUnder(DIST));
  const found: string[] = [];
  for (const file of expected) {
    const outputs = isModule(file) ? [".js", ".d.ts"].map((ending) => file.replace(/\.ts$/, ending)) : [file];
    for (const output of outputs) if (!built.delete(output)) found.push(`dist/${output} is missing`);
    if (isModule(file) || found.length > 0) continue;
    const [ours, theirs] = await Promise.all([SRC, DIST].map((folder) => readFile(path.join(folder, file))));
    if (ours === undefined || theirs === undefined || !ours.equals(theirs))
      found.push(`dist/${file} is not src/${file}`);
  }
  return [...found, ...[...built].map((file) => `dist/${file} comes from no source`)];
}

function isModule(file: string): boolean {
  return file.endsWith(".ts");
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !LEFTOVER.test(file))
    .sort();
}
