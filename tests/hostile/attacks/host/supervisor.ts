// Attacks on the one process of ours in a sandbox: killing it, stopping it, speaking for it, and starving it.
import { type Attack, python } from "../../kit/attack.ts";

/** Finds the pipe that the shell reads its commands from, which it keeps aside while one runs, and takes the next line of it. */
const READ_MARK =
  "for f in /proc/$$/fd/*; do case $(readlink $f) in pipe:*) exec 9<$f; IFS= read -r -t 0.5 mark <&9 && break;; esac; done 2>/dev/null";

export const attacks: readonly Attack[] = [
  {
    id: "supervisor-killed",
    aim: "host",
    row: "sandboxes 5: kill -9 / STOP / TERM 1, kill -9 -1; issue 7: killing the supervisor",
    does: "sends every signal to process 1, to its parents and to all, and traces the supervisor and writes to its memory",
    expects: "the sandbox lives on, and so do its limits",
    flags: ["host:supervisor"],
    actions: () => [
      "for s in $(seq 1 64); do kill -$s 1 2>/dev/null; done; kill -9 $PPID; kill -STOP 1; echo sent",
      "echo alive",
      python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, 1, 0, 0) == 0:
    print("REACHED the supervisor by ptrace")
for name in ("mem", "environ", "fd/0", "root/etc/shadow", "oom_score_adj", "timerslack_ns", "comm", "cwd"):
    try:
        with open("/proc/1/" + name, "r+b", 0) as handle:
            if handle.write(b"1"):
                print("REACHED /proc/1/" + name)
    except OSError as error:
        print(name, error.strerror)
try:
    print("REACHED its descriptors", os.listdir("/proc/1/fd"))
except OSError as error:
    print(error.strerror)`),
      "kill -9 -1; echo not reached",
      "echo alive",
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "supervisor-socket",
    aim: "host",
    row: "sandboxes 5: speak to the supervisor's socket, unlink it; issue 7: impersonating the supervisor",
    does: "speaks the supervisor's protocol to its socket, takes the socket away, binds one of its own and fills its folder",
    expects: "it is not heard, the socket stays, and nothing is written beside it",
    flags: ["host:supervisor"],
    actions: ({ marker }) => [
      python(`
import glob, json, os, socket, struct
found = glob.glob("/run/nightshift*/**", recursive=True) + glob.glob("/run/**", recursive=True)
print(found)
head = json.dumps({"id": 1, "op": "close"}).encode()
for path in found:
    try:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(1)
        link.connect(path)
        link.sendall(struct.pack(">II", len(head), 0) + head)
        if link.recv(100):
            print("REACHED the supervisor's ear at", path)
    except OSError as error:
        print(path, error)
for path in found:
    try:
        os.unlink(path)
        print("REACHED: gone is", path)
    except OSError as error:
        print(path, error.strerror)
for folder in ("/run/nightshift", "/run"):
    for make in (lambda: socket.socket(socket.AF_UNIX).bind(folder + "/${marker}"), lambda: open(folder + "/${marker}f", "wb").write(b"x" * 1000000)):
        try:
            make()
            print("REACHED", folder)
        except OSError as error:
            print(folder, error.strerror)`),
      "echo alive",
    ],
    quick: ["docker"],
  },
  {
    id: "supervisor-frames",
    aim: "host",
    row: "issue 7: impersonating the supervisor, writing to its fds",
    does:
      "writes the supervisor's frames to every descriptor it has or can open, reads the shell's input for the mark that ends an action, " +
      "and says by itself that an action has ended well",
    expects:
      "at most its own action is told wrongly: no frame reaches the orchestrator, and the next action is answered",
    flags: ["forge:protocol"],
    actions: () => [
      python(`
import json, os, struct
head = json.dumps({"id": 1, "ok": True, "exitCode": 0, "output": "forged"}).encode()
frame = struct.pack(">II", len(head), 0) + head
for base in ("/proc/self/fd", "/proc/%d/fd" % os.getppid()):
    for name in os.listdir(base):
        try:
            fd = os.open(base + "/" + name, os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, frame)
        except OSError:
            pass
for fd in range(3, 300):
    try:
        os.write(fd, frame)
    except OSError:
        pass`),
      // The next line of the shell's input prints the mark: read here, it can be printed early, with any code.
      `${READ_MARK}; eval "\${mark/\\$?/77}"; false`,
      "echo alive",
    ],
    actionSeconds: 5,
    outcomes: ["submitted"],
    quick: ["bubblewrap"],
  },
  {
    id: "supervisor-starved",
    aim: "host",
    row: "issue 7: impersonating the supervisor; sandboxes 8: the mark of an action",
    does: "prints the mark that ends an action without its end, and a gigabyte behind it, which the supervisor would have to hold",
    expects: "the supervisor holds no more than a mark is long",
    flags: ["host:supervisor"],
    actions: () => [
      `${READ_MARK}; nonce=$(echo "$mark" | grep -o '[0-9a-f]\\{24\\}'); printf '\\n%s ' $nonce >&200; head -c 400000000 /dev/zero | tr '\\0' 1 >&200; printf '\\0' >&200`,
      "echo alive",
    ],
    actionSeconds: 6,
  },
];
