// A process of its own that runs command lines one after the other: the same `main` as the binary's, without its start-up each time.
// Started by refuses.ts; answers each message with exit code, standard output and standard error.
import { main } from "../../src/cli/main.ts";

interface Order {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

// Each command makes its own world, which listens for a reader that goes away.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
const ownEnv = { ...process.env };

async function run({ args, cwd, env }: Order) {
  process.chdir(cwd);
  process.env = { ...ownEnv, ...env };
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    process[name].write = (chunk: string | Uint8Array) => {
      printed[name] += Buffer.from(chunk).toString("utf8");
      return true;
    };
  }
  return { exitCode: await main(args), ...printed };
}

let turn: Promise<unknown> = Promise.resolve();
process.on("message", (message: Order) => {
  turn = turn.then(async () => process.send?.(await run(message)));
});
process.send?.("ready");
