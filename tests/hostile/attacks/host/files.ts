// Attacks by files: what is handed in, and what lies in the workspace, is read by somebody who must not be led astray by it.
import type { Trajectory } from "../../../../src/core/trajectory.ts";
import { type Attack, python } from "../../kit/attack.ts";

/** Control characters that an observation holds: a terminal that shows it would obey them. */
function controls({ pool }: Trajectory): readonly string[] {
  const isTold = pool.some(
    ({ kind, message }) => kind === "observation" && /[^\P{Cc}\n\t]/u.test(message.content),
  );
  return isTold ? ["a control character reached an observation"] : [];
}

export const attacks: readonly Attack[] = [
  {
    id: "submission-special",
    aim: "host",
    row: "sandboxes 6: regular files only; issue 7: fifo, device, socket",
    does: "hands in a fifo, a device, a socket and a folder under the name of the submission",
    expects: "none is read or waited for, and the agent is told why",
    flags: ["forge:submission"],
    actions: () => [
      "mv strategy.py mine.py; mkfifo strategy.py; ls -l strategy.py",
      "submit",
      "rm strategy.py; mknod strategy.py c 1 5 || ln -s /dev/zero strategy.py; ls -l strategy.py",
      "submit",
      `rm -f strategy.py; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('strategy.py')"; ls -l strategy.py`,
      "submit",
      "rm -f strategy.py; mkdir strategy.py",
      "submit",
      "rmdir strategy.py; mv mine.py strategy.py",
    ],
  },
  {
    id: "submission-links",
    aim: "host",
    row: "catalogue 30: symlink, hardlink; sandboxes 6: symlinks to /",
    does: "hands in links to the host's secret, to its users and to the supervisor's memory, symbolic and hard",
    expects: "no link is followed, and what it points to is not there",
    flags: ["forge:submission"],
    actions: ({ secretFile, openFolder }) => [
      `mv strategy.py mine.py; ln -s /${secretFile} strategy.py; cat strategy.py; ls -A ${openFolder}`,
      "submit",
      "ln -sf /proc/1/environ strategy.py; ln -s /proc/self/root/etc/shadow second.py",
      "submit",
      `rm strategy.py; ln /${secretFile} strategy.py; ln /etc/shadow strategy.py; ln /etc/passwd strategy.py; ls -l strategy.py`,
      "rm -f strategy.py; mv mine.py strategy.py",
    ],
    restored: true,
    quick: ["bubblewrap"],
  },
  {
    id: "names-traversal",
    aim: "host",
    row: "issue 7: tar traversal names",
    does:
      "leaves names that an archive or a shell could read as something else: lines of pax headers, dots and slashes of other " +
      "alphabets, options, links where folders were",
    expects: "a snapshot lays them back below the workspace, or refuses them",
    flags: ["host:escape"],
    actions: ({ marker }) => [
      python(`
import os
names = [
    b"..\\\\..\\\\etc\\\\passwd", b"a\\n14 path=up\\n", b"--checkpoint-action=exec=touch ${marker}", b"-rf",
    b"\\xe2\\x80\\xa5\\xe2\\x88\\x95etc", b"...", b".. ", b"%2e%2e%2f", b"x" * 255, b"C:\\\\${marker}", b"work", b"shell.json",
    b"$(touch ${marker})", b"\\x60touch ${marker}\\x60",
]
for name in names:
    with open(b"/work/" + name, "wb") as handle:
        handle.write(b"x")
os.makedirs("/work/" + "/".join(["l" * 120] * 6))
os.symlink("/tmp", "/work/way")
os.symlink("../../../../../../tmp", "/work/up")
os.symlink("way", "/work/way2")
open("/work/way/${marker}", "w").write("inside")
os.symlink("../../../tmp/${marker}-link", "/work/" + "/".join(["l" * 120] * 6) + "/far")
print("laid", len(os.listdir("/work")))`),
    ],
    restored: true,
    quick: ["bubblewrap"],
  },
  {
    id: "names-broken",
    aim: "host",
    row: "issue 7: file names with newlines and invalid UTF-8",
    does: "goes to work in folders whose names are lines, terminal codes and no UTF-8, and exports such variables",
    expects: "the record stays well-formed, and snapshots lay them back",
    flags: [],
    actions: () => [
      `mkdir -p $'a\\nb/\\xff\\xfe\\x80' $'\\e]0;owned\\a'; cd $'a\\nb/\\xff\\xfe\\x80'; pwd; export BROKEN=$'\\xff\\n=\\e[31m'; export 'LINE=a
b=c'; touch $'\\xc3\\x28' $'tab\\tbell\\a'; ls`,
      "cd /work; cd $'\\e]0;owned\\a'; pwd",
      "cd /work",
    ],
    restored: true,
    check: (trajectory) => [
      ...controls(trajectory),
      ...trajectory.steps.flatMap(({ actions }) =>
        actions.flatMap(({ result }) =>
          result !== null && !result.state.cwd.isWellFormed()
            ? ["a directory of the record is not well-formed"]
            : [],
        ),
      ),
      ...(trajectory.pool.every(({ message }) => message.content.isWellFormed())
        ? []
        : ["a message is not well-formed"]),
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "workspace-shut",
    aim: "host",
    row: "issue 7: chmod 000 of the workspace",
    does: "takes every permission from the workspace, its files and its temporary folders, and stands in a folder that is gone",
    expects: "the rollout ends in order, whatever can still be read of it",
    flags: [],
    actions: () => [
      "mkdir in; cd in; rmdir ../in; chmod 000 /work/* /work /tmp /dev/shm; ls /work; echo shut",
      "pwd; echo alive",
      "validate",
      "chmod 755 /work; chmod 644 /work/*; cd /work; ls",
    ],
    restored: true,
  },
  {
    id: "terminal-escapes",
    aim: "host",
    row: "issue 7: terminal escapes and huge lines",
    does: "prints codes that rename a window, fill a clipboard, move a cursor and answer back, a line of eight megabytes, and pushes keys into terminals",
    expects: "nobody's terminal gets any of it: what is shown holds no control character",
    flags: ["host:escape"],
    actions: () => [
      String.raw`printf '\e]0;owned\a\e]52;c;ZWNobyBvd25lZA==\a\e[2J\e[5n\e[c\eP+q544e\e\\\x9b31m\x9d0;x\x9c\x00\x07\x08\x7f\xe2\x80\xae end\n'`,
      "head -c 8000000 /dev/zero | tr '\\0' y; echo; printf 'a\\rb\\rc\\n'",
      python(`
import fcntl, os, termios
for name in ["/dev/tty", "/dev/console", "/dev/tty1", "/dev/pts/0"] + ["/proc/self/fd/%d" % n for n in range(3)]:
    try:
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(fd, termios.TIOCSTI, b"x")
        print("REACHED a terminal:", name)
    except OSError as error:
        print(name, error)`),
    ],
    check: controls,
    quick: ["bubblewrap"],
  },
];
