// Carries bytes from one process to another through the orchestrator. It understands none of them.
import type { ByteStream } from "../core/sandbox.ts";

/**
 * Copies `from`'s output to `to`'s input until it closes, then closes that input. Slow readers slow the writer down. When
 * `to` no longer takes anything the rest is read and thrown away, so that `from` can end by itself.
 * Resolves "flooded", with the rest unread, after `bytesMax`. Throws only when `from` itself breaks.
 */
export async function pump(
  from: ByteStream,
  to: ByteStream,
  bytesMax: number,
): Promise<"closed" | "flooded"> {
  let bytes = 0;
  let taken = true;
  try {
    for await (const chunk of from.output) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) return "flooded";
      if (taken) taken = await succeeds(to.write(chunk));
    }
    return "closed";
  } finally {
    await succeeds(to.end());
  }
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
