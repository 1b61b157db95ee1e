// The pool of worker threads.
import { describe, expect, it } from "vitest";
import { siblingModule, type WorkerPool, workerPool } from "../../src/compute/workerPool.ts";
import { UserError } from "../../src/core/errors.ts";

const jobs = new URL("./jobs.ts", import.meta.url).href;
const never = new AbortController().signal;

function run(pool: WorkerPool, what: string, signal = never, feed?: AsyncIterable<unknown>) {
  return pool.runInWorker(jobs, { what }, signal, feed);
}

describe("a pool of one worker", () => {
  it("runs a module on another thread and keeps the thread for the next job", async () => {
    await using pool = workerPool({ workersMax: 1, waitingMax: 2 });
    const first = await run(pool, "thread");
    expect(first).not.toBe(0);
    expect(await run(pool, "thread")).toBe(first);
  });

  it("feeds items no faster than they are taken, and closes the feed", async () => {
    await using pool = workerPool({ workersMax: 1, waitingMax: 2 });
    let made = 0;
    let closed = 0;
    async function* numbers(count: number) {
      try {
        for (let i = 1; i <= count; i++) {
          made++;
          yield i;
        }
      } finally {
        closed++;
      }
    }
    expect(await run(pool, "sum", never, numbers(100))).toBe(5050);
    expect([made, closed]).toEqual([100, 1]);
    made = 0;
    expect(await run(pool, "first", never, numbers(1_000_000))).toBe(1);
    expect(made).toBeLessThan(10);
    expect(await run(pool, "sum")).toBe(0);
    expect(closed).toBe(2);
  });

  it("carries errors over with their kind, and goes on", async () => {
    await using pool = workerPool({ workersMax: 1, waitingMax: 2 });
    await expect(run(pool, "userError")).rejects.toThrow(UserError);
    await expect(run(pool, "userError")).rejects.toThrow("line 3 of the pipeline is wrong");
    await expect(run(pool, "plainError")).rejects.toMatchObject({
      name: "RangeError",
      message: "out of range",
      cause: { message: expect.stringContaining("jobs.ts") },
    });
    await expect(run(pool, "crash")).rejects.toThrow("outside of any promise");
    await expect(run(pool, "badResult")).rejects.toThrow(/could not be cloned/);
    await expect(pool.runInWorker("node:path", {}, never)).rejects.toThrow(/exports no function run/);
    expect(await run(pool, "thread")).not.toBe(0);
  });

  it("rejects with the feed's own error", async () => {
    await using pool = workerPool({ workersMax: 1, waitingMax: 2 });
    const failing = (async function* () {
      yield 1;
      throw new UserError("the archive is damaged");
    })();
    await expect(run(pool, "sum", never, failing)).rejects.toThrow(UserError);
  });

  it("ends a thread that hangs when its job is aborted, and lets the next job run", async () => {
    await using pool = workerPool({ workersMax: 1, waitingMax: 2 });
    const abort = new AbortController();
    const spinning = run(pool, "spin", abort.signal);
    const waiting = run(pool, "thread");
    const gaveUp = new AbortController();
    const impatient = run(pool, "thread", gaveUp.signal);
    await expect(run(pool, "thread")).rejects.toThrow(/2 jobs wait/);
    gaveUp.abort(new Error("no longer wanted"));
    await expect(impatient).rejects.toThrow("no longer wanted");
    abort.abort(new Error("stopped"));
    await expect(spinning).rejects.toThrow("stopped");
    expect(await waiting).not.toBe(0);
    await expect(run(pool, "thread", abort.signal)).rejects.toThrow("stopped");
  });

  it("rejects what still runs when it is disposed of", async () => {
    const pool = workerPool({ workersMax: 1, waitingMax: 2 });
    const spinning = run(pool, "spin");
    const outcome = expect(spinning).rejects.toThrow(/ended by itself/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pool[Symbol.asyncDispose]();
    await outcome;
  });
});

it("names modules beside the caller in sources and in what is built of them", () => {
  expect(siblingModule("file:///a/src/compute/workerPool.ts", "computeWorker").href).toBe(
    "file:///a/src/compute/computeWorker.ts",
  );
  expect(siblingModule("file:///a/dist/compute/workerPool.js", "computeWorker").href).toBe(
    "file:///a/dist/compute/computeWorker.js",
  );
});
