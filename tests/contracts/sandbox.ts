// What any sandbox backend must do. Every implementation runs this suite; it kills, floods and fills.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BoundaryError, UserError } from "../../src/core/errors.ts";
import type {
  BlobStore,
  Capabilities,
  Sandbox,
  SandboxBackend,
  SandboxSpec,
} from "../../src/core/sandbox.ts";
import { FileAccessError } from "../../src/core/sandbox.ts";
import { clock, HASTY, memoryBlobs, never, PATIENT, STREAM, spec, text } from "../sandbox/ground.ts";

/** Finds the processes of the sandbox's own user: without a process namespace the machine's others are there too. */
const OWN = "find /proc -maxdepth 1 -user $(id -u) -name '[0-9]*' 2>/dev/null";

/** Counts processes that sleep for exactly this long, not counting whoever asks. */
function countSleepers(seconds: string): string {
  const pattern = `sleep ${seconds.slice(0, -1)}[${seconds.slice(-1)}]`;
  return `cat $(${OWN} -printf '%p/cmdline ') 2>/dev/null | tr '\\0' ' ' | grep -o '${pattern}' | wc -l`;
}

/** Counts processes of the sandbox, this command's among them. */
const COUNT_OWN = `${OWN} | wc -l`;

export function sandboxContract(
  name: string,
  makeBackend: (blobs: BlobStore) => Promise<SandboxBackend>,
): void {
  describe(`sandbox contract: ${name}`, () => {
    const blobs = memoryBlobs();
    let backend: SandboxBackend;
    let capabilities: Capabilities;
    const living: Sandbox[] = [];

    async function make(over: Partial<SandboxSpec> = {}): Promise<Sandbox> {
      const sandbox = await backend.create(spec(over), never);
      living.push(sandbox);
      return sandbox;
    }

    async function output(sandbox: Sandbox, command: string): Promise<string> {
      const { output: printed } = await sandbox.shell(`look ${asked++}`, command, PATIENT);
      return printed.trim();
    }
    let asked = 0;

    /** The code of the FileAccessError that the work ends with. */
    async function refusal(work: Promise<unknown>): Promise<string> {
      const error = await work.then(
        () => null,
        (caught: unknown) => caught,
      );
      return error instanceof FileAccessError ? error.code : `not refused: ${String(error)}`;
    }

    beforeAll(async () => {
      backend = await makeBackend(blobs);
      capabilities = await backend.probe();
    });

    afterAll(async () => {
      await Promise.all(living.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    });

    describe("the persistent shell", () => {
      let shared: Sandbox;
      beforeAll(async () => {
        shared = await make({ env: { GREETING: "good evening" } });
      });

      it("keeps directory, variables, functions and exports", async () => {
        const first = await shared.shell(
          "keep 1",
          'mkdir -p deep/er; cd deep/er; local_one=1; export SHOWN=2; declare -A map=([k]=v); f() { echo "f:$1"; }',
          PATIENT,
        );
        expect(first).toMatchObject({ exitCode: 0, cwd: "deep/er", output: "", shellRestarted: false });
        const second = await shared.shell(
          "keep 2",
          `pwd; echo "$local_one \${map[k]}"; f x; bash -c "echo $SHOWN"; cd ..; cd ..`,
          PATIENT,
        );
        expect(second.output).toBe("/work/deep/er\n1 v\nf:x\n2\n");
        expect(second.cwd).toBe(".");
      });

      it("reports exit codes and both streams in the order they came", async () => {
        const result = await shared.shell("order", "echo a; echo b >&2; echo c; (exit 7)", PATIENT);
        expect(result).toMatchObject({ exitCode: 7, signal: null, timedOut: false, output: "a\nb\nc\n" });
        expect(result.outputBytes).toBe(6);
      });

      it("gives commands an empty input, a cleared environment and HOME at the workspace", async () => {
        expect(await output(shared, "cat; echo end")).toBe("end");
        expect(await output(shared, 'echo "$HOME $GREETING $PYTHONHASHSEED $OMP_NUM_THREADS $LANG"')).toBe(
          "/work good evening 0 1 C.UTF-8",
        );
        const names = await output(shared, "command -p env | cut -d= -f1 | sort | tr '\\n' ' '");
        expect(names).not.toMatch(/NODE|VITEST|npm_|USER|SSH/);
      });

      it("gives one action its own directory and variables", async () => {
        const options = { ...PATIENT, cwd: "deep", env: { ONLY_HERE: "it's 1" } };
        expect((await shared.shell("own", 'pwd; echo "$ONLY_HERE"', options)).output).toBe(
          "/work/deep\nit's 1\n",
        );
        expect(await output(shared, 'cd /work; echo "[$ONLY_HERE]"')).toBe("[]");
      });

      it("answers unclosed quotes, syntax errors and here-documents, and goes on", async () => {
        const unclosed = await shared.shell("unclosed", "echo 'never closed", PATIENT);
        expect(unclosed).toMatchObject({ exitCode: 2, shellRestarted: false });
        expect(unclosed.output).toMatch(/unexpected EOF/);
        const wrong = await shared.shell("wrong", "if then fi; }", PATIENT);
        expect(wrong.exitCode).toBe(2);
        expect(wrong.output).toMatch(/syntax error/);
        expect(await output(shared, "cat <<'X'\none 'quoted' $line\nX")).toBe("one 'quoted' $line");
        expect(await output(shared, "local_two=2; echo still")).toBe("still");
      });

      it("is not silenced by an action that sends its own output away", async () => {
        await shared.shell("silence 1", "exec >/dev/null 2>&1", PATIENT);
        expect(await output(shared, "echo heard")).toBe("heard");
        await shared.shell("silence 2", "exec >&-", PATIENT);
        expect(await output(shared, "echo heard again")).toBe("heard again");
        await shared.shell("trace 1", "set -x", PATIENT);
        expect(await output(shared, "echo traced")).toBe("++ echo traced\ntraced");
        await shared.shell("trace 2", "set +x", PATIENT);
      });

      it("comes back after exit, set -e, and its own violent death, in the directory it had", async () => {
        await shared.shell("end 0", "cd deep; gone=1", PATIENT);
        const ended = await shared.shell("end 1", "echo bye; exit 3", PATIENT);
        expect(ended).toMatchObject({ exitCode: 3, output: "bye\n", shellRestarted: true, cwd: "deep" });
        expect(await output(shared, 'pwd; echo "[$gone]"')).toBe("/work/deep\n[]");
        const strict = await shared.shell("end 2", "set -e; false; echo not reached", PATIENT);
        expect(strict).toMatchObject({ exitCode: 1, output: "", shellRestarted: true });
        const killed = await shared.shell("end 3", "kill -9 $$", PATIENT);
        expect(killed).toMatchObject({
          exitCode: null,
          signal: "SIGKILL",
          timedOut: false,
          shellRestarted: true,
        });
        const replaced = await shared.shell("end 4", "exec echo replaced", PATIENT);
        expect(replaced).toMatchObject({ exitCode: 0, output: "replaced\n", shellRestarted: true });
        expect(await output(shared, "cd /work; echo fine")).toBe("fine");
      });

      it("shows the workspace as /work, whatever its real place is", async () => {
        await shared.write("/work/shown/a.txt", Buffer.from("1"));
        expect(await output(shared, "ls /work/shown; cd /work/shown && pwd && realpath a.txt")).toBe(
          "a.txt\n/work/shown\n/work/shown/a.txt",
        );
        expect(
          await output(shared, `python3 -c "import os; print(os.getcwd(), os.path.exists('/work/shown'))"`),
        ).toBe("/work/shown True");
        const crash = await shared.exec("crash", ["python3", "/work/missing.py"], PATIENT);
        expect(crash.output).toContain("/work/missing.py");
        const away = await shared.shell("away", "cd /usr", PATIENT);
        expect(away.cwd).toBe("/usr");
        expect(await output(shared, "cd; pwd")).toBe("/work");
      });
    });

    it("prints the same bytes in every sandbox", async () => {
      const commands = [
        "mkdir -p src && cd src && echo 'print(1)' > a.py && python3 a.py",
        'python3 -c \'print({"b", "a", "c"}); import nothing\'',
        "cd nowhere; ls /work/none; echo $PWD $OLDPWD",
        "find /work -type f; cat missing; ( cd /tmp && pwd )",
        "echo 'x = open(\"/work/src/a.py\").read()' > b.py; cat b.py",
        "unknown-command; (exit 9)",
      ];
      const runs: string[] = [];
      for (let round = 0; round < 2; round += 1) {
        const sandbox = await make();
        const said: unknown[] = [];
        for (const [index, command] of commands.entries()) {
          const { exitCode, output: printed, cwd } = await sandbox.shell(`same ${index}`, command, PATIENT);
          said.push([exitCode, printed, cwd]);
        }
        runs.push(JSON.stringify(said));
      }
      expect(runs[1]).toBe(runs[0]);
      expect(runs[0]).toContain("/work/src");
    });

    describe("time-outs", () => {
      it("keep what was printed, name the time-out, and restart the shell where it was", async () => {
        const sandbox = await make();
        await sandbox.shell("before", "mkdir d; cd d; x=1", PATIENT);
        const hung = await sandbox.shell("hung", "echo started; sleep 600; echo never", HASTY);
        expect(hung).toMatchObject({
          timedOut: true,
          exitCode: null,
          signal: "SIGKILL",
          output: "started\n",
          shellRestarted: true,
          cwd: "d",
        });
        expect(hung.durationMs).toBeGreaterThanOrEqual(HASTY.timeoutMs);
        expect(await output(sandbox, 'pwd; echo "[$x]"')).toBe("/work/d\n[]");
      });

      it("leave no process alive, however it hid", async () => {
        const sandbox = await make();
        const hide = [
          "sleep 98761 &",
          "nohup sleep 98761 >/dev/null 2>&1 &",
          "setsid sleep 98761 &",
          "( ( setsid sleep 98761 >/dev/null 2>&1 </dev/null & ) & )",
          "bash -c 'trap \"\" TERM INT HUP; sleep 98761' &",
          "sleep 98761 & sleep 0.1; kill -STOP $!",
          `sleep 0.3; ${countSleepers("98761")}`,
          "sleep 98761",
        ];
        const hidden = await sandbox.shell("hide", hide.join("\n"), { ...HASTY, timeoutMs: 4000 });
        expect(hidden.timedOut).toBe(true);
        // At least the six that hid were there.
        expect(Number(hidden.output.trim().split("\n").pop())).toBeGreaterThanOrEqual(6);
        expect(await output(sandbox, countSleepers("98761"))).toBe("0");
      });

      it("also end a single process with all it started, and leave the shell alone", async () => {
        const sandbox = await make();
        await sandbox.shell("set", "kept=yes", PATIENT);
        const argv = ["sh", "-c", "setsid sleep 98762 & echo partial; sleep 98762"];
        const result = await sandbox.exec("late", argv, HASTY);
        expect(result).toMatchObject({ timedOut: true, output: "partial\n" });
        expect(await output(sandbox, `echo $kept; ${countSleepers("98762")}`)).toBe("yes\n0");
      });

      it("spare a background process that an earlier action left running", async () => {
        const sandbox = await make();
        // The pause: for a moment after the fork the child is still a bash, which is not what is counted.
        const started = await sandbox.shell("daemon", "sleep 98763 & sleep 0.3; echo up", PATIENT);
        expect(started.output).toBe("up\n");
        expect(await output(sandbox, countSleepers("98763"))).toBe("1");
        await sandbox.exec("quick", ["sleep", "600"], HASTY);
        expect(await output(sandbox, countSleepers("98763"))).toBe("1");
      });
    });

    describe("attacks", () => {
      it("system calls that nothing needs are refused, and threads, processes and sockets are not", async ({
        skip,
      }) => {
        if (process.arch !== "x64" && process.arch !== "arm64") skip("its system calls are not known");
        const sandbox = await make();
        const program = `
import ctypes, errno, os, socket, subprocess, threading
def refused(name, ask):
    try:
        ask()
        print(name, "allowed")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
libc = ctypes.CDLL(None, use_errno=True)
def unshare():
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
refused("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
refused("alg", lambda: socket.socket(38, socket.SOCK_SEQPACKET))
refused("namespace", unshare)
threads = [threading.Thread(target=print, args=("thread",)) for _ in range(2)]
for thread in threads:
    thread.start()
    thread.join()
print(subprocess.run(["echo", "process"], stdout=subprocess.PIPE).stdout.decode().strip())
left, right = socket.socketpair()
left.send(b"pair")
print(right.recv(10).decode())
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("loopback")
`;
        const { output: said } = await sandbox.exec("calls", ["python3", "-c", program], PATIENT);
        expect(said.trim().split("\n")).toEqual([
          ...["vsock EAFNOSUPPORT", "alg EAFNOSUPPORT", "namespace EPERM"],
          ...["thread", "thread", "process", "pair", "loopback"],
        ]);
      });

      it("a fork bomb in the foreground ends with its action", async ({ skip }) => {
        if (capabilities.pids !== "enforced") skip("this backend does not bound processes");
        const sandbox = await make();
        const bomb = await sandbox.shell("bomb", "b() { b | b; }; b; sleep 600", {
          ...HASTY,
          timeoutMs: 1500,
        });
        expect(bomb.timedOut).toBe(true);
        expect(Number(await output(sandbox, COUNT_OWN))).toBeLessThanOrEqual(6);
      });

      it("a fork bomb in the background does not take the sandbox with it", async ({ skip }) => {
        if (capabilities.pids !== "enforced") skip("this backend does not bound processes");
        const sandbox = await make();
        const source =
          "import os\nwhile True:\n  try: os.fork()\n  except OSError: open('full', 'w').close()\n";
        await sandbox.write("bomb.py", Buffer.from(source));
        // Waits, without a process of its own, until there is room for no more.
        const plant =
          "mkfifo pause; setsid python3 bomb.py >/dev/null 2>&1 & " +
          "for i in {1..300}; do [ -e full ] && break; read -t 0.1 <> pause; done; [ -e full ] && echo full";
        expect((await sandbox.shell("plant", plant, PATIENT)).output).toContain("full\n");
        const single = await sandbox.exec("after", ["echo", "alive"], PATIENT);
        expect(single).toMatchObject({ exitCode: 0, output: "alive\n" });
        const shell = await sandbox.shell("after too", "/bin/echo alive", PATIENT);
        expect(shell.output).toContain("alive\n");
        expect(await sandbox.probe()).toBe(true);
      });

      it("a gigabyte of output is read, counted and cut to head and tail", async () => {
        const sandbox = await make();
        const flood = "echo HEAD; head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo TAIL";
        const result = await sandbox.shell("flood", flood, { timeoutMs: 60_000, outputBytesMax: 2_000 });
        expect(result).toMatchObject({
          exitCode: 0,
          timedOut: false,
          truncated: true,
          outputBytes: 1_000_000_011,
        });
        expect(result.output.startsWith("HEAD\nxxx")).toBe(true);
        expect(result.output.endsWith("xxx\nTAIL\n")).toBe(true);
        expect(result.output).toContain(`[... ${1_000_000_011 - 2_000} bytes left out ...]`);
        expect(result.output.length).toBeLessThan(2_100);
      });

      it("cuts between characters, and replaces what is no UTF-8", async () => {
        const sandbox = await make();
        const long = await sandbox.shell("utf8", "printf 'é%.0s' {1..3000}", {
          ...PATIENT,
          outputBytesMax: 101,
        });
        expect(long.output).not.toContain("\uFFFD");
        expect(long).toMatchObject({ truncated: true, outputBytes: 6000 });
        const broken = await sandbox.shell("bytes", "printf 'a\\xffb'", PATIENT);
        expect(broken.output).toBe("a\uFFFDb");
      });

      it("memory beyond the limit is an out-of-memory kill, and the sandbox is well", async ({ skip }) => {
        if (capabilities.memory !== "enforced") skip("this backend does not bound memory");
        const sandbox = await make({ limits: { ...spec().limits, memoryMb: 64, diskMb: 16 } });
        const greedy = await sandbox.shell("greedy", "python3 -c 'x = b\"x\" * (1 << 30)'", PATIENT);
        expect(greedy.oomKilled).toBe(true);
        const after = await sandbox.shell("after", "echo well", PATIENT);
        expect(after).toMatchObject({ output: "well\n", oomKilled: false });
      });

      it("a full disk is an error of the file, and the sandbox is well", async ({ skip }) => {
        if (capabilities.disk !== "enforced") skip("this backend does not bound the disk");
        const sandbox = await make({ limits: { ...spec().limits, diskMb: 8 } });
        const filling = await sandbox.shell("fill", "head -c 20000000 /dev/zero > big; wc -c < big", PATIENT);
        expect(filling.output).toMatch(/No space left/);
        expect(await refusal(sandbox.write("more.bin", Buffer.alloc(1_000_000)))).toBe("full");
        await sandbox.shell("free", "rm big", PATIENT);
        await sandbox.write("more.bin", Buffer.alloc(1_000_000));
      });

      it("no more processes than allowed", async ({ skip }) => {
        if (capabilities.pids !== "enforced") skip("this backend does not bound processes");
        const sandbox = await make({ limits: { ...spec().limits, pids: 20 } });
        const source = [
          "import subprocess",
          "n = 0",
          "try:",
          "  for _ in range(60): subprocess.Popen(['sleep', '98764']); n += 1",
          "except OSError: pass",
          "print(n)",
        ];
        const result = await sandbox.exec("many", ["python3", "-c", source.join("\n")], PATIENT);
        expect(Number(result.output)).toBeGreaterThan(5);
        expect(Number(result.output)).toBeLessThan(20);
      });

      it("no network where it says so", async ({ skip }) => {
        if (capabilities.network !== "enforced") skip("this backend does not close the network");
        const sandbox = await make();
        let reached = 0;
        const server = createServer((socket) => {
          reached += 1;
          socket.destroy();
        }).listen(0, "127.0.0.1");
        await new Promise((resolve) => server.once("listening", resolve));
        const address = server.address();
        const port = typeof address === "object" && address ? address.port : 0;
        const code = `import socket; socket.create_connection(('127.0.0.1', ${port}), 3)`;
        const tried = await sandbox.exec("call", ["python3", "-c", code], PATIENT);
        server.close();
        expect(tried.exitCode).toBe(1);
        expect(tried.output).toMatch(/refused|unreachable/);
        expect(reached).toBe(0);
      });
    });

    describe("actions by id", () => {
      it("are never done twice: the first result answers again", async () => {
        const sandbox = await make();
        const first = await sandbox.shell("once", "echo line >> log; wc -l < log", PATIENT);
        const again = await sandbox.shell("once", "echo something else", PATIENT);
        expect(again).toEqual(first);
        const single = await sandbox.exec("once too", ["sh", "-c", "echo line >> log; exit 5"], PATIENT);
        expect(await sandbox.exec("once too", ["true"], PATIENT)).toEqual(single);
        expect(single.exitCode).toBe(5);
        expect(await output(sandbox, "wc -l < log")).toBe("2");
      });

      it("are joined while they run", async () => {
        const sandbox = await make();
        const argv = ["sh", "-c", "echo x >> log; sleep 0.5; echo done"];
        const both = await Promise.all([
          sandbox.exec("join", argv, PATIENT),
          sandbox.exec("join", argv, PATIENT),
        ]);
        expect(both[0]).toEqual(both[1]);
        expect(both[0].output).toBe("done\n");
        expect(await output(sandbox, "cat log")).toBe("x");
      });

      it("end at once when aborted, with all they started", async () => {
        const sandbox = await make();
        const abort = new AbortController();
        const running = sandbox.shell("cancel", "sleep 98765 & sleep 98765", {
          ...PATIENT,
          signal: abort.signal,
        });
        while (
          (await sandbox.exec(`wait ${asked++}`, ["sh", "-c", countSleepers("98765")], PATIENT)).output !==
          "2\n"
        ) {
          await clock.sleep(20);
        }
        abort.abort(new Error("enough"));
        await expect(running).rejects.toThrow("enough");
        expect(await output(sandbox, countSleepers("98765"))).toBe("0");
        await expect(sandbox.shell("late", "true", { ...PATIENT, signal: abort.signal })).rejects.toThrow(
          "enough",
        );
      });
    });

    it("runs single processes with input, variables and a directory of their own", async () => {
      const sandbox = await make({ files: [{ path: "sub/x", data: Buffer.from("1"), executable: false }] });
      const options = { ...PATIENT, cwd: "sub", env: { A: "b c" }, stdin: Buffer.from("fed") };
      const result = await sandbox.exec(
        "one",
        ["sh", "-c", 'cat; echo " $A $PWD"; ls; echo err >&2; exit 4'],
        options,
      );
      expect(result).toMatchObject({ exitCode: 4, output: "fed b c /work/sub\nx\nerr\n", cwd: "sub" });
      const missing = await sandbox.exec("two", ["no-such-program"], PATIENT);
      expect(missing.exitCode).toBe(127);
      expect(missing.output).toMatch(/no-such-program: No such file/);
      const large = Buffer.alloc(5_000_000, "y");
      const counted = await sandbox.exec("three", ["wc", "-c"], { ...PATIENT, stdin: large });
      expect(counted.output.trim()).toBe("5000000");
      const ignored = await sandbox.exec("four", ["true"], { ...PATIENT, stdin: large });
      expect(ignored.exitCode).toBe(0);
    });

    it("ends a process's action with the process, not with the daemon that holds its output", async () => {
      const sandbox = await make();
      const result = await sandbox.exec("leave", ["sh", "-c", "sleep 98766 & echo left"], PATIENT);
      expect(result).toMatchObject({ exitCode: 0, output: "left\n", timedOut: false });
      expect(await output(sandbox, countSleepers("98766"))).toBe("1");
    });

    describe("files", () => {
      let shared: Sandbox;
      beforeAll(async () => {
        shared = await make({
          files: [
            { path: "a/b/plain.txt", data: Buffer.from("plain\n"), executable: false },
            { path: "run.sh", data: Buffer.from("#!/bin/sh\necho ran\n"), executable: true },
            { path: "empty", data: Buffer.alloc(0), executable: false },
          ],
        });
      });

      it("are laid out as the spec says", async () => {
        expect(
          await output(shared, "cat a/b/plain.txt; ./run.sh; wc -c < empty; stat -c %a a/b/plain.txt"),
        ).toBe("plain\nran\n0\n644");
      });

      it("are read whole or refused with the reason, never followed, never waited for", async () => {
        await shared.shell(
          "lay",
          "ln -s /etc/passwd link; ln -s nowhere broken; mkfifo fifo; mkdir dir",
          PATIENT,
        );
        expect(text(await shared.read("a/b/plain.txt", 100))).toBe("plain\n");
        expect(text(await shared.read("/work/a/b/plain.txt", 6))).toBe("plain\n");
        expect((await shared.read("empty", 10)).length).toBe(0);
        expect(await refusal(shared.read("a/b/plain.txt", 5))).toBe("tooLarge");
        expect(await refusal(shared.read("link", 1e6))).toBe("notAFile");
        expect(await refusal(shared.read("broken", 1e6))).toBe("notAFile");
        expect(await refusal(shared.read("fifo", 1e6))).toBe("notAFile");
        expect(await refusal(shared.read("dir", 1e6))).toBe("notAFile");
        expect(await refusal(shared.read("/dev/zero", 1e6))).toBe("notAFile");
        expect(await refusal(shared.read("nothing", 1e6))).toBe("missing");
        expect(await refusal(shared.read("no\0thing", 1e6))).toBe("missing");
        expect(await refusal(shared.write("no\ud800thing", Buffer.from("x")))).toBe("missing");
        expect(await refusal(shared.read("empty/below", 1e6))).toBe("notAFile");
        await shared.shell("close", "chmod 000 run.sh", PATIENT);
        expect(await refusal(shared.read("run.sh", 1e6))).toBe("denied");
      });

      it("are written with their folders, whole, and any size", async () => {
        const large = Buffer.alloc(20_000_003);
        for (let index = 0; index < large.length; index += 4093) large[index] = index % 251;
        await shared.write("new/folder/large.bin", large);
        const back = await shared.read("new/folder/large.bin", large.length);
        expect(Buffer.compare(back, large)).toBe(0);
        expect(await output(shared, "ls -A new/folder; rm -r new")).toBe("large.bin");
        expect(await refusal(shared.write("dir", Buffer.from("x")))).toBe("notAFile");
        expect(await refusal(shared.write("empty/below", Buffer.from("x")))).toBe("notAFile");
        expect(await refusal(shared.write("/proc/version", Buffer.from("x")))).not.toContain("not refused");
        await shared.write("link", Buffer.from("replaced"));
        expect(text(await shared.read("link", 100))).toBe("replaced");
      });

      it("keep their permissions, and are not replaced where nobody may write them", async () => {
        await shared.shell("modes", "echo a > tool; chmod 750 tool; echo b > kept; chmod 444 kept", PATIENT);
        await shared.write("tool", Buffer.from("changed\n"));
        expect(await refusal(shared.write("kept", Buffer.from("changed\n")))).toBe("denied");
        expect(await output(shared, "stat -c '%a %n' tool kept; cat tool kept; rm -f tool kept")).toBe(
          "750 tool\n444 kept\nchanged\nb",
        );
      });

      it("change from one whole content to the next", async () => {
        const sizes = [300_000, 900_000];
        await shared.write("seen", Buffer.alloc(300_000));
        const watch = "for i in $(seq 200); do wc -c < seen; done | sort -u";
        const watching = shared.exec("watch", ["sh", "-c", watch], PATIENT);
        for (let round = 0; round < 10; round += 1) {
          await shared.write("seen", Buffer.alloc(sizes[round % 2] ?? 0));
        }
        const seen = (await watching).output.trim().split("\n").map(Number);
        expect(seen.every((size) => sizes.includes(size))).toBe(true);
      });

      it("of a mount can be read and not written", async () => {
        const host = await mkdtemp(join(tmpdir(), "mount-"));
        try {
          await writeFile(join(host, "table.csv"), "a,b\n");
          await chmod(host, 0o700);
          const shut = make({ mounts: [{ hostPath: host, path: "/data" }] });
          if (process.getuid?.() === 0) await expect(shut).rejects.toThrow(/chmod o\+rx/);
          const absent = make({ mounts: [{ hostPath: join(host, "no"), path: "/data" }] });
          await expect(absent).rejects.toBeInstanceOf(UserError);
          await chmod(host, 0o755);
          const sandbox = await make({ mounts: [{ hostPath: host, path: "/data" }] });
          expect(await output(sandbox, "cat /data/table.csv; ls /data")).toBe("a,b\ntable.csv");
          expect(text(await sandbox.read("/data/table.csv", 100))).toBe("a,b\n");
          const tried = await sandbox.shell(
            "spoil",
            "echo x > /data/table.csv || rm -f /data/table.csv",
            PATIENT,
          );
          expect(tried.exitCode).not.toBe(0);
          expect(await output(sandbox, "cat /data/table.csv")).toBe("a,b");
        } finally {
          await rm(host, { recursive: true });
        }
      });
    });

    describe("streams", () => {
      async function collect(stream: AsyncIterable<Uint8Array>): Promise<string> {
        const parts: Uint8Array[] = [];
        for await (const part of stream) parts.push(part);
        return Buffer.concat(parts).toString("utf8");
      }

      it("carry bytes both ways and report the end", async () => {
        const sandbox = await make();
        const code =
          "import sys\nfor l in sys.stdin: print(l.strip()[::-1], flush=True)\nprint('bad', file=sys.stderr)\nsys.exit(6)";
        await using stream = await sandbox.spawn(["python3", "-c", code], STREAM);
        await stream.write(Buffer.from("hello\n"));
        await stream.write(Buffer.from("world\n"));
        await stream.end();
        expect(await collect(stream.output)).toBe("olleh\ndlrow\n");
        expect(await stream.exit).toMatchObject({
          exitCode: 6,
          signal: null,
          timedOut: false,
          stderr: "bad\n",
        });
      });

      it("refuse what cannot be started", async () => {
        const sandbox = await make();
        await expect(sandbox.spawn(["no-such-program"], STREAM)).rejects.toThrow(/no-such-program/);
      });

      it("slow a process whose output nobody reads, and lose nothing", async () => {
        const sandbox = await make();
        const code = [
          "import os",
          "n = 0",
          "while n < 320:",
          "  os.write(1, b'z' * 10000); n += 1",
          "  open('written', 'w').write(str(n))",
        ];
        await using stream = await sandbox.spawn(["python3", "-c", code.join("\n")], STREAM);
        let before = "";
        for (let now = "start"; now !== before; ) {
          before = now;
          await clock.sleep(300);
          now = text(await sandbox.read("written", 100));
        }
        // A window and a pipe or two, far from all of it.
        expect(Number(before)).toBeGreaterThan(0);
        expect(Number(before) * 10_000).toBeLessThan(1_000_000);
        expect((await collect(stream.output)).length).toBe(3_200_000);
        expect((await stream.exit).exitCode).toBe(0);
      });

      it("slow a writer whose process does not read, and tell it when the process is gone", async () => {
        const sandbox = await make();
        await using stream = await sandbox.spawn(["sleep", "600"], STREAM);
        let state = "pending";
        const writing = stream.write(Buffer.alloc(4_000_000)).then(
          () => {
            state = "taken";
          },
          () => {
            state = "refused";
          },
        );
        await clock.sleep(300);
        expect(state).toBe("pending");
        await stream.kill();
        await writing;
        expect(state).toBe("refused");
        expect((await stream.exit).signal).toBe("SIGKILL");
      });

      it("measure the CPU time of all that a process started, and end it with the process", async () => {
        const sandbox = await make();
        const burn = "import time\nwhile time.process_time() < 0.6: pass";
        const code = `import subprocess, sys\nsubprocess.run([sys.executable, '-c', ${JSON.stringify(burn)}])\nsubprocess.Popen(['setsid', 'sleep', '98767'])\nprint('over')`;
        await using stream = await sandbox.spawn(["python3", "-c", code], STREAM);
        expect(await collect(stream.output)).toBe("over\n");
        const exit = await stream.exit;
        expect(exit.exitCode).toBe(0);
        expect(exit.cpuMs).toBeGreaterThan(550);
        expect(exit.memoryMb).toBeGreaterThan(1);
        if (sandbox.capabilities.cpu === "enforced") expect(exit.throttled).not.toBeNull();
        expect(await output(sandbox, countSleepers("98767"))).toBe("0");
      });

      it("are ended by their CPU limit and by their time limit", async () => {
        const sandbox = await make();
        const limited = { ...STREAM, cpuSecondsMax: 1 };
        await using busy = await sandbox.spawn(["python3", "-c", "while True: pass"], limited);
        const spent = await busy.exit;
        expect(spent).toMatchObject({ exitCode: null, timedOut: false });
        expect(["SIGKILL", "SIGXCPU"]).toContain(spent.signal);
        expect(spent.cpuMs).toBeGreaterThan(700);
        await using slow = await sandbox.spawn(["sh", "-c", "echo x; sleep 98768"], {
          ...STREAM,
          timeoutMs: 500,
        });
        expect(await slow.exit).toMatchObject({ timedOut: true, signal: "SIGKILL" });
        expect(await collect(slow.output)).toBe("x\n");
        expect(await output(sandbox, countSleepers("98768"))).toBe("0");
      });
    });

    describe("snapshots", () => {
      const lay = [
        "mkdir -p tree/empty 'sp ace' && echo 1 > tree/one && chmod 755 tree/one && ln -s ../nowhere tree/link",
        "printf 'ünïcode' > 'tree/ñame' && mkfifo tree/fifo && chmod 600 'tree/ñame'",
        `d=${"d".repeat(60)}; mkdir -p $d/$d && echo long > $d/$d/${"f".repeat(90)} && ln -s ${"t".repeat(150)} far`,
        "mkdir shut && echo in > shut/inside && chmod 000 shut/inside && chmod 500 shut",
        "head -c 700001 /dev/zero > zeros",
        "export NEWS='a \"quoted\"\nvalue' GREETING=changed; unset REMOVED; cd tree",
      ].join("\n");
      const env = { GREETING: "hi", REMOVED: "soon" };

      it("put files, directory and exported variables back, under the same hash", async () => {
        const sandbox = await make({ env });
        const laid = await sandbox.shell("lay", lay, PATIENT);
        expect(laid).toMatchObject({ exitCode: 0, output: "" });
        const id = await sandbox.snapshot();
        expect(id).toMatch(/^[0-9a-f]{64}$/);
        expect(await sandbox.snapshot()).toBe(id);
        await sandbox.shell(
          "ruin",
          "cd ..; chmod 700 shut; rm -rf *; echo x > .other; export NEWS=2 MORE=1",
          PATIENT,
        );
        expect(await sandbox.snapshot()).not.toBe(id);
        await sandbox.restore(id);
        expect(await sandbox.snapshot()).toBe(id);
        expect(await output(sandbox, `pwd; echo "$NEWS|$GREETING|\${REMOVED-none}|\${MORE-none}"`)).toBe(
          '/work/tree\na "quoted"\nvalue|changed|none|none',
        );
        expect(await output(sandbox, "cat one ñame; readlink link; ls -A; stat -c %a one ñame ../shut")).toBe(
          "1\nünïcode../nowhere\nempty\nlink\none\nñame\n755\n600\n500",
        );
        expect(await sandbox.snapshot()).toBe(id);
        const other = await make({ env });
        await other.restore(id);
        expect(await other.snapshot()).toBe(id);
        expect(await output(other, "pwd; wc -c < ../zeros")).toBe("/work/tree\n700001");
      });

      it("of a sandbox whose shell never ran equals one whose shell changed nothing", async () => {
        const sandbox = await make();
        const before = await sandbox.snapshot();
        await sandbox.shell("nothing", "true", PATIENT);
        expect(await sandbox.snapshot()).toBe(before);
      });

      it("refuse more than the workspace may hold", async () => {
        const sandbox = await make();
        const sparse = await sandbox.shell(
          "sparse",
          "truncate -s 60M s1; truncate -s 60M s2; truncate -s 60M s3",
          PATIENT,
        );
        expect(sparse.exitCode).toBe(0);
        expect(await refusal(sandbox.snapshot())).toBe("tooLarge");
        expect(await sandbox.probe()).toBe(true);
      });

      it("refuse bytes that are no archive of ours", async () => {
        const sandbox = await make();
        const id = await blobs.put(Buffer.alloc(2048, "nonsense"));
        await expect(sandbox.restore(id)).rejects.toThrow(/not an archive/);
        expect(await output(sandbox, "echo well")).toBe("well");
      });
    });

    it("is dead for good once disposed: calls reject at once, and it says so", async () => {
      const sandbox = await make();
      const hanging = sandbox.exec("hang", ["sleep", "600"], PATIENT);
      const outcome = hanging.catch((error: unknown) => error);
      expect(await sandbox.probe()).toBe(true);
      await sandbox[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      expect(await outcome).toBeInstanceOf(BoundaryError);
      expect(await sandbox.probe()).toBe(false);
      await expect(sandbox.shell("x", "true", PATIENT)).rejects.toMatchObject({ boundary: "sandbox" });
      await expect(sandbox.exec("x", ["true"], PATIENT)).rejects.toBeInstanceOf(BoundaryError);
      await expect(sandbox.spawn(["true"], STREAM)).rejects.toBeInstanceOf(BoundaryError);
      await expect(sandbox.read("x", 1)).rejects.toBeInstanceOf(BoundaryError);
      await expect(sandbox.write("x", Buffer.from("x"))).rejects.toBeInstanceOf(BoundaryError);
      await expect(sandbox.snapshot()).rejects.toBeInstanceOf(BoundaryError);
    });

    it("ends by itself at the end of its lifetime", async () => {
      const sandbox = await make({ limits: { ...spec().limits, lifetimeMs: 3000 } });
      const hanging = sandbox.exec("hang", ["sleep", "600"], PATIENT);
      await expect(hanging).rejects.toBeInstanceOf(BoundaryError);
      expect(await sandbox.probe()).toBe(false);
    });

    it("is not created when its creation is aborted", async () => {
      const abort = new AbortController();
      abort.abort(new Error("no longer wanted"));
      await expect(backend.create(spec(), abort.signal)).rejects.toThrow("no longer wanted");
    });

    it("is not found again under a handle that is nobody's", async () => {
      const sandbox = await make();
      const { handle } = sandbox;
      // What wraps a backend says so before its name.
      expect(capabilities.backend.split("/").at(-1)).toBe(handle.backend);
      expect(await backend.attach({ ...handle, locator: "/nowhere/at/all" })).toBe(null);
      expect(await backend.attach({ ...handle, backend: "another" })).toBe(null);
    });
  });
}
