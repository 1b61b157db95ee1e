// A stream of JSON lines to one client, at the client's own speed: whoever writes waits for whoever reads.
import { once } from "node:events";
import type { ServerResponse } from "node:http";

export interface Lines {
  /** Resolves when the client's buffer has room again. Rejects with the signal's reason; a client that is gone makes it resolve at once. */
  write(value: object, signal?: AbortSignal): Promise<void>;
  end(): void;
  /** Breaks off, whatever has not been read. */
  drop(): void;
}

/** Begins the answer. One writer's lines wait here at a time per call: so many writers, so many lines in memory. */
export function openLines(response: ServerResponse, headers: Readonly<Record<string, string>>): Lines {
  response.writeHead(200, {
    "content-type": "application/x-ndjson",
    "cache-control": "no-store",
    ...headers,
  });
  response.flushHeaders();
  // Each writer that waits listens for the drain.
  response.setMaxListeners(0);
  return {
    async write(value, signal) {
      if (response.destroyed || response.writableEnded) return;
      if (response.writableNeedDrain) await drained(response, signal);
      if (response.destroyed || response.writableEnded) return;
      if (!response.write(`${JSON.stringify(value)}\n`)) await drained(response, signal);
    },
    end: () => void response.end(),
    drop: () => void response.destroy(),
  };
}

async function drained(response: ServerResponse, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  const until = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  try {
    await Promise.race([
      once(response, "drain", { signal: until }),
      once(response, "close", { signal: until }),
    ]);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    // Whatever broke the connection closes it, which is what counts here.
    if (!response.destroyed) throw error;
  } finally {
    over.abort();
  }
}
