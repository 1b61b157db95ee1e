// Moves one block of bytes to or from a supervisor in pieces, so that a large file never holds up the actions beside it.
import { BoundaryError } from "../core/errors.ts";
import { FileAccessError } from "../core/sandbox.ts";
import type { Connection, Exchange } from "./connection.ts";
import type { FrameHeader } from "./frames.ts";

const PIECE_BYTES = 256 << 10;

/** Receives what the operation streams; throws FileAccessError where the supervisor says why it cannot. */
export function receive(
  connection: Connection,
  fields: Readonly<Record<string, unknown>>,
  deadlineMs: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return connection.within(deadlineMs, String(fields["op"]), (resolve, reject) => {
    const exchange = connection.open(fields, {
      died: reject,
      frame: ({ header, body }) => {
        if (header.ev === "data") {
          pieces.push(body);
          exchange.send({ op: "credit", bytes: body.length }).catch(() => {});
          return false;
        }
        if (header.error === undefined) resolve(Buffer.concat(pieces));
        else reject(refusal(header));
        return true;
      },
    });
  });
}

/** Sends `data` under the operation and waits for its word that all of it is in place. */
export function deliver(
  connection: Connection,
  fields: Readonly<Record<string, unknown>>,
  data: Uint8Array,
  deadlineMs: number,
): Promise<void> {
  return connection.within(deadlineMs, String(fields["op"]), (resolve, reject) => {
    let answered = false;
    const exchange = connection.open(fields, {
      died: reject,
      frame: ({ header }) => {
        answered = true;
        if (header.error === undefined) resolve();
        else reject(refusal(header));
        return true;
      },
    });
    sendPieces(exchange, data, () => answered).catch(reject);
  });
}

async function sendPieces(exchange: Exchange, data: Uint8Array, answered: () => boolean): Promise<void> {
  let sent = 0;
  do {
    const piece = data.subarray(sent, sent + PIECE_BYTES);
    sent += piece.length;
    await exchange.send({ op: "data", end: sent === data.length }, piece);
  } while (sent < data.length && !answered());
}

/** The error that a supervisor's refusal stands for. */
export function refusal(header: FrameHeader): Error {
  const message = header.message ?? "the supervisor refused";
  switch (header.error) {
    case "missing":
    case "notAFile":
    case "tooLarge":
    case "denied":
    case "full":
      return new FileAccessError(header.error, message);
    default:
      return new BoundaryError("sandbox", `${header.error ?? "error"}: ${message}`);
  }
}
