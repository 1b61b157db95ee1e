// What the Python files of a checkout import and which texts they hold: read by Python's own parser, never run.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runTool } from "../../tasks/data/runTool.ts";
import { pythonScript } from "../../tasks/pythonScript.ts";

const SCRIPT = fileURLToPath(new URL("python/scan_sources.py", import.meta.url));
const SCAN_MS_MAX = 60_000;

const scanSchema = z.record(
  z.string(),
  z.strictObject({
    imports: z.array(z.string()),
    texts: z.array(z.string()),
    broken: z.int().positive().nullable(),
  }),
);
/** By path: modules that are imported from beyond the standard library, string constants, and the line of a syntax error. */
export type Scan = z.infer<typeof scanSchema>;

/** Scans files of `folder`. Throws a UserError where there is no Python 3.10 or later to do it. */
export async function scanSources(
  { folder, files, python }: { folder: string; files: readonly string[]; python: string },
  signal: AbortSignal,
): Promise<Scan> {
  if (files.length === 0) return {};
  const scratch = await mkdtemp(path.join(tmpdir(), "nightshift-scan-"));
  try {
    const out = path.join(scratch, "scan.json");
    await runTool(
      pythonScript(python, path.dirname(SCRIPT), SCRIPT, [folder, out, ...files]),
      {
        cwd: ".",
        env: "inherited",
        timeoutMs: SCAN_MS_MAX,
        absent: "install python3",
        what: `reading the Python of ${folder}`,
      },
      signal,
    );
    return scanSchema.parse(JSON.parse(await readFile(out, "utf8")));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
