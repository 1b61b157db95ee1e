// Forged files of arrays, npz and safetensors: pickles, lies about sizes, names twice, numbers that are none.
import { deflateRawSync } from "node:zlib";
import type { SubmissionContent } from "../submissionOf.ts";
import type { Forgery } from "./forgery.ts";
import { type ZipEntry, zipEntries, zipOf } from "./zip.ts";

const HUGE_BYTES = 1 << 30;
const BOMB_BYTES = 1 << 27;
/** Every byte set: NaN in every floating type. */
const NAN_BYTE = 0xff;

/** Forgeries for submissions of npz and safetensors files; none for other formats. */
export function arrayForgeries(starter: SubmissionContent): readonly Forgery[] {
  return [
    ...forgeriesOf(starter, ".npz", NPZ, "an npz file"),
    ...forgeriesOf(starter, ".safetensors", SAFETENSORS, "a safetensors file"),
  ];
}

type Changes = readonly (readonly [
  what: string,
  rule: Forgery["rule"],
  change: (data: Uint8Array) => Uint8Array,
])[];

function forgeriesOf(
  starter: SubmissionContent,
  ending: string,
  changes: Changes,
  what: string,
): readonly Forgery[] {
  if (![...starter.keys()].some((path) => path.endsWith(ending))) return [];
  return changes.map(([how, rule, change]) => ({
    name: `${what} ${how}`,
    rule,
    files: new Map(
      [...starter].map(([path, data]) => [path, path.endsWith(ending) ? change(data) : data] as const),
    ),
  }));
}

const SHARED: Changes = [
  ["cut in half", "invalid", (data) => data.subarray(0, data.byteLength >> 1)],
  ["with bytes behind its end", "noBetter", (data) => Buffer.concat([data, Buffer.from("score=1e9")])],
];

const withEntries =
  (change: (entries: readonly ZipEntry[]) => readonly ZipEntry[]) =>
  (data: Uint8Array): Uint8Array =>
    zipOf(change(zipEntries(data)));

/** The entries of an npz file with the numbers of each array changed, its header as it is. */
const withNumbers = (byte: number) =>
  withEntries((entries) =>
    entries.map((entry) => {
      const start = numbersStart(entry.data);
      const data = Uint8Array.from(entry.data);
      data.fill(byte, start);
      return { ...entry, data };
    }),
  );

const NPZ: Changes = [
  ...SHARED,
  ["of NaN", "noBetter", withNumbers(NAN_BYTE)],
  ["of zeros", "noBetter", withNumbers(0)],
  [
    "of Python objects, which would have to be unpickled",
    "invalid",
    withEntries((entries) =>
      entries.map((entry) => ({
        ...entry,
        data: npy(
          "|O",
          "(1,)",
          Buffer.from("\x80\x03cos\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.", "latin1"),
        ),
      })),
    ),
  ],
  ["with an array twice", "invalid", withEntries((entries) => [...entries, ...entries.slice(0, 1)])],
  [
    "whose arrays claim more numbers than there are",
    "invalid",
    withEntries((entries) =>
      entries.map((entry) => ({ ...entry, data: npy("<f8", `(${HUGE_BYTES},)`, Buffer.alloc(8)) })),
    ),
  ],
  [
    "that unpacks to far more than it is",
    "invalid",
    withEntries((entries) => [
      ...entries,
      { name: "bomb.npy", data: Buffer.alloc(0), packed: { data: bomb(), bytes: BOMB_BYTES } },
    ]),
  ],
];

const SAFETENSORS: Changes = [
  ...SHARED,
  ["of NaN", "noBetter", (data) => withBody(data, NAN_BYTE)],
  ["of zeros", "noBetter", (data) => withBody(data, 0)],
  [
    "that is a pickle",
    "invalid",
    () => Buffer.from("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", "latin1"),
  ],
  [
    "whose header claims to be larger than the file",
    "invalid",
    (data) => {
      const copy = Buffer.from(data);
      copy.writeBigUInt64LE(BigInt(HUGE_BYTES));
      return copy;
    },
  ],
  [
    "whose tensors claim more numbers than there are",
    "invalid",
    () => safetensors('{"w":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4]}}', Buffer.alloc(4)),
  ],
  [
    "whose tensors overlap",
    "invalid",
    () =>
      safetensors(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        Buffer.alloc(4),
      ),
  ],
  [
    "with a tensor twice",
    "invalid",
    () =>
      safetensors(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        Buffer.alloc(4),
      ),
  ],
];

/** One array as numpy saves it, with whatever its header is to claim. */
export function npy(kind: string, shape: string, data: Uint8Array): Uint8Array {
  const header = Buffer.from(`{'descr': '${kind}', 'fortran_order': False, 'shape': ${shape}, }\n`);
  const head = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
  head.writeUInt16LE(header.byteLength, 8);
  return Buffer.concat([head, header, data]);
}

/** A safetensors file with whatever its header is to claim. */
export function safetensors(header: string, body: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([head, Buffer.from(header), body]);
}

function numbersStart(data: Uint8Array): number {
  const view = Buffer.from(data);
  return Math.min(10 + (view.byteLength >= 10 ? view.readUInt16LE(8) : 0), view.byteLength);
}

function withBody(data: Uint8Array, byte: number): Uint8Array {
  const copy = Buffer.from(data);
  const start = copy.byteLength >= 8 ? 8 + Number(copy.readBigUInt64LE()) : copy.byteLength;
  return copy.fill(byte, Math.min(start, copy.byteLength));
}

function bomb(): Uint8Array {
  return deflateRawSync(Buffer.alloc(BOMB_BYTES), { level: 9 });
}
