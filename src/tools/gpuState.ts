// `gpu_state`: which GPUs the sandbox sees and how full they are, by NVIDIA's own program run in the sandbox.
import { z } from "zod";
import { NO_HOST } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { said } from "./result.ts";

const gpuStateArguments = z.strictObject({});

const QUERY = "index,name,memory.total,memory.used,utilization.gpu";
const TIMEOUT_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 8_192;
const NONE = "This sandbox has no GPU.";

export const gpuStateTool: Tool<typeof gpuStateArguments> = {
  name: "gpu_state",
  signature: "gpu_state",
  description: "Says which GPUs you have, how much of their memory is in use and how busy they are.",
  arguments: gpuStateArguments,
  endMarker: null,
  parseText: (rest) => (rest.trim() === "" ? {} : "`gpu_state` stands alone: write nothing after it."),
  replay: "record",
  repeatable: true,
  async run(_args, { sandbox, actionId, state, host = NO_HOST, actionTimeoutMs, signal }) {
    // What is not lent is not looked for: a plain process would see this machine's own.
    if (host.gpuCount === 0) return said(NONE, state);
    const argv = ["nvidia-smi", `--query-gpu=${QUERY}`, "--format=csv,noheader,nounits"];
    const timeoutMs = Math.min(actionTimeoutMs, TIMEOUT_MS_MAX);
    const result = await sandbox.exec(actionId, argv, {
      timeoutMs,
      outputBytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    const { exitCode, timedOut, oomKilled, cpuMs } = result;
    const lines = exitCode === 0 ? result.output.split("\n").flatMap(gpuLine) : [];
    const text = lines.length > 0 ? lines.join("\n") : `${NONE} Its task asks for ${host.gpuCount}.`;
    return { ...said(text, state), ok: lines.length > 0, exitCode, timedOut, oomKilled, cpuMs };
  },
};

/** One line of the program's table in words; nothing where it is none. */
function gpuLine(line: string): readonly string[] {
  const [index, name, total, used, busy, ...others] = line.split(",").map((cell) => cell.trim());
  if (busy === undefined || others.length > 0) return [];
  return [`GPU ${index}: ${name}, ${used} of ${total} MiB in use, ${busy} % busy`];
}
