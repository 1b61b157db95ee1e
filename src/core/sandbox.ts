// The sandbox boundary. A sandbox knows files, commands and limits; it never sees a task, an agent or a score.
import { z } from "zod";

/** Hex SHA-256 of a workspace archive (tree, working directory, environment): content-addressed. */
export type SnapshotId = string;

/** Hard limits of one sandbox. What a backend cannot enforce is said in its capabilities. */
export const sandboxLimitsSchema = z.strictObject({
  cpus: z.number().positive(),
  memoryMb: z.int().positive(),
  pids: z.int().positive(),
  /** Size of the workspace. */
  diskMb: z.int().positive(),
  /** GPUs, where the backend can lend any; a backend that cannot refuses more than none. */
  gpus: z.int().nonnegative().optional(),
  /** Longest life of the sandbox from its creation; after it the supervisor ends everything by itself. */
  lifetimeMs: z.int().positive(),
});
export type SandboxLimits = z.infer<typeof sandboxLimitsSchema>;

export const ENFORCEMENTS = ["enforced", "partial", "none"] as const;
export type Enforcement = (typeof ENFORCEMENTS)[number];

/** What a backend really enforces on this machine, recorded on every trajectory. */
export const capabilitiesSchema = z.strictObject({
  backend: z.string(),
  isolation: z.enum(["none", "namespace", "container", "virtualMachine"]),
  cpu: z.enum(ENFORCEMENTS),
  memory: z.enum(ENFORCEMENTS),
  pids: z.enum(ENFORCEMENTS),
  disk: z.enum(ENFORCEMENTS),
  network: z.enum(ENFORCEMENTS),
  /** Whether code in the sandbox is kept from the host's files. */
  hostFiles: z.enum(ENFORCEMENTS),
  /** Whether the sandbox outlives the orchestrator, so that a resumed run can attach to it again. */
  survivesOrchestrator: z.boolean(),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** A file to lay into a new workspace. */
export interface SandboxFile {
  /** Relative to the workspace; no `..`, no leading slash. */
  readonly path: string;
  readonly data: Uint8Array;
  readonly executable: boolean;
}

export interface SandboxSpec {
  readonly runId: string;
  /** What it is for: a rollout key, or an evaluation key with its room. Part of its label. */
  readonly owner: string;
  readonly purpose: "rollout" | "judge" | "submission";
  /** Name of the image; a backend without images ignores it. */
  readonly image: string;
  readonly files: readonly SandboxFile[];
  /** Host folders mounted at absolute paths, always read-only. */
  readonly mounts: readonly { readonly hostPath: string; readonly path: string }[];
  readonly limits: SandboxLimits;
  readonly env: { readonly [name: string]: string };
  /** False, the default: no network at all. */
  readonly network: boolean;
  /** Milliseconds without a client after which the supervisor ends the sandbox. */
  readonly orphanTtlMs: number;
}

/** Enough to find a living sandbox again from another process. */
export const sandboxHandleSchema = z.strictObject({
  backend: z.string(),
  host: z.string(),
  id: z.string(),
  /** Backend's own text: a socket path, a process id with its start time. */
  locator: z.string(),
});
export type SandboxHandle = z.infer<typeof sandboxHandleSchema>;

export interface ExecOptions {
  readonly timeoutMs: number;
  /** Kept output: half from the head, half from the tail; the rest is counted and thrown away. */
  readonly outputBytesMax: number;
  /** Relative to the workspace, or absolute. Default: the shell's own directory (shell), the workspace (exec). */
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
}

/** What a command did. A non-zero exit, a time-out and an out-of-memory kill are ordinary data. */
export interface ExecResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly oomKilled: boolean;
  readonly durationMs: number;
  readonly cpuMs: number;
  /** stdout and stderr as they came, UTF-8 with replacement; a cut is marked in the text. */
  readonly output: string;
  /** All bytes printed, kept or not. */
  readonly outputBytes: number;
  readonly truncated: boolean;
  /** Working directory after the command: `.` is the workspace, paths below it are relative, others absolute. */
  readonly cwd: string;
  /** True when the persistent shell was lost (exit, kill, time-out) and a new one stands in its place. */
  readonly shellRestarted: boolean;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  /** Hard limit on CPU seconds of the process and what it starts (RLIMIT_CPU per process). */
  readonly cpuSecondsMax: number;
  readonly timeoutMs: number;
  /** Bytes of stderr kept, head and tail. */
  readonly stderrBytesMax: number;
}

/** How a spawned process ended; CPU time is measured outside it, over it and all its descendants. */
export interface SpawnExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly cpuMs: number;
  readonly durationMs: number;
  readonly stderr: string;
  /** Largest resident memory of the process, and of children that it waited for. */
  readonly memoryMb: number;
  /** Whether a cgroup of the sandbox's own counted its CPU time; else the kernel did, process by process. */
  readonly cpuFromCgroup: boolean;
  /** How often, and how long, the sandbox was held back by its CPU limit meanwhile; null where nobody counts. */
  readonly throttled: { readonly count: number; readonly ms: number } | null;
}

/** A process with a byte stream in and out, with back-pressure both ways. */
export interface ByteStream extends AsyncDisposable {
  /** Chunks of stdout until it closes. Reading slowly slows the writer; nothing is buffered without bound. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the process can take more. */
  write(data: Uint8Array): Promise<void>;
  /** Closes stdin. */
  end(): Promise<void>;
  /** Resolves once, after the process and its descendants are gone. */
  readonly exit: Promise<SpawnExit>;
  /** Kills the process and all its descendants. */
  kill(): Promise<void>;
}

/** One living sandbox. Contract: tests/contracts/sandbox.ts. Any call throws BoundaryError("sandbox") once it is dead. */
export interface Sandbox extends AsyncDisposable {
  readonly capabilities: Capabilities;
  readonly handle: SandboxHandle;
  /** The persistent bash: directory, variables and functions last. A known action id returns its first result. */
  shell(actionId: string, command: string, options: ExecOptions): Promise<ExecResult>;
  /** A process of its own beside the shell. A known action id returns its first result. */
  exec(
    actionId: string,
    argv: readonly string[],
    options: ExecOptions & { readonly stdin?: Uint8Array },
  ): Promise<ExecResult>;
  spawn(argv: readonly string[], options: SpawnOptions): Promise<ByteStream>;
  /** Regular files only, at most `bytesMax` (else throws FileAccessError). Paths relative to the workspace or absolute. */
  read(path: string, bytesMax: number): Promise<Uint8Array>;
  /** Atomically, with parent folders. */
  write(path: string, data: Uint8Array): Promise<void>;
  /** The workspace, the shell's directory and exported environment, into the blob store. */
  snapshot(): Promise<SnapshotId>;
  /** Puts a snapshot's state in place of the present one. */
  restore(id: SnapshotId): Promise<void>;
  /** True when the sandbox still answers: asked after errors, so that a destroyed sandbox is never a success. */
  probe(): Promise<boolean>;
}

/** A file could not be read or written as asked; `code` says why. The sandbox itself is well. */
export class FileAccessError extends Error {
  override readonly name = "FileAccessError";
  readonly code: "missing" | "notAFile" | "tooLarge" | "denied" | "full";
  constructor(code: FileAccessError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface SweepOptions {
  /** Sweep everything of this run; without it only what is past its expiry. */
  readonly runId?: string;
  /** Only looks: counts what it would remove. */
  readonly dryRun?: boolean;
  /** Spares the sandboxes with these handle ids: rollouts will attach to them. */
  readonly spare?: ReadonlySet<string>;
  /** Spares what a living process of this machine made, whatever its run and its expiry. */
  readonly spareOwned?: boolean;
  /** Told of each leftover before it goes. */
  readonly found?: (what: string) => void;
}

/** An image that can be used; `digest` is what will really run. */
export interface CheckedImage {
  readonly digest: string;
  /** What is enforced for sandboxes of this image, where that is not what `probe` says. */
  readonly capabilities?: Capabilities;
}

export interface SandboxBackend {
  readonly name: string;
  /** What this machine will really enforce; found out by trying. Throws UserError with a remedy where it cannot work at all. */
  probe(): Promise<Capabilities>;
  /** Throws UserError naming the image and how to build it when an image is missing. Checked before anything is spent. */
  checkImage(image: string): Promise<CheckedImage>;
  create(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox>;
  /** The same sandbox from another process; null when it no longer lives. */
  attach(handle: SandboxHandle): Promise<Sandbox | null>;
  /** Removes leftovers; returns how many. */
  sweep(options: SweepOptions): Promise<number>;
  /** Gives back what the backend itself holds (scratch folder, cgroups), once its sandboxes are gone. */
  close(): Promise<void>;
}

/** Where large or shared content lives, by the SHA-256 of its bytes. */
export interface BlobStore {
  /** Durable when it resolves; the same bytes are stored once. */
  put(data: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
}
