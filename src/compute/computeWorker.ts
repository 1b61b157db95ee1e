// The main module of every worker thread: imports the module that a job names and calls its `run`.
import { isMainThread, parentPort } from "node:worker_threads";
import { packError } from "./carryError.ts";
import { FEED_AHEAD_MAX, type FromWorker, toWorkerSchema } from "./messages.ts";

/** What a module that runs on a worker exports. `feed` ends at once where the job has none; `tell` says how it gets on. */
export type WorkerRun = (
  input: unknown,
  feed: AsyncIterable<unknown>,
  tell: (news: unknown) => void,
) => Promise<unknown>;

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const say = (message: FromWorker) => port.postMessage(message);
  let feed = endedFeed();
  port.on("message", (raw: unknown) => {
    const message = toWorkerSchema.parse(raw);
    switch (message.kind) {
      case "run": {
        feed = message.fed ? pulledFeed(() => say({ kind: "pull" })) : endedFeed();
        void runJob(message.module, message.input, feed.items, say);
        break;
      }
      case "item":
        feed.push(message.item);
        break;
      case "feedEnded":
        feed.end();
        break;
      default:
        message satisfies never;
    }
  });
}

interface Feed {
  readonly items: AsyncIterable<unknown>;
  push(item: unknown): void;
  end(): void;
}

async function runJob(
  module: string,
  input: unknown,
  feed: AsyncIterable<unknown>,
  say: (message: FromWorker) => void,
): Promise<void> {
  try {
    const loaded: unknown = await import(module);
    if (!hasRun(loaded)) throw new TypeError(`${module} exports no function run`);
    say({ kind: "result", result: await loaded.run(input, feed, (news) => say({ kind: "news", news })) });
  } catch (error) {
    say({ kind: "error", error: packError(error) });
  }
}

function hasRun(module: unknown): module is { readonly run: WorkerRun } {
  return typeof module === "object" && module !== null && "run" in module && typeof module.run === "function";
}

/** Asks for items ahead of their use, at most FEED_AHEAD_MAX of them unused at a time. */
function pulledFeed(pull: () => void): Feed {
  const ready: unknown[] = [];
  let ended = false;
  let wake: (() => void) | null = null;
  const notify = () => {
    wake?.();
    wake = null;
  };
  async function* items(): AsyncGenerator<unknown> {
    for (let i = 0; i < FEED_AHEAD_MAX; i++) pull();
    while (true) {
      while (ready.length > 0) {
        yield ready.shift();
        pull();
      }
      if (ended) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    items: items(),
    push: (item) => {
      ready.push(item);
      notify();
    },
    end: () => {
      ended = true;
      notify();
    },
  };
}

function endedFeed(): Feed {
  async function* items(): AsyncGenerator<unknown> {}
  return { items: items(), push: () => {}, end: () => {} };
}
