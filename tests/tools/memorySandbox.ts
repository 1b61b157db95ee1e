// A sandbox in memory for unit tests: honest about files (missing, folders, size, read-only), programs run in a temporary
// folder that holds its files, and a shell that knows only the commands a test gives it.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BoundaryError } from "../../src/core/errors.ts";
import { type BlobStore, type ExecResult, FileAccessError, type Sandbox } from "../../src/core/sandbox.ts";

export interface MemorySandbox extends Sandbox {
  readonly files: Map<string, Uint8Array>;
  readonly readOnly: Set<string>;
  readonly shellCalls: { actionId: string; command: string }[];
  text(path: string): string;
  /** Every later call fails as a dead sandbox's does. */
  die(): void;
  readonly disposeCount: () => number;
}

const PLAIN: ExecResult = {
  exitCode: 0,
  signal: null,
  timedOut: false,
  oomKilled: false,
  durationMs: 1,
  cpuMs: 1,
  output: "",
  outputBytes: 0,
  truncated: false,
  cwd: ".",
  shellRestarted: false,
};

export function memorySandbox(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  commands: Readonly<Record<string, Partial<ExecResult>>> = {},
): MemorySandbox {
  const stored = new Map(
    Object.entries(files).map(([path, data]) => [path, typeof data === "string" ? Buffer.from(data) : data]),
  );
  const readOnly = new Set<string>();
  const shellCalls: { actionId: string; command: string }[] = [];
  let dead = false;
  let disposed = 0;
  const alive = () => {
    if (dead) throw new BoundaryError("sandbox", "the memory sandbox is dead");
  };
  const isFolder = (path: string) =>
    path === "." || [...stored.keys()].some((key) => key.startsWith(`${path}/`));
  return {
    files: stored,
    readOnly,
    shellCalls,
    text: (path) => Buffer.from(stored.get(path) ?? "(missing)").toString("utf8"),
    die: () => {
      dead = true;
    },
    disposeCount: () => disposed,
    capabilities: {
      backend: "memory",
      isolation: "none",
      cpu: "none",
      memory: "none",
      pids: "none",
      disk: "none",
      network: "none",
      hostFiles: "none",
      survivesOrchestrator: false,
    },
    handle: { backend: "memory", host: "", id: "", locator: "" },
    async shell(actionId, command) {
      alive();
      shellCalls.push({ actionId, command });
      const known = commands[command];
      return known === undefined
        ? { ...PLAIN, exitCode: 127, output: "command not found\n" }
        : { ...PLAIN, ...known };
    },
    async exec(_actionId, [program = "", ...args], options) {
      alive();
      const folder = await mkdtemp(join(tmpdir(), "memory-sandbox-"));
      try {
        for (const [path, data] of stored) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), data);
        }
        return await new Promise<ExecResult>((resolve) => {
          const child = execFile(
            program,
            args,
            { cwd: folder, timeout: options.timeoutMs },
            (error, stdout, stderr) => {
              const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
              resolve({ ...PLAIN, exitCode, output: stdout + stderr, timedOut: error?.killed === true });
            },
          );
          child.stdin?.end(options.stdin);
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    spawn: () => Promise.reject(new BoundaryError("sandbox", "the memory sandbox spawns nothing")),
    async read(path, bytesMax) {
      alive();
      const data = stored.get(path);
      if (data === undefined) {
        throw isFolder(path)
          ? new FileAccessError("notAFile", `${path} is a folder`)
          : new FileAccessError("missing", `${path} is missing`);
      }
      if (data.byteLength > bytesMax) throw new FileAccessError("tooLarge", `${path} is too large`);
      return data;
    },
    async write(path, data) {
      alive();
      if (isFolder(path)) throw new FileAccessError("notAFile", `${path} is a folder`);
      if (readOnly.has(path)) throw new FileAccessError("denied", `${path} is read-only`);
      stored.set(path, data);
    },
    snapshot: () => Promise.reject(new BoundaryError("sandbox", "the memory sandbox takes no snapshots")),
    restore: () => Promise.reject(new BoundaryError("sandbox", "the memory sandbox takes no snapshots")),
    probe: async () => !dead,
    async [Symbol.asyncDispose]() {
      disposed += 1;
    },
  };
}

export interface MemoryBlobs extends BlobStore {
  readonly stored: Map<string, Uint8Array>;
}

export function memoryBlobs(): MemoryBlobs {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    async put(data) {
      const sha256 = createHash("sha256").update(data).digest("hex");
      stored.set(sha256, data);
      return sha256;
    },
    async get(sha256) {
      const data = stored.get(sha256);
      if (data === undefined) throw new Error(`no blob ${sha256}`);
      return data;
    },
    has: async (sha256) => stored.has(sha256),
  };
}
