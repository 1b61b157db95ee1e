// A Sandbox over a connection to its supervisor, whatever carries the bytes: the same for every backend.
import { z } from "zod";
import { BoundaryError } from "../core/errors.ts";
import type {
  BlobStore,
  Capabilities,
  ExecOptions,
  ExecResult,
  Sandbox,
  SandboxHandle,
  SandboxLimits,
} from "../core/sandbox.ts";
import { sandboxLimitsSchema } from "../core/sandbox.ts";
import { spawnStream } from "./byteStream.ts";
import type { Connection } from "./connection.ts";
import type { Frame } from "./frames.ts";
import { BODY_BYTES_MAX, PROTOCOL_VERSION } from "./frames.ts";
import { deliver, receive, refusal } from "./transfer.ts";

/** The host's patience beyond an action's own time limit, which the sandbox keeps. Generous: hosts are shared. */
const GRACE_MS = 20_000;
const FILE_DEADLINE_MS = 120_000;
const ARCHIVE_DEADLINE_MS = 600_000;
const PROBE_DEADLINE_MS = 10_000;
const MEBIBYTE = 1 << 20;
/** Headers of the archive come on top of the files' own bytes. */
const ARCHIVE_EXTRA_BYTES = 64 * MEBIBYTE;

const helloSchema = z.looseObject({
  protocol: z.literal(PROTOCOL_VERSION),
  pid: z.int(),
  bootId: z.string(),
  /** What the sandbox was made with, for whoever attaches; null where none can. */
  limits: sandboxLimitsSchema.nullable(),
  running: z.array(z.string()),
  finished: z.array(z.string()),
});
export type Hello = z.infer<typeof helloSchema>;

const resultSchema = z.looseObject({
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  oomKilled: z.boolean(),
  durationMs: z.number(),
  cpuMs: z.number(),
  outputBytes: z.int(),
  truncated: z.boolean(),
  cwd: z.string(),
  shellRestarted: z.boolean(),
});

/** Asks the supervisor who it is: the first thing on every connection. */
export async function greet(connection: Connection, deadlineMs: number): Promise<Hello> {
  const { header } = await connection.request({ op: "hello" }, deadlineMs);
  return helloSchema.parse(header);
}

/** Writes a file through the supervisor: atomically, with its parent folders. */
export function writeFile(
  connection: Connection,
  path: string,
  data: Uint8Array,
  executable: boolean,
): Promise<void> {
  return deliver(connection, { op: "write", path, mode: executable ? 0o755 : 0o644 }, data, FILE_DEADLINE_MS);
}

export interface SandboxParts {
  readonly connection: Connection;
  readonly capabilities: Capabilities;
  readonly handle: SandboxHandle;
  readonly limits: SandboxLimits;
  readonly blobs: BlobStore;
  /** Removes whatever carries the sandbox. Called once. */
  readonly remove: () => Promise<void>;
}

/** The sandbox behind a connection that has been greeted. Disposal removes it; a dead one is removed all the same. */
export function connectedSandbox(parts: SandboxParts): Sandbox {
  const { connection, blobs, limits } = parts;
  const archiveBytesMax = limits.diskMb * MEBIBYTE + ARCHIVE_EXTRA_BYTES;
  let shellTurn: Promise<unknown> = Promise.resolve();
  let removal: Promise<void> | null = null;

  async function act(
    fields: { readonly op: "shell" | "exec"; readonly actionId: string } & Readonly<Record<string, unknown>>,
    options: ExecOptions,
    stdin?: Uint8Array,
  ): Promise<ExecResult> {
    const { timeoutMs, outputBytesMax, cwd, env, signal } = options;
    signal?.throwIfAborted();
    const kill = (): void => {
      connection.request({ op: "kill", actionId: fields.actionId }, GRACE_MS).catch(() => {});
    };
    signal?.addEventListener("abort", kill, { once: true });
    try {
      const deadlineMs = timeoutMs + GRACE_MS;
      const frame = await connection.request(
        { ...fields, timeoutMs, outputBytesMax, cwd, env },
        deadlineMs,
        stdin,
      );
      signal?.throwIfAborted();
      return execResult(frame);
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  return {
    capabilities: parts.capabilities,
    handle: parts.handle,

    shell(actionId, command, options) {
      // One shell, one action at a time: taking turns here keeps each deadline about its own action.
      const turn = shellTurn.then(() => act({ op: "shell", actionId, command }, options));
      shellTurn = turn.catch(() => {});
      return turn;
    },

    async exec(actionId, argv, options) {
      const stdin = options.stdin;
      if (argv.length === 0) throw new RangeError("exec needs a program to run");
      if (stdin && stdin.length > BODY_BYTES_MAX) {
        throw new RangeError(`exec takes at most ${BODY_BYTES_MAX} bytes of stdin, not ${stdin.length}`);
      }
      return act({ op: "exec", actionId, argv }, options, stdin);
    },

    async spawn(argv, options) {
      if (argv.length === 0) throw new RangeError("spawn needs a program to run");
      return spawnStream(connection, argv, options, GRACE_MS);
    },

    async read(path, bytesMax) {
      return receive(connection, { op: "read", path, bytesMax }, FILE_DEADLINE_MS);
    },

    async write(path, data) {
      await writeFile(connection, path, data, false);
    },

    async snapshot() {
      const fields = { op: "snapshot", bytesMax: archiveBytesMax };
      const archive = await receive(connection, fields, ARCHIVE_DEADLINE_MS);
      return blobs.put(archive);
    },

    async restore(id) {
      const archive = await blobs.get(id);
      await deliver(connection, { op: "restore" }, archive, ARCHIVE_DEADLINE_MS);
    },

    async probe() {
      try {
        const { header } = await connection.request({ op: "ping" }, PROBE_DEADLINE_MS);
        return header.error === undefined;
      } catch {
        return false;
      }
    },

    async [Symbol.asyncDispose]() {
      connection.die("the sandbox has been disposed");
      removal ??= parts.remove();
      await removal;
    },
  };
}

/** A directory's name as a record and a terminal can take it: what is no text in it, or would make a terminal act, is replaced. */
function nameable(directory: string): string {
  return directory.toWellFormed().replaceAll(/\p{Cc}/gu, "\ufffd");
}

function execResult({ header, body }: Frame): ExecResult {
  if (header.error !== undefined) {
    const error = refusal(header);
    throw error instanceof BoundaryError ? error : new BoundaryError("sandbox", error.message);
  }
  const result = resultSchema.parse(header);
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    timedOut: result.timedOut,
    oomKilled: result.oomKilled,
    durationMs: result.durationMs,
    cpuMs: result.cpuMs,
    output: body.toString("utf8"),
    outputBytes: result.outputBytes,
    truncated: result.truncated,
    cwd: nameable(result.cwd),
    shellRestarted: result.shellRestarted,
  };
}
