// The ground that attacks are played on: a backend with a scratch folder of its own, the judge over it, things on the host that nobody in
// a sandbox may reach (a secret, a port, sockets), and the honest figures that scores and neighbours are held against.
import { createSocket } from "node:dgram";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { podmanSocket, pythonOf, treesOf } from "../../../src/compose/backends.ts";
import { createWorld, type World as RealWorld } from "../../../src/compose/world.ts";
import { sha256 } from "../../../src/core/hash.ts";
import { canonicalJson } from "../../../src/core/json.ts";
import type { Log } from "../../../src/core/runtime.ts";
import type { BlobStore, SandboxBackend } from "../../../src/core/sandbox.ts";
import { judge } from "../../../src/judge/judge.ts";
import { bubblewrapBackend } from "../../../src/sandbox/bubblewrap.ts";
import { dockerBackend } from "../../../src/sandbox/docker/docker.ts";
import { processBackend } from "../../../src/sandbox/process.ts";
import { NEVER, type World } from "../../judge/world.ts";
import { memoryBlobs } from "../../sandbox/ground.ts";
import type { NeighbourRun } from "./neighbour.ts";

/** `process-open`: plain processes without any namespace. */
export const GROUNDS = ["process", "process-open", "bubblewrap", "docker", "podman"] as const;
export type GroundName = (typeof GROUNDS)[number];

export interface Ground extends AsyncDisposable {
  readonly name: GroundName;
  /** Id of the run that all sandboxes are labelled with. */
  readonly runId: string;
  /** What rollouts and judges of tests stand on. */
  readonly world: World;
  readonly scratch: string;
  /** The engine's socket, of backends that have one. */
  readonly engineSocket: string | null;
  readonly openFolder: string;
  readonly secretFile: string;
  readonly secret: string;
  readonly port: number;
  readonly abstractSocket: string;
  readonly addresses: readonly string[];
  /** What has arrived at the port and the socket since it was last asked. */
  arrivals(): readonly string[];
  /** Scores that honest submissions earn here, by task and submission. */
  readonly honestScores: Map<string, Promise<number>>;
  /** What a neighbour sees and hands in while nobody attacks, by task. */
  readonly calmRuns: Map<string, Promise<NeighbourRun>>;
}

/** Opens the ground of a backend. Throws where the backend does not work here. */
export async function openGround(name: GroundName, token: string): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  try {
    // Short: the path of a unix socket lies below it. Sandboxes run as users of their own and must be able to pass.
    const scratch = await mkdtemp("/tmp/nh-");
    stack.defer(() => rm(scratch, { recursive: true, force: true }));
    await chmod(scratch, 0o755);
    const openFolder = path.join(scratch, "open");
    await mkdir(openFolder);
    await chmod(openFolder, 0o777);
    const secret = `secret-of-the-host-${token}`;
    const secretFile = path.join(openFolder, "secret.txt");
    await writeFile(secretFile, secret, { mode: 0o666 });
    await chmod(secretFile, 0o666);

    const real = await createWorld();
    const warnings: string[] = [];
    const log: Log = { info: () => {}, warn: (event) => void warnings.push(event) };
    const blobs = memoryBlobs();
    const options = { blobs, clock: real.clock, log };
    const backend = backendOf(name, path.join(scratch, "s"), { ...options, real });
    await mkdir(path.join(scratch, "s"), { mode: 0o755 });
    stack.defer(async () => {
      await backend.sweep({ runId: token });
      await backend.close();
    });

    const seen: string[] = [];
    const server = createServer((socket) => {
      seen.push(`a connection from ${socket.remoteAddress}`);
      socket.on("error", () => {}).end(secret);
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.on("error", reject).listen(0, "0.0.0.0", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    stack.defer(() => void server.close());
    const datagrams = createSocket("udp4");
    datagrams.on("message", (_, from) => void seen.push(`a datagram from ${from.address}`));
    await new Promise<void>((resolve) => void datagrams.bind(port, () => resolve()));
    stack.defer(() => void datagrams.close());
    const abstractSocket = `nightshift-hostile-${token}`;
    const local = createServer((socket) => {
      seen.push("a connection to the abstract socket");
      socket.on("error", () => {}).end(secret);
    });
    await new Promise<void>((resolve) => void local.listen(`\0${abstractSocket}`, () => resolve()));
    stack.defer(() => void local.close());

    const disposing = stack.move();
    return {
      name,
      runId: token,
      world: worldOver(backend, blobs, { log, warnings, token, clock: real.clock }),
      scratch,
      engineSocket:
        name === "docker" ? "/var/run/docker.sock" : name === "podman" ? podmanSocket(real) : null,
      openFolder,
      secretFile,
      secret,
      port,
      abstractSocket,
      addresses: Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .filter(({ family, internal }) => family === "IPv4" && !internal)
        .map(({ address }) => address),
      arrivals: () => seen.splice(0),
      honestScores: new Map(),
      calmRuns: new Map(),
      [Symbol.asyncDispose]: () => disposing.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The product's own backends, in a folder of the ground's. */
function backendOf(
  name: GroundName,
  root: string,
  { real, ...options }: { blobs: BlobStore; clock: RealWorld["clock"]; log: Log; real: RealWorld },
): SandboxBackend {
  const local = { ...options, root, python: pythonOf(real) };
  switch (name) {
    case "process":
      return processBackend(local);
    case "process-open":
      return processBackend({ ...local, namespaces: false });
    case "bubblewrap":
      return bubblewrapBackend({
        ...local,
        trees: treesOf(real),
        program: real.env("NIGHTSHIFT_BWRAP") ?? "bwrap",
      });
    case "docker":
    case "podman": {
      const socketPath = name === "docker" ? "/var/run/docker.sock" : podmanSocket(real);
      return dockerBackend({
        ...options,
        engine: name,
        name: "local",
        connection: { socketPath },
        socketRoot: root,
      });
    }
    default:
      return name satisfies never;
  }
}

function worldOver(
  backend: SandboxBackend,
  blobs: BlobStore,
  { log, warnings, token, clock }: { log: Log; warnings: string[]; token: string; clock: RealWorld["clock"] },
): World {
  const judgeOver: World["judgeOver"] = (over, onCases) =>
    judge({ backend: over, blobs, clock, log, runId: token, ...(onCases ? { onCases } : {}) });
  const submit: World["submit"] = async (files) => {
    const manifest = [];
    for (const [name, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const data = typeof content === "string" ? new TextEncoder().encode(content) : content;
      manifest.push({ path: name, sha256: await blobs.put(data), bytes: data.byteLength });
    }
    return blobs.put(new TextEncoder().encode(canonicalJson(manifest)));
  };
  return {
    backend,
    blobs,
    warnings,
    submit,
    judgeOver,
    evaluate: async (task, files, seeds = [0]) =>
      judgeOver(backend).evaluate(task, await submit(files), "record", seeds, NEVER),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A short name that nothing else on this machine has. */
export function newToken(): string {
  return sha256(`${process.pid} ${performance.now()} ${Math.random()}`).slice(0, 12);
}
