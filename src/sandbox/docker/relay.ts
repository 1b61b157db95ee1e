// The way to a supervisor whose socket is out of reach from here (a daemon on another machine, or behind a virtual one): one
// exec in the container, as root, that carries bytes between its own stream and the socket.
import { Duplex } from "node:stream";
import type Docker from "dockerode";
import { BoundaryError } from "../../core/errors.ts";

/** Copies standard input to the socket and the socket to standard output until either ends. */
const RELAY = `
import os, select, socket, sys, time
path = sys.argv[1]
link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
for attempt in range(200):
    try: link.connect(path); break
    except OSError: time.sleep(0.05)
else: sys.exit("nothing listens at " + path)
os.chmod(os.path.dirname(path), 0o755)
def everything(data):
    view = memoryview(data)
    while view: view = view[os.write(1, view):]
while True:
    ready = select.select([0, link], [], [])[0]
    if 0 in ready:
        data = os.read(0, 262144)
        if not data: break
        link.sendall(data)
    if link in ready:
        data = link.recv(262144)
        if not data: break
        everything(data)
`;

const STDOUT = 1;
const HEADER_BYTES = 8;
const COMPLAINT_BYTES_MAX = 2048;

/** Opens a relay into a running container. Rejects where the container is gone. */
export async function openRelay(
  container: Docker.Container,
  socketPath: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const exec = await container.exec({
    Cmd: ["python3", "-I", "-S", "-c", RELAY, socketPath],
    User: "0:0",
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    abortSignal: signal,
  });
  const hijacked = await exec.start({ hijack: true, stdin: true, abortSignal: signal });
  return demultiplexed(hijacked);
}

/** The stream without the daemon's framing: each piece comes with a header that says whose output it is, and how long. */
export function demultiplexed(hijacked: Duplex): Duplex {
  let held: Buffer = Buffer.alloc(0);
  let source = 0;
  let left = 0;
  let complaint = "";

  const stream = new Duplex({
    read: () => hijacked.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      hijacked.write(chunk, done);
    },
    final: (done) => {
      hijacked.end(done);
    },
    destroy: (error, done) => {
      hijacked.destroy();
      done(error);
    },
  });

  function take(chunk: Buffer): void {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      if (left === 0) {
        if (held.length < HEADER_BYTES) return;
        source = held[0] ?? 0;
        left = held.readUInt32BE(4);
        held = held.subarray(HEADER_BYTES);
        continue;
      }
      if (held.length === 0) return;
      const piece = held.subarray(0, left);
      held = held.subarray(piece.length);
      left -= piece.length;
      if (source === STDOUT) {
        if (!stream.push(piece)) hijacked.pause();
      } else complaint = (complaint + piece.toString("utf8")).slice(-COMPLAINT_BYTES_MAX);
    }
  }

  hijacked.on("data", take);
  hijacked.on("error", (error) => stream.destroy(error));
  hijacked.on("end", () => {
    const said = complaint.trim().split("\n").pop() ?? "";
    if (said === "") stream.push(null);
    else stream.destroy(new BoundaryError("sandbox", `the relay ended: ${said}`, { transient: true }));
  });
  hijacked.on("close", () => stream.destroy());
  return stream;
}
