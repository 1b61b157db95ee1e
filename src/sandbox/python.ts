// The host's Python: found, checked and given a compiled supervisor once, so that each sandbox starts in milliseconds.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";

const PROBE_TIMEOUT_MS = 30_000;
const VERSION_MIN = [3, 8] as const;

/** The supervisor's source, beside this file. */
export const SUPERVISOR_PATH = fileURLToPath(new URL("./supervisor.py", import.meta.url));

export interface Python {
  /** The interpreter itself, never a shim in front of it. */
  readonly executable: string;
  readonly version: string;
  /** Folders that the interpreter needs to run. */
  readonly prefixes: readonly string[];
  /** The supervisor compiled for this very interpreter. */
  readonly supervisor: string;
}

const PROBE = `
import json, py_compile, sys
py_compile.compile(sys.argv[1], cfile=sys.argv[2], doraise=True, optimize=2)
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]),
  "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix})}))
`;

const probeSchema = z.strictObject({
  executable: z.string().min(1),
  version: z.tuple([z.int(), z.int(), z.int()]),
  prefixes: z.array(z.string()),
});

/** Finds out what `command` really runs and compiles the supervisor into `folder`. Throws UserError when it is no Python 3.8. */
export async function preparePython(command: string, folder: string): Promise<Python> {
  const supervisor = join(folder, "supervisor.pyc");
  await mkdir(dirname(supervisor), { recursive: true });
  let text: string;
  try {
    const run = promisify(execFile);
    const { stdout } = await run(command, ["-I", "-c", PROBE, SUPERVISOR_PATH, supervisor], {
      timeout: PROBE_TIMEOUT_MS,
    });
    text = stdout;
  } catch (error) {
    throw new UserError(
      `process sandboxes need python3 >= ${VERSION_MIN.join(".")}, but "${command}" did not run: ${errorText(error)}`,
    );
  }
  const found = probeSchema.parse(JSON.parse(text));
  const [major, minor] = found.version;
  if (major !== VERSION_MIN[0] || minor < VERSION_MIN[1]) {
    throw new UserError(
      `process sandboxes need python3 >= ${VERSION_MIN.join(".")}; "${command}" is ${found.version.join(".")}`,
    );
  }
  return {
    executable: found.executable,
    version: found.version.join("."),
    prefixes: found.prefixes,
    supervisor,
  };
}
