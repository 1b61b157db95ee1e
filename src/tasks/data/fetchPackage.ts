// Fetches and unpacks a package by its own tool, whose settings (mirrors, proxies, certificates) are the user's. Nothing is installed,
// but a source package of Python's may run code of its own while it is looked at: `env` holds no keys.
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { DataSource } from "./dataFile.ts";
import { runTool } from "./runTool.ts";

const FETCH_MS_MAX = 1_800_000;
const UNPACK_MS_MAX = 600_000;

type PackageSource = Exclude<DataSource, { kind: "url" }>;

/** Leaves the package's files below the folder that it returns, within `scratch`, which must be empty. */
export async function fetchPackage(
  source: PackageSource,
  { scratch, env }: { readonly scratch: string; readonly env: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<string> {
  const what = `fetching ${source.kind} package ${source.package}`;
  const tree = path.join(scratch, "tree");
  await mkdir(tree);
  const fetched = async (argv: readonly [string, ...string[]], absent: string) => {
    await runTool(argv, { cwd: scratch, env, timeoutMs: FETCH_MS_MAX, absent, what }, signal);
    const names = (await readdir(scratch)).filter((name) => name !== "tree");
    const [file] = names;
    if (file === undefined || names.length > 1) {
      throw new UserError(`${what}: ${argv[0]} left ${names.length} files where one was expected`);
    }
    return path.join(scratch, file);
  };
  const unpack = (argv: readonly [string, ...string[]]) =>
    runTool(argv, { cwd: tree, env, timeoutMs: UNPACK_MS_MAX, absent: `install ${argv[0]}`, what }, signal);
  switch (source.kind) {
    case "debian": {
      const absent = "this source needs a Debian-like system, or a container of one";
      // Without its own download user, which may not write where we do.
      const argv = ["apt-get", "-o", "APT::Sandbox::User=root", "download", source.package] as const;
      const file = await fetched(argv, absent);
      await unpack(["dpkg-deb", "-x", file, tree]);
      return tree;
    }
    case "npm": {
      const name = `${source.package}@${source.version}`;
      const file = await fetched(["npm", "pack", name, "--silent", "--ignore-scripts"], "install npm");
      await unpack(["tar", "-xzf", file, "--no-same-owner"]);
      return path.join(tree, "package");
    }
    case "pypi": {
      const name = `${source.package}==${source.version}`;
      const file = await fetched(
        ["python3", "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check", name],
        "install python3 with pip",
      );
      const zip = /\.(?:whl|zip)$/.test(file);
      await unpack(
        zip ? ["python3", "-m", "zipfile", "-e", file, tree] : ["tar", "-xzf", file, "--no-same-owner"],
      );
      return tree;
    }
    default:
      return source satisfies never;
  }
}
