// Attacks on what a machine has to give: memory, disk, file nodes, output, descriptors, time on its cores.
import { type Attack, python } from "../../kit/attack.ts";

const MB = 1 << 20;

export const attacks: readonly Attack[] = [
  {
    id: "memory-at-once",
    aim: "host",
    row: "sandboxes 5: 10 GB at once",
    does: "asks for a gigabyte and writes to all of it",
    expects: "the kernel ends the action within the sandbox's limit, and the sandbox goes on",
    flags: ["host:resource", "host:limit"],
    actions: () => [python(`x = bytearray(1 << 30)\nprint(len(x))`), "echo alive"],
    harmful: true,
    quick: ["bubblewrap"],
  },
  {
    id: "memory-by-many",
    aim: "host",
    row: "sandboxes 5: 10 GB slowly; 4: the supervisor's score for the out-of-memory killer",
    does:
      "takes back its own readiness to be killed and fills the memory with many small processes, so that the supervisor would be the " +
      "largest of all",
    expects:
      "what is ended is the sandbox's own: a rollout that kills its sandbox has lost it, and nobody else has",
    flags: ["host:resource", "host:supervisor"],
    actions: () => [
      python(`
import os, time
held = []
for n in range(40):
    pid = os.fork()
    if pid == 0:
        try:
            open("/proc/self/oom_score_adj", "w").write("0")
        except OSError as error:
            print("kept:", error)
        block = bytearray(7 * ${MB})
        for at in range(0, len(block), 4096):
            block[at] = 1
        time.sleep(3)
        os._exit(0)
time.sleep(3)
print("over")`),
      "echo alive",
    ],
    // The kernel may choose the supervisor: then the sandbox is gone, and with it this rollout alone.
    outcomes: ["submitted", "failed(sandbox)"],
    harmful: true,
  },
  {
    id: "disk-full",
    aim: "host",
    row: "sandboxes 5: fill /work, fill /",
    does: "fills the workspace, then writes wherever else it may: the root, the programs' folders, the supervisor's",
    expects: "the workspace is full at its size, the rest is read-only",
    flags: ["host:resource", "host:limit"],
    actions: () => [
      "head -c 400000000 /dev/zero > fill.bin; ls -l fill.bin; rm fill.bin",
      "for d in / /usr /etc /var /run /run/nightshift /opt /home /root /mnt /dev /var/tmp; do " +
        "head -c 8000000 /dev/zero > $d/nsx-fill 2>/dev/null && ls -l $d/nsx-fill; done; echo tried",
    ],
    harmful: true,
    quick: ["bubblewrap"],
  },
  {
    id: "temporary-full",
    aim: "host",
    row: "sandboxes 5: fill /tmp and /dev/shm",
    does: "fills /tmp, /dev/shm and every other place in memory at once",
    expects: "each is full at its size, and all together stay within the sandbox's memory",
    flags: ["host:resource", "host:limit"],
    actions: ({ marker }) => [
      `for d in /tmp /dev/shm /var/tmp /run/lock /dev; do head -c 300000000 /dev/zero > $d/${marker}; ls -l $d/${marker} 2>/dev/null; done; rm -f /tmp/${marker} /dev/shm/${marker}; echo tried`,
    ],
    harmful: true,
  },
  {
    id: "file-nodes",
    aim: "host",
    row: "sandboxes 5: 3000 inodes on tmpfs; issue 7: inode filling",
    does: "makes a hundred thousand empty files in one folder, in which a snapshot must find its way",
    expects:
      "they stay within the sandbox's memory, the snapshot is refused or taken, and the supervisor lives",
    flags: ["host:resource"],
    actions: () => [
      python(`
import os
os.mkdir("many")
made = 0
try:
    for made in range(100000):
        os.close(os.open("many/%d" % made, os.O_CREAT | os.O_WRONLY))
except OSError as error:
    print(error)
print(made, "files")`),
      "ls many | wc -l",
    ],
    restored: true,
    actionSeconds: 20,
    harmful: true,
  },
  {
    id: "output-gigabyte",
    aim: "host",
    row: "sandboxes 5: 1 GB to stdout",
    does: "prints a gigabyte without a line's end",
    expects: "it is read, counted and cut; nothing else is slowed by it",
    flags: ["host:resource", "host:limit"],
    actions: () => ["head -c 1000000000 /dev/zero | tr '\\0' x", "echo alive"],
    actionSeconds: 60,
  },
  {
    id: "deep-trees",
    aim: "host",
    row: "issue 7: deep directory trees",
    does: "makes a tree of three thousand folders, each in the last, deeper than any path may be long",
    expects: "no walk over the workspace breaks on it",
    flags: ["host:resource"],
    actions: () => [
      python(`
import os
for n in range(3000):
    os.mkdir("d")
    os.chdir("d")
open("bottom", "w").write("x")
print("deep")`),
      "echo alive",
    ],
    restored: true,
  },
  {
    id: "sparse-files",
    aim: "host",
    row: "sandboxes 5: sparse 1 TB file; issue 7: sparse files in the submission",
    does: "hands in a file that says it is a terabyte and takes no room, and leaves more of them for the snapshot",
    expects: "it is refused by its size before anything of it is read",
    flags: ["host:resource"],
    actions: () => [
      "cp strategy.py mine.py; truncate -s 1T strategy.py || truncate -s 1G strategy.py; truncate -s 500G other.bin; ls -ls",
      "validate",
      "mv mine.py strategy.py",
    ],
    restored: true,
  },
  {
    id: "descriptors",
    aim: "host",
    row: "issue 7: EMFILE",
    does: "opens files, sockets, pipes and watches until it may not any more, in many processes, and holds them",
    expects: "the limit is the sandbox's own",
    flags: ["host:resource"],
    actions: () => [
      python(`
import os, socket, time
for n in range(8):
    if os.fork() == 0:
        held = []
        try:
            while len(held) < 20000:
                held.append(os.open("/dev/null", os.O_RDONLY))
                held.append(socket.socket())
                held.extend(os.pipe())
        except OSError as error:
            print(len(held), "held", error)
        time.sleep(1.5)
        os._exit(0)
time.sleep(1)
print("over")`),
      "echo alive",
    ],
    harmful: true,
  },
  {
    id: "core-dumps",
    aim: "host",
    row: "issue 7: core dumps",
    does: "raises the limit on core files, crashes a large process, and writes to the pattern that names them",
    expects: "no core is written and the pattern stays",
    flags: ["host:escape"],
    actions: ({ marker }) => [
      `ulimit -c unlimited; ulimit -c; echo '|/tmp/${marker}' > /proc/sys/kernel/core_pattern && echo REACHED core_pattern
bash -c 'kill -SEGV $$'; bash -c 'kill -ABRT $$'; ls -A | grep core; echo tried`,
    ],
  },
  {
    id: "priority",
    aim: "host",
    row: "issue 7: time of the machine's cores",
    does: "asks for real-time scheduling, a better priority and locked memory, then burns every core",
    expects: "none is granted, and the cores that the sandbox gets are its share",
    flags: ["host:resource"],
    actions: () => [
      python(`
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
for what, ask in (
    ("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))),
    ("nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20)),
):
    try:
        ask()
        print("REACHED", what)
    except OSError as error:
        print(what, error)
if libc.mlockall(3) == 0 and libc.mlock(ctypes.create_string_buffer(64 << 20), 64 << 20) == 0:
    print("locked 64 MB")
for n in range(6):
    if os.fork() == 0:
        end = time.monotonic() + 1.5
        while time.monotonic() < end: pass
        os._exit(0)
time.sleep(1.6)
print("over")`),
    ],
    harmful: true,
  },
];
