// Which way leads to the supervisors on a daemon: a socket in a bind-mounted folder, or a relay. Found out by trying once.
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { errorText } from "../../core/errors.ts";
import type { Clock } from "../../core/runtime.ts";
import { SOCKET_FOLDER, ULIMITS } from "./createOptions.ts";
import { bounded, type Engine, statusOf } from "./engine.ts";
import { connectSocket, newSandboxId, openFolder, SOCKET_NAME } from "./socketFolder.ts";

export type Transport = "socket" | "relay";

/** The whole probe, the container's start with it; the listener itself waits five seconds at most. */
const PROBE_DEADLINE_MS = 20_000;
const PROBE_PAUSE_MS = 30;
const GREETING = "nightshift";
/** What daemons say of a folder that is not on their machine, or that they may not share. */
const NOT_SHARED =
  /bind source path does not exist|no such file or directory|not shared|mounts denied|statfs/i;

/** Listens at the socket, says the greeting to whoever comes first, and ends; as no part of any sandbox. */
const LISTENER = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
server.listen(1)
server.settimeout(5)
server.accept()[0].sendall(b"${GREETING}")
`;

/** Tries whether a socket that a container of this image makes can be reached from here. */
export async function probeTransport(
  engine: Engine,
  clock: Clock,
  socketRoot: string,
  image: string,
): Promise<Transport> {
  const folder = await openFolder(socketRoot, newSandboxId());
  const signal = engine.deadline(AbortSignal.timeout(PROBE_DEADLINE_MS));
  const { docker } = engine;
  try {
    const container = await docker.createContainer({
      Image: engine.imageTag(image),
      Entrypoint: ["python3"],
      Cmd: ["-I", "-S", "-c", LISTENER, `${SOCKET_FOLDER}/${SOCKET_NAME}`],
      NetworkDisabled: true,
      HostConfig: {
        NetworkMode: "none",
        LogConfig: { Type: "none", Config: {} },
        Mounts: [{ Type: "bind", Source: folder, Target: SOCKET_FOLDER, ReadOnly: false }],
        Ulimits: [...ULIMITS],
      },
      abortSignal: signal,
    });
    try {
      await container.start({ abortSignal: signal });
      return (await greeted(clock, folder, () => isRunning(container), signal)) ? "socket" : "relay";
    } finally {
      await bounded(container.remove({ force: true, v: true }), engine.deadline()).catch(() => {});
    }
  } catch (error) {
    if (signal.aborted) return "relay";
    const status = statusOf(error);
    if (status !== null && NOT_SHARED.test(errorText(error)) && status !== 404) return "relay";
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isRunning(container: {
  inspect(): Promise<{ State: { Running: boolean } }>;
}): Promise<boolean> {
  return container.inspect().then(
    ({ State }) => State.Running,
    () => false,
  );
}

/** True once the greeting came; false when it cannot come any more. */
async function greeted(
  clock: Clock,
  folder: string,
  running: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const socket = await connectSocket(folder).catch(() => null);
    if (socket !== null) return said(socket, signal);
    if (!(await running())) return false;
    await clock.sleep(PROBE_PAUSE_MS, signal).catch(() => {});
  }
  return false;
}

function said(socket: Socket, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let text = "";
    const stop = (): void => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
      resolve(text === GREETING);
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.on("data", (piece: Buffer) => {
      text += piece.toString("latin1").slice(0, GREETING.length + 1 - text.length);
      if (text.length >= GREETING.length) stop();
    });
    socket.on("error", stop);
    socket.on("end", stop);
  });
}
