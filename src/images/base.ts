// A Debian base image without a registry: debootstrap makes a tree, the engine imports it. Made once, kept as an archive.
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { CONTEXT_LABEL, type ImageEngine } from "./engine.ts";
import { type ProgramOptions, runProgram, tryProgram } from "./program.ts";

const SUITE = "bookworm";
/** Raised by hand when what goes into the base changes. */
const VERSION = "1";
const MAKE_MS_MAX = 3_600_000;
const WASTE = ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"];
const REMEDY = "or name a Debian-like image with --base, such as --base debian:bookworm-slim";

export interface BaseOptions {
  /** Where the archive is kept. */
  readonly folder: string;
  readonly isRoot: boolean;
  /** Debian's mirror; null: debootstrap's own choice. */
  readonly mirror: string | null;
  /** What debootstrap and the scripts of the packages that it installs see: no keys. */
  readonly toolEnv: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** The tag of the base, made where it is not there. Throws a UserError where this machine cannot make one. */
export async function ensureBase(
  engine: ImageEngine,
  { folder, isRoot, mirror, toolEnv, say }: BaseOptions,
  signal: AbortSignal,
): Promise<string> {
  const tag = `${engine.repository("base")}:${SUITE}`;
  if ((await engine.inspect(tag))?.labels[CONTEXT_LABEL] === VERSION) return tag;
  const archive = path.join(folder, `${SUITE}-${VERSION}.tar`);
  const isThere = await stat(archive).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    if (!isRoot) {
      throw new UserError(
        `making a Debian base needs root (debootstrap); run this once with sudo, ${REMEDY}`,
      );
    }
    say(`making a Debian base with debootstrap, once; it is kept as ${archive}`);
    await mkdir(folder, { recursive: true });
    await makeArchive(archive, { mirror, toolEnv, say }, signal);
  }
  await engine.importTree(archive, tag, `${CONTEXT_LABEL}=${VERSION}`);
  return tag;
}

async function makeArchive(
  archive: string,
  { mirror, toolEnv, say }: Pick<BaseOptions, "mirror" | "toolEnv" | "say">,
  signal: AbortSignal,
): Promise<void> {
  const options: ProgramOptions = {
    what: "making a Debian base",
    timeoutMs: MAKE_MS_MAX,
    env: toolEnv,
    absent: `apt-get install -y debootstrap, ${REMEDY}`,
    onLine: say,
  };
  const tree = `${archive}.tree`;
  const unfinished = `${archive}.partial`;
  // One file system only: a tree that was left in a hurry may still have the kernel's own mounted.
  const removeTree = (mayStop: AbortSignal) =>
    tryProgram(
      ["rm", "-rf", "--one-file-system", tree],
      { ...options, absent: "install coreutils" },
      mayStop,
    );
  await removeTree(signal);
  try {
    await runProgram(
      [
        "debootstrap",
        "--variant=minbase",
        "--include=python3,procps",
        SUITE,
        tree,
        ...(mirror === null ? [] : [mirror]),
      ],
      options,
      signal,
    );
    for (const waste of WASTE) await rm(path.join(tree, waste), { recursive: true, force: true });
    await runProgram(["tar", "-C", tree, "-cf", unfinished, "."], options, signal);
    await rename(unfinished, archive);
  } finally {
    await rm(unfinished, { force: true });
    await removeTree(AbortSignal.timeout(MAKE_MS_MAX));
  }
}
