// A person in a sandbox: an interactive bash on a terminal, commands from standard input, or one command; all where the agent's shell stands.
import type { Readable, Writable } from "node:stream";
import { BoundaryError } from "../core/errors.ts";
import type { ByteStream, Sandbox } from "../core/sandbox.ts";

const SETUP_MS_MAX = 30_000;
const SETUP_BYTES_MAX = 4_096;
/** A person may take a day over it. */
const SESSION_MS_MAX = 86_400_000;
const STDERR_BYTES_MAX = 65_536;

/** Where the agent's shell stands: its folder, exported variables and functions, as a file that bash can read. */
const SAVE_STATE =
  'f=$(mktemp) && { export -p; declare -f; printf "cd %q\\n" "$PWD"; } > "$f" && printf "\\n%s" "$f"';

/** Gives bash a terminal of its own and carries bytes between it and our pipes. */
const TERMINAL = `
import fcntl, os, pty, select, struct, sys, termios
rc, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--rcfile", rc, "-i"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
sources = [terminal, 0]
while True:
    ready = select.select(sources, [], [])[0]
    if terminal in ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            sources.remove(0)
            data = b"\\x04"
        os.write(terminal, data)
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)
`;

/** The person's side. */
export interface PersonSide {
  readonly input: Readable;
  readonly output: Writable;
  /** Null where input or output is not a terminal. `setRaw` gives every key to the sandbox, or back. */
  readonly terminal: {
    readonly rows: number;
    readonly columns: number;
    readonly type: string;
    setRaw(isRaw: boolean): void;
  } | null;
}

/** Runs until the person, or the command, is done. Returns its exit code; null where a signal ended it. */
export async function runShell(
  sandbox: Sandbox,
  command: readonly string[],
  person: PersonSide,
  signal: AbortSignal,
): Promise<number | null> {
  const stateFile = await saveState(sandbox);
  const isInteractive = command.length === 0 && person.terminal !== null;
  // Without terminals in the sandbox, ours keeps editing lines, and bash prompts for each.
  const terminal = isInteractive && (await hasTerminals(sandbox)) ? person.terminal : null;
  const argv =
    command.length > 0
      ? ["bash", "-c", '. "$0"; "$@" 2>&1', stateFile, ...command]
      : terminal !== null
        ? ["python3", "-c", TERMINAL, stateFile, String(terminal.rows), String(terminal.columns)]
        : isInteractive
          ? ["bash", "-c", 'exec bash --rcfile "$0" -i 2>&1', stateFile]
          : ["bash", "-c", '. "$0"; exec bash 2>&1', stateFile];
  await using stream = await sandbox.spawn(argv, {
    env: { TERM: terminal?.type ?? "dumb" },
    cpuSecondsMax: SESSION_MS_MAX / 1000,
    timeoutMs: SESSION_MS_MAX,
    stderrBytesMax: STDERR_BYTES_MAX,
  });
  const stop = () => void stream.kill().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const stopReading = feed(person.input, stream);
  terminal?.setRaw(true);
  try {
    for await (const chunk of stream.output) {
      if (!person.output.write(chunk)) await new Promise((resolve) => person.output.once("drain", resolve));
    }
    return (await stream.exit).exitCode;
  } finally {
    terminal?.setRaw(false);
    stopReading();
    signal.removeEventListener("abort", stop);
  }
}

async function saveState(sandbox: Sandbox): Promise<string> {
  const options = { timeoutMs: SETUP_MS_MAX, outputBytesMax: SETUP_BYTES_MAX };
  const { exitCode, output } = await sandbox.shell("shell/state", SAVE_STATE, options);
  const file = output.trim().split("\n").at(-1) ?? "";
  if (exitCode !== 0 || file === "") {
    throw new BoundaryError("sandbox", `the shell's state could not be saved: ${output.trim()}`);
  }
  return file;
}

/** Whether the sandbox can make terminals; without them bash reads line by line. */
async function hasTerminals(sandbox: Sandbox): Promise<boolean> {
  const options = { timeoutMs: SETUP_MS_MAX, outputBytesMax: SETUP_BYTES_MAX };
  const tried = await sandbox.exec("shell/pty", ["python3", "-c", "import pty; pty.openpty()"], options);
  return tried.exitCode === 0;
}

/** Carries input over as fast as the sandbox takes it. Returns what ends it. */
function feed(input: Readable, stream: ByteStream): () => void {
  const take = (chunk: Buffer) => {
    input.pause();
    stream.write(chunk).then(
      () => input.resume(),
      // The process is gone; its exit tells.
      () => {},
    );
  };
  const end = () => void stream.end().catch(() => {});
  input.on("data", take).on("end", end);
  return () => {
    input.off("data", take).off("end", end).pause();
  };
}
