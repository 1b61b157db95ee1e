// The host's Python: found, checked and given a compiled supervisor once, so that each sandbox starts in milliseconds.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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
import base64, json, os, py_compile, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    compiled = py_compile.compile(sys.argv[1], cfile=os.path.join(folder, "c"), doraise=True, optimize=2)
    with open(compiled, "rb") as handle: code = base64.b64encode(handle.read()).decode()
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]),
  "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}), "code": code}))
`;

const probeSchema = z.strictObject({
  executable: z.string().min(1),
  version: z.tuple([z.int(), z.int(), z.int()]),
  prefixes: z.array(z.string()),
  code: z.base64(),
});

const REMEDY = "install python3, or name one in NIGHTSHIFT_PYTHON";

/** Where a Python runs: how it is called, and where it sees the supervisor's source. */
export interface PythonPlace {
  /** Words in front of the interpreter's own arguments, its name the last. */
  readonly command: readonly string[];
  readonly source: string;
  /** The file, of this host, for the compiled supervisor. */
  readonly compiled: string;
}

/** This host's Python: finds out what `command` really runs and compiles the supervisor into `folder`. */
export function preparePython(command: string, folder: string): Promise<Python> {
  return preparePythonAt({
    command: [command],
    source: SUPERVISOR_PATH,
    compiled: join(folder, "supervisor.pyc"),
  });
}

/** Asks a Python what it is and has it compile the supervisor for itself. Throws UserError when it is no Python 3.8. */
export async function preparePythonAt({ command, source, compiled }: PythonPlace): Promise<Python> {
  const [program, ...words] = command;
  const name = command.at(-1);
  let found: z.infer<typeof probeSchema>;
  try {
    const run = promisify(execFile);
    const { stdout } = await run(program ?? "", [...words, "-I", "-c", PROBE, source], {
      timeout: PROBE_TIMEOUT_MS,
    });
    found = probeSchema.parse(JSON.parse(stdout));
  } catch (error) {
    // Without the cause: its message repeats the whole program.
    throw new UserError(
      `sandboxes need python3 >= ${VERSION_MIN.join(".")}, but "${name}" did not run as one (${whyNot(error)}); ${REMEDY}`,
    );
  }
  const [major, minor] = found.version;
  if (major !== VERSION_MIN[0] || minor < VERSION_MIN[1]) {
    throw new UserError(
      `sandboxes need python3 >= ${VERSION_MIN.join(".")}; "${name}" is ${found.version.join(".")}; ${REMEDY}`,
    );
  }
  await writeFile(compiled, Buffer.from(found.code, "base64"), { mode: 0o644 });
  return {
    executable: found.executable,
    version: found.version.join("."),
    prefixes: found.prefixes,
    supervisor: compiled,
  };
}

/** Node's own message holds the whole program that was run. */
function whyNot(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return "there is no such program";
  if (code === "EACCES") return "it may not be run";
  if (typeof code === "number") return `it ended with code ${code}`;
  return error instanceof SyntaxError ? "it printed something else" : errorText(error);
}
