// `serve [PIPELINE]`: the Gym over the network by the OpenEnv protocol, and judged rollouts for RL trainers. It runs until it is interrupted.
import type { Served } from "../compose/serve.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";

const PORT_MAX = 65_535;
const COUNT_MAX = 10_000;
const SECONDS_MAX = 604_800;

interface Options {
  readonly task: readonly string[];
  readonly set: readonly string[];
  readonly host: string;
  readonly port: string;
  readonly tokenEnv?: string;
  readonly endpoint: readonly string[];
  readonly sessions: string;
  readonly requests: string;
  readonly idle: string;
  readonly reward: string;
}

export const serveCommand: AddCommand = (program, world, done) => {
  program
    .command("serve")
    .description("serve tasks as episodes (OpenEnv protocol) and as judged rollouts for RL trainers")
    .argument("[pipeline]", "a pipeline file: its tasks, agents, limits, sandbox and concurrency are served")
    .option("--task <id>", "serve this task, in place of the file's; repeatable", collect, [])
    .option("--set <key=value>", "override a value of the file, by its dotted key; repeatable", collect, [])
    .option("--host <address>", "address to listen on; beyond loopback a token is required", "127.0.0.1")
    .option("--port <n>", "port to listen on; 0: any that is free", "8000")
    .option(
      "--token-env <name>",
      "the environment variable with the token that clients send (default: one is made and printed once, beyond loopback)",
    )
    .option(
      "--endpoint <url[=KEY]>",
      "a base URL that rollouts may be played by, and the variable of its key; repeatable (default on loopback: any, without a key)",
      collect,
      [],
    )
    .option("--sessions <n>", "sessions at a time, each with a sandbox", "16")
    .option("--requests <n>", "requests for rollouts at a time", "64")
    .option("--idle <seconds>", "close a session after so long without a request", "600")
    .option("--reward <name>", "the reward of a session's steps", "improvement@1")
    .action(async (file: string | undefined, options: Options) => {
      // Only this command needs a server: the others start without reading it.
      const { serve } = await import("../compose/serve.ts");
      const served = await serve(world, {
        file: file ?? null,
        tasks: options.task,
        settings: options.set,
        host: options.host,
        port: whole("--port", options.port, 0, PORT_MAX),
        tokenEnv: options.tokenEnv ?? null,
        endpoints: options.endpoint,
        sessionsMax: whole("--sessions", options.sessions, 1, COUNT_MAX),
        requestsMax: whole("--requests", options.requests, 1, COUNT_MAX),
        sessionIdleSecondsMax: whole("--idle", options.idle, 1, SECONDS_MAX),
        reward: options.reward,
      });
      const interrupted = new Promise<void>((resolve) => world.onInterrupt(resolve));
      world.say(`listening ${served.url}`);
      for (const line of welcome(served)) world.complain(line);
      await interrupted;
      world.complain("stopping: sessions and rollouts are ended; interrupt again to leave at once");
      await served[Symbol.asyncDispose]();
      done(EXIT.done);
    });
};

function welcome({ url, madeToken, pipeline, backend }: Served): readonly string[] {
  const tasks = pipeline.cells.tasks.join(", ");
  return [
    `serves ${tasks} in ${backend} sandboxes; episodes at ${url.replace(/^http/, "ws")}/ws, rollouts at ${url}/rollouts`,
    ...(madeToken === null ? [] : [`token, shown only here: ${madeToken}`]),
  ];
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${name} ${text}: must be a whole number from ${least} to ${most}`);
}
