// A small pool of worker threads: whatever would hold up the event loop (Parquet, compression, hashing of large data)
// runs here. It knows modules by URL and nothing of what they do.
import { Worker } from "node:worker_threads";
import { unpackError } from "./carryError.ts";
import { type FromWorker, fromWorkerSchema, type ToWorker } from "./messages.ts";

export interface WorkerPoolOptions {
  /** Threads at a time. */
  readonly workersMax: number;
  /** Jobs that may wait for a thread; one more throws a RangeError. */
  readonly waitingMax: number;
  /** MiB of JavaScript heap that a thread may hold; it then tidies up sooner, and a job that needs more fails. Left out: Node's own. */
  readonly heapMbMax?: number;
}

/**
 * Calls `run(input, feed, tell)` of a module on another thread and resolves with what it returns. `feed` is read only as fast as
 * the worker takes its items; `hear` is told how the job gets on. Everything that crosses is copied (structured clone).
 * Contract: rejects with the module's error, the feed's error, or the signal's reason; on abort the thread is ended at once
 * and the feed is closed.
 */
export type RunInWorker = (
  moduleUrl: string,
  input: unknown,
  signal: AbortSignal,
  feed?: AsyncIterable<unknown>,
  hear?: (news: unknown) => void,
) => Promise<unknown>;

export interface WorkerPool extends AsyncDisposable {
  readonly runInWorker: RunInWorker;
}

/** Makes a pool; threads start when jobs come and stay for the next job. Contract: dispose it, or its threads live on. */
export function workerPool({ workersMax, waitingMax, heapMbMax }: WorkerPoolOptions): WorkerPool {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function turn(signal: AbortSignal): Promise<void> {
    if (running < workersMax) {
      running++;
      return;
    }
    if (waiting.length >= waitingMax) {
      throw new RangeError(`${waiting.length} jobs wait for a worker thread; no more may`);
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      waiting.push(go);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  function pass(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  function take(): Worker {
    const rested = idle.pop();
    if (rested !== undefined) {
      rested.ref();
      return rested;
    }
    const worker = new Worker(siblingModule(import.meta.url, "computeWorker"), {
      name: "nightshift-compute",
      ...(heapMbMax === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } }),
    });
    all.add(worker);
    // A job listens for itself; between jobs a failing thread only leaves the pool, by its exit.
    worker.on("error", () => {});
    worker.once("exit", () => {
      all.delete(worker);
      const place = idle.indexOf(worker);
      if (place >= 0) idle.splice(place, 1);
    });
    return worker;
  }

  const runInWorker: RunInWorker = async (moduleUrl, input, signal, feed, hear) => {
    signal.throwIfAborted();
    await turn(signal);
    try {
      signal.throwIfAborted();
      const worker = take();
      try {
        const result = await job(worker, moduleUrl, input, signal, feed, hear);
        worker.unref();
        idle.push(worker);
        return result;
      } catch (error) {
        // Whatever the job left half-done on the thread goes with it.
        await worker.terminate();
        throw error;
      }
    } finally {
      pass();
    }
  };

  return {
    runInWorker,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

/** The URL of a module beside the caller's, whether it runs from TypeScript sources or from what was built of them. */
export function siblingModule(callerUrl: string, name: string): URL {
  return new URL(`./${name}${callerUrl.endsWith(".ts") ? ".ts" : ".js"}`, callerUrl);
}

function job(
  worker: Worker,
  moduleUrl: string,
  input: unknown,
  signal: AbortSignal,
  feed: AsyncIterable<unknown> | undefined,
  hear: ((news: unknown) => void) | undefined,
): Promise<unknown> {
  const items = feed?.[Symbol.asyncIterator]();
  const say = (message: ToWorker) => worker.postMessage(message);
  const settled = new AbortController();
  const until = { signal: settled.signal };
  return new Promise<unknown>((resolve, reject) => {
    let feeding: Promise<void> = Promise.resolve();
    let feedEnded = false;
    const feedOne = async () => {
      if (items === undefined || feedEnded || settled.signal.aborted) return;
      const next = await items.next();
      if (settled.signal.aborted) return;
      if (next.done === true) feedEnded = true;
      say(next.done === true ? { kind: "feedEnded" } : { kind: "item", item: next.value });
    };
    const onMessage = (raw: unknown) => {
      const parsed = fromWorkerSchema.safeParse(raw);
      if (!parsed.success) return reject(parsed.error);
      const message: FromWorker = parsed.data;
      switch (message.kind) {
        case "pull":
          feeding = feeding.then(feedOne).catch(reject);
          break;
        case "news":
          hear?.(message.news);
          break;
        case "result":
          resolve(message.result);
          break;
        case "error":
          reject(unpackError(message.error));
          break;
        default:
          message satisfies never;
      }
    };
    const onError = (error: unknown) => reject(error);
    const onExit = (code: number) => reject(new Error(`a worker thread ended by itself with code ${code}`));
    worker.on("message", onMessage).once("error", onError).once("exit", onExit);
    signal.addEventListener("abort", () => reject(signal.reason), until);
    settled.signal.addEventListener("abort", () => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    });
    say({ kind: "run", module: moduleUrl, input, fed: items !== undefined });
  }).finally(() => {
    settled.abort();
    // Closes a generator that was not read to its end. Not awaited: it may itself wait for what was aborted.
    items?.return?.().catch(() => {});
  });
}
