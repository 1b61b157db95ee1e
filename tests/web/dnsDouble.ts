// A name server on loopback that answers as a test says: real packets over UDP (RFC 1035), A and AAAA records, TTL 0.
import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";

export interface DnsDouble extends AsyncDisposable {
  /** As a resolver takes it, `address:port`. */
  readonly server: string;
  /** What a name resolves to from now on: its addresses, or one list after the other for each look-up of its A records, the last one staying. */
  say(name: string, ...answers: readonly (readonly string[])[]): void;
  /** Look-ups of A records, by name. */
  asked(name: string): number;
}

const A = 1;
const AAAA = 28;
const HEADER_BYTES = 12;

export async function dnsDouble(): Promise<DnsDouble> {
  const known = new Map<string, readonly (readonly string[])[]>();
  const asked = new Map<string, number>();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = questionOf(query);
    const count = asked.get(name) ?? 0;
    if (type === A) asked.set(name, count + 1);
    const answers = known.get(name);
    // Its AAAA records are those of the same turn as its A records, whichever is asked for first.
    const turn = type === A ? count : Math.max(0, (asked.get(name) ?? 0) - 1);
    const addresses = answers?.[Math.min(turn, answers.length - 1)] ?? [];
    const records = addresses
      .filter((address) => isIPv4(address) === (type === A))
      .map((address) => recordOf(type, address));
    const head = Buffer.from(query.subarray(0, HEADER_BYTES));
    head.writeUInt16BE(answers === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    const answer = Buffer.concat([head, query.subarray(HEADER_BYTES, end), ...records]);
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    say: (name, ...answers) => {
      known.set(name, answers);
      asked.delete(name);
    },
    asked: (name) => asked.get(name) ?? 0,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(type: number, address: string): Buffer {
  const data = type === AAAA ? bytesOfV6(address) : Buffer.from(address.split(".").map(Number));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOfV6(address: string): Buffer {
  // The URL parser writes a dotted tail as two groups.
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = "", right] = plain.split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const tail = right === undefined ? [] : groups(right);
  const middle = Array<number>(right === undefined ? 0 : 8 - groups(left).length - tail.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...groups(left), ...middle, ...tail].entries())
    bytes.writeUInt16BE(group, index * 2);
  return bytes;
}
