// Starts the LLM double (llmServer.ts) in a process of its own, for scripts and tests that play against it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./llmServer.ts", import.meta.url));

export interface Double extends AsyncDisposable {
  /** Base URL of its chat completions. */
  readonly baseUrl: string;
  stats(): Promise<Record<string, number>>;
  /** Ends its garbage. */
  mend(): Promise<void>;
}

/** Resolves once it listens. `options` are its command line's, without the dashes. */
export async function startDouble(options: Readonly<Record<string, string | number>>): Promise<Double> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let port: number | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^listening (\d+)/.exec(line)?.[1];
    if (found === undefined) continue;
    port = Number(found);
    break;
  }
  if (port === null) throw new Error("the LLM double ended before it listened");
  const origin = `http://127.0.0.1:${port}`;
  return {
    baseUrl: `${origin}/v1`,
    stats: async () => JSON.parse(await (await fetch(`${origin}/stats`)).text()),
    async mend() {
      await (await fetch(`${origin}/mend`, { method: "POST" })).text();
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}
