// The frames on the wire between orchestrator and supervisor: lengths, a JSON header, raw bytes. It knows no operation.
import { z } from "zod";

/** Raised when either side changes what frames mean. */
export const PROTOCOL_VERSION = 1;
const HEADER_BYTES_MAX = 4 << 20;
/** Longest raw part of one frame. */
export const BODY_BYTES_MAX = 16 << 20;
const LENGTHS_BYTES = 8;

/** What every frame from the supervisor says; the operation's own fields are parsed by whoever asked. */
export const headerSchema = z.looseObject({
  id: z.int(),
  ok: z.literal(true).optional(),
  error: z.string().optional(),
  message: z.string().optional(),
  ev: z.enum(["data", "eof", "credit", "exit"]).optional(),
});
export type FrameHeader = z.infer<typeof headerSchema>;

export interface Frame {
  readonly header: FrameHeader;
  readonly body: Buffer;
}

/** The bytes of one frame: its prefix with the header, then the body as it is, uncopied. */
export function encodeFrame(
  header: Readonly<Record<string, unknown>>,
  body?: Uint8Array,
): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header), "utf8");
  if (text.length > HEADER_BYTES_MAX) throw new RangeError(`frame header of ${text.length} bytes`);
  const length = body?.length ?? 0;
  if (length > BODY_BYTES_MAX) throw new RangeError(`frame body of ${length} bytes`);
  const prefix = Buffer.allocUnsafe(LENGTHS_BYTES);
  prefix.writeUInt32BE(text.length, 0);
  prefix.writeUInt32BE(length, 4);
  const head = Buffer.concat([prefix, text]);
  return body === undefined || length === 0 ? [head] : [head, body];
}

/** Cuts a byte stream into frames; throws on anything that is not one. Holds at most one unfinished frame. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = LENGTHS_BYTES;

  /** The frames completed by these bytes, in order. */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      const data =
        this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
      const headerLength = data.readUInt32BE(0);
      const bodyLength = data.readUInt32BE(4);
      if (headerLength > HEADER_BYTES_MAX || bodyLength > BODY_BYTES_MAX) {
        throw new RangeError(`frame of ${headerLength} + ${bodyLength} bytes`);
      }
      const end = LENGTHS_BYTES + headerLength + bodyLength;
      if (data.length < end) {
        this.#chunks = [data];
        this.#needed = end;
        return;
      }
      const body = data.subarray(LENGTHS_BYTES + headerLength, end);
      const header = data.toString("utf8", LENGTHS_BYTES, LENGTHS_BYTES + headerLength);
      const rest = data.subarray(end);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
      this.#needed = LENGTHS_BYTES;
      yield { header: headerSchema.parse(JSON.parse(header)), body };
    }
  }
}
