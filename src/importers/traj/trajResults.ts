// Reads results.json beside a .traj file: the baseline's numbers and, once more, the scores.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { metricsSchema, parsePythonJson } from "./trajFile.ts";
import type { TrajResults } from "./trajRows.ts";

const RESULTS_NAME = "results.json";

const resultsSchema = z.object({
  agent: z.array(metricsSchema).nullish(),
  baseline: metricsSchema.nullish(),
});

/** Null where there is none; `unreadable` where MLGym died while it wrote it. */
export async function trajResults(trajFile: string): Promise<TrajResults | "unreadable" | null> {
  const file = path.join(path.dirname(trajFile), RESULTS_NAME);
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const { agent, baseline } = resultsSchema.parse(parsePythonJson(text).value);
    return { agent: agent ?? [], baseline: baseline ?? null };
  } catch {
    return "unreadable";
  }
}
