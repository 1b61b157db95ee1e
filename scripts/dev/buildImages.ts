// Builds the images under tasks/_images without a registry: a Debian base from debootstrap, then one image per folder.
//   node scripts/dev/buildImages.ts [--engine docker|podman] [--cache FOLDER] [--base IMAGE] [--mirror URL] [--trees]
// --trees unpacks each image as a root file system for bubblewrap too (below FOLDER/trees).
// What is up to date is skipped, by the hash of the folder and its base in a label.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const IMAGES = fileURLToPath(new URL("../../tasks/_images", import.meta.url));
const TREE_NOTE = "nightshift-image.json";
const LABEL = "nightshift.context";
const BASE_NAME = "nightshift/base:bookworm";
/** Raised by hand when what goes into the base changes. */
const BASE_VERSION = "1";
const SUITE = "bookworm";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "docker" },
    trees: { type: "boolean", default: false },
    cache: { type: "string", default: "/var/cache/nightshift" },
    base: { type: "string" },
    mirror: { type: "string" },
  },
});

const { engine } = values;
if (engine !== "docker" && engine !== "podman") fail(`--engine ${engine}: must be docker or podman`);
/** Podman names its own images so; without it an image would be looked for in a registry. */
const prefix = engine === "podman" ? "localhost/" : "";
const BASE_IMAGE = `${prefix}${BASE_NAME}`;

const base = values.base ?? buildBase();
for (const name of readdirSync(IMAGES)) {
  const folder = join(IMAGES, name);
  if (!statSync(folder).isDirectory()) continue;
  const tag = `${prefix}nightshift/${name}:latest`;
  buildImage(tag, folder);
  if (values.trees) unpackTree(tag, name);
}

function buildImage(tag: string, folder: string): void {
  const hash = createHash("sha256").update(imageId(base) ?? base);
  for (const file of filesBelow(folder))
    hash.update(`\0${relative(folder, file)}\0`).update(readFileSync(file));
  const context = hash.digest("hex");
  if (label(tag) === context) {
    console.log(`${tag} is up to date`);
    return;
  }
  build([
    "build",
    "--network",
    "host",
    // Without privileges of its own, and without a runtime: what a RUN line needs here is little.
    ...(engine === "podman" ? ["--isolation", "chroot"] : []),
    "--build-arg",
    `BASE=${base}`,
    "--label",
    `${LABEL}=${context}`,
    "-t",
    tag,
    folder,
  ]);
  console.log(`${tag} built`);
}

function buildBase(): string {
  if (label(BASE_IMAGE) === BASE_VERSION) {
    console.log(`${BASE_IMAGE} is up to date`);
    return BASE_IMAGE;
  }
  const archive = join(values.cache, `${SUITE}-${BASE_VERSION}.tar`);
  if (!existsSync(archive)) makeArchive(archive);
  build(["import", "--change", `LABEL ${LABEL}=${BASE_VERSION}`, archive, BASE_IMAGE]);
  return BASE_IMAGE;
}

function makeArchive(archive: string): void {
  if (spawnSync("debootstrap", ["--version"]).status !== 0) {
    fail("debootstrap is missing: apt-get install -y debootstrap, or pass --base IMAGE with a Debian image");
  }
  mkdirSync(values.cache, { recursive: true });
  const tree = join(values.cache, `${SUITE}-${process.pid}`);
  const mirror = values.mirror === undefined ? [] : [values.mirror];
  try {
    run("debootstrap", ["--variant=minbase", "--include=python3,procps", SUITE, tree, ...mirror]);
    for (const waste of [
      "var/cache/apt",
      "var/lib/apt/lists",
      "usr/share/doc",
      "usr/share/man",
      "usr/share/locale",
    ]) {
      rmSync(join(tree, waste), { recursive: true, force: true });
    }
    const unfinished = `${archive}.${process.pid}`;
    run("tar", ["-C", tree, "-cf", unfinished, "."]);
    renameSync(unfinished, archive);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Unpacks an image beside a note of what it is; the note comes last, so that half a tree is no tree. */
function unpackTree(tag: string, name: string): void {
  const trees = join(values.cache, "trees");
  const tree = join(trees, name);
  const note = `${tree}.${TREE_NOTE}`;
  const digest = imageId(tag);
  const known = existsSync(note) ? readFileSync(note, "utf8") : "";
  if (digest !== null && known.includes(`"${digest}"`)) {
    console.log(`${tree} is up to date`);
    return;
  }
  mkdirSync(trees, { recursive: true, mode: 0o755 });
  const unfinished = `${tree}.${process.pid}`;
  const container = execFileSync(engine, ["create", tag, "true"], { encoding: "utf8" }).trim();
  try {
    mkdirSync(unfinished, { mode: 0o755 });
    const archive = `${unfinished}.tar`;
    run(engine, ["export", "-o", archive, container]);
    run("tar", ["-C", unfinished, "--exclude=./dev/*", "--exclude=dev/*", "-xf", archive]);
    rmSync(archive);
    rmSync(note, { force: true });
    rmSync(tree, { recursive: true, force: true });
    renameSync(unfinished, tree);
    writeFileSync(note, `${JSON.stringify({ digest, image: tag })}\n`);
  } finally {
    execFileSync(engine, ["rm", "-f", container], { stdio: "ignore" });
    rmSync(unfinished, { recursive: true, force: true });
  }
  console.log(`${tree} unpacked from ${tag}`);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

function label(image: string): string | null {
  return inspected(image, `{{ index .Config.Labels "${LABEL}" }}`);
}

function imageId(image: string): string | null {
  return inspected(image, "{{ .Id }}");
}

function inspected(image: string, format: string): string | null {
  const result = spawnSync(engine, ["image", "inspect", "--format", format, image], { encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : null;
}

function build(words: readonly string[]): void {
  run(engine, words);
}

function run(program: string, words: readonly string[]): void {
  try {
    execFileSync(program, words, { stdio: "inherit" });
  } catch (error) {
    fail(`${program} ${words[0]} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
