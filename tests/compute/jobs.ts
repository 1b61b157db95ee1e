// A module that the pool's tests run on worker threads.
import { threadId } from "node:worker_threads";
import { z } from "zod";
import { UserError } from "../../src/core/errors.ts";

const inputSchema = z.object({
  what: z.enum(["thread", "sum", "first", "userError", "plainError", "crash", "spin", "badResult"]),
});

export async function run(input: unknown, feed: AsyncIterable<unknown>): Promise<unknown> {
  switch (inputSchema.parse(input).what) {
    case "thread":
      return threadId;
    case "sum": {
      let sum = 0;
      for await (const item of feed) sum += z.number().parse(item);
      return sum;
    }
    case "first":
      for await (const item of feed) return item;
      return null;
    case "userError":
      throw new UserError("line 3 of the pipeline is wrong");
    case "plainError":
      throw new RangeError("out of range");
    case "crash":
      setTimeout(() => {
        throw new Error("outside of any promise");
      }, 0);
      return new Promise(() => {});
    case "spin":
      while (true) {}
    case "badResult":
      return () => {};
  }
}
