// A spawned process as a byte stream in and out. Credit bounds both ways: a slow reader slows the process, a process that
// does not read slows the writer, and nobody's memory grows.
import { z } from "zod";
import { BoundaryError } from "../core/errors.ts";
import type { ByteStream, SpawnExit, SpawnOptions } from "../core/sandbox.ts";
import type { Connection } from "./connection.ts";
import { refusal } from "./transfer.ts";

/** What each side may have under way before the other has taken it. The supervisor's WINDOW_BYTES. */
const WINDOW_BYTES = 256 << 10;
const PIECE_BYTES = 64 << 10;

const exitSchema = z.looseObject({
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  cpuMs: z.number(),
  durationMs: z.number(),
  memoryMb: z.number(),
  cpuFromCgroup: z.boolean(),
  throttledCount: z.number().optional(),
  throttledMs: z.number().optional(),
});
const creditSchema = z.looseObject({ bytes: z.int().nonnegative() });

/** Starts the process; rejects where it cannot be started. `graceMs`: the host's patience beyond the time limit. */
export function spawnStream(
  connection: Connection,
  argv: readonly string[],
  options: SpawnOptions,
  graceMs: number,
): Promise<ByteStream> {
  const { cwd, env, cpuSecondsMax, timeoutMs, stderrBytesMax } = options;
  const fields = { op: "spawn", argv, cwd, env, cpuSecondsMax, timeoutMs, stderrBytesMax };
  const received: Buffer[] = [];
  let outputEnded = false;
  let failure: BoundaryError | null = null;
  let credit = WINDOW_BYTES;
  let inputEnded = false;
  let exited = false;
  let wakeReader = (): void => {};
  let wakeWriter = (): void => {};
  let resolveExit: (exit: SpawnExit) => void = () => {};
  let rejectExit: (error: BoundaryError) => void = () => {};
  const exit = new Promise<SpawnExit>((resolve, reject) => {
    resolveExit = resolve;
    rejectExit = reject;
  });
  // Whoever does not wait for the exit must not be ended by its failure.
  exit.catch(() => {});

  function died(error: BoundaryError): void {
    failure = error;
    rejectExit(error);
    wakeReader();
    wakeWriter();
  }

  return new Promise<ByteStream>((resolve, reject) => {
    let started = false;
    const exchange = connection.open(fields, {
      died: (error) => {
        if (!started) reject(error);
        died(error);
      },
      frame: ({ header, body }) => {
        if (header.error !== undefined) {
          const error = refusal(header);
          reject(error);
          died(error instanceof BoundaryError ? error : new BoundaryError("sandbox", error.message));
          return true;
        }
        switch (header.ev) {
          case undefined:
            started = true;
            watchDeadline();
            resolve(stream);
            break;
          case "data":
            received.push(body);
            wakeReader();
            break;
          case "eof":
            outputEnded = true;
            wakeReader();
            break;
          case "credit":
            credit += creditSchema.parse(header).bytes;
            wakeWriter();
            break;
          case "exit": {
            const { throttledCount, throttledMs, exitCode, signal, timedOut, cpuMs, ...rest } =
              exitSchema.parse(header);
            const { durationMs, memoryMb, cpuFromCgroup } = rest;
            exited = true;
            wakeWriter();
            resolveExit({
              ...{ exitCode, signal, timedOut, cpuMs, durationMs, memoryMb, cpuFromCgroup },
              throttled:
                throttledCount === undefined || throttledMs === undefined
                  ? null
                  : { count: throttledCount, ms: throttledMs },
              stderr: body.toString("utf8"),
            });
            break;
          }
          default:
            header.ev satisfies never;
        }
        return exited && outputEnded;
      },
    });

    function watchDeadline(): void {
      connection
        .within<void>(timeoutMs + graceMs, "spawn", (done) => {
          exit.then(
            () => done(),
            () => done(),
          );
        })
        .catch(() => {});
    }

    async function write(data: Uint8Array): Promise<void> {
      let sent = 0;
      while (sent < data.length) {
        if (failure) throw failure;
        if (exited || inputEnded) throw new BoundaryError("sandbox", "the process no longer takes input");
        if (credit <= 0) {
          await new Promise<void>((proceed) => {
            wakeWriter = proceed;
          });
          continue;
        }
        const piece = data.subarray(sent, sent + Math.min(PIECE_BYTES, credit));
        sent += piece.length;
        credit -= piece.length;
        await exchange.send({ op: "data" }, piece);
      }
    }

    async function* output(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const piece = received.shift();
        if (piece) {
          if (!failure) exchange.send({ op: "credit", bytes: piece.length }).catch(() => {});
          yield piece;
          continue;
        }
        if (outputEnded) return;
        if (failure) throw failure;
        await new Promise<void>((proceed) => {
          wakeReader = proceed;
        });
      }
    }

    async function kill(): Promise<void> {
      if (failure || (exited && outputEnded)) return;
      await exchange.send({ op: "stop" });
      await exit;
    }

    // Writes keep their order even where the caller does not wait for each.
    let writing: Promise<void> = Promise.resolve();
    const stream: ByteStream = {
      output: output(),
      write: (data) => {
        const result = writing.then(() => write(data));
        writing = result.catch(() => {});
        return result;
      },
      end: async () => {
        await writing;
        if (inputEnded || exited || failure) return;
        inputEnded = true;
        await exchange.send({ op: "data", end: true });
      },
      exit,
      kill,
      [Symbol.asyncDispose]: async () => {
        await kill().catch(() => {});
      },
    };
  });
}
