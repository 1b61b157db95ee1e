// Attacks on the walls themselves: mounts, namespaces, kernel doors, settings, the programs that are lent, the limits.
import { type Attack, python } from "../../kit/attack.ts";

export const attacks: readonly Attack[] = [
  {
    id: "mounts",
    aim: "host",
    row: "sandboxes 5: mount, mknod; issue 7: mount attempts",
    does: "mounts, unmounts and makes the root writable again, by program and by system call, and makes devices of the host's disks",
    expects: "every one is refused",
    flags: ["host:escape"],
    actions: () => [
      "mkdir m; mount -t tmpfs none m && echo REACHED tmpfs; mount --bind / m && echo REACHED bind; mount -o remount,rw / && echo REACHED remount; umount -l /proc && echo REACHED umount; mknod disk b 254 0 && head -c 512 disk | wc -c && echo REACHED device; echo tried",
      python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("m", exist_ok=True)
for what, asked in (
    ("tmpfs", lambda: libc.mount(b"none", b"/work/m", b"tmpfs", 0, None)),
    ("bind", lambda: libc.mount(b"/", b"/work/m", None, 4096, None)),
    ("remount", lambda: libc.mount(None, b"/", None, 32, None)),
    ("remount bind", lambda: libc.mount(None, b"/usr", None, 32 | 4096, None)),
    ("overlay", lambda: libc.mount(b"overlay", b"/work/m", b"overlay", 0, b"lowerdir=/,upperdir=/work,workdir=/tmp")),
    ("umount", lambda: libc.umount2(b"/tmp", 2)),
    ("pivot_root", lambda: libc.syscall(155, b"/work", b"/work/m")),
    ("chroot", lambda: libc.chroot(b"/work")),
    ("open_tree", lambda: -1 if libc.syscall(428, -100, b"/", 1) < 0 else 0),
    ("fsopen", lambda: -1 if libc.syscall(430, b"tmpfs", 0) < 0 else 0),
):
    if asked() == 0:
        print("REACHED", what)
    else:
        print(what, os.strerror(ctypes.get_errno()))`),
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "namespaces",
    aim: "host",
    row: "sandboxes 5: unshare -U; issue 7: new namespaces",
    does: "makes user, mount, process and network namespaces of its own and enters those of process 1",
    expects: "no namespace is made or entered: each is a way into the kernel",
    flags: ["host:escape"],
    actions: () => [
      "for n in -U -Ur -m -n -p -i -u -C; do unshare $n true 2>/dev/null && echo REACHED a namespace: $n; done; nsenter -t 1 -a true 2>&1; echo tried",
      python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("pid", 0x20000000), ("net", 0x40000000), ("cgroup", 0x02000000), ("user and mount", 0x10020000)):
    pid = os.fork()
    if pid == 0:
        if libc.unshare(flag) == 0:
            print("REACHED a namespace:", name, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
for name in ("user", "mnt", "pid", "net", "ipc"):
    try:
        if libc.setns(os.open("/proc/1/ns/" + name, os.O_RDONLY), 0) == 0:
            print("REACHED the namespace of process 1:", name)
    except OSError as error:
        print(name, error.strerror)
pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0:
    os._exit(0)
if pid > 0:
    print("REACHED a namespace by clone")`),
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "kernel-doors",
    aim: "host",
    row: "sandboxes 5: /proc/sys, sysrq, kcore, dmesg",
    does: "knocks at the kernel's doors: modules, another kernel, restart, swap, programs in the kernel, its log and its memory",
    expects: "every one is refused",
    flags: ["host:escape"],
    actions: () => [
      "for f in /proc/sysrq-trigger /proc/sys/kernel/hostname /proc/sys/kernel/panic /proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/modprobe /sys/kernel/uevent_helper /sys/power/state; do (echo 0 > $f) 2>/dev/null && echo REACHED $f; done; for f in /proc/kcore /dev/mem /dev/kmem /dev/port /dev/kmsg /dev/vda /dev/sda /dev/fuse /dev/kvm /dev/net/tun; do (head -c 1 $f >/dev/null) 2>/dev/null && echo REACHED $f; done; dmesg 2>&1 | head -1; hostname nsx 2>/dev/null && echo REACHED hostname; echo tried",
      python(`
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(128)
for what, number, arguments in (
    ("init_module", 175, (buffer, 128, b"")), ("finit_module", 313, (0, b"", 0)), ("kexec_load", 246, (0, 0, 0, 0)),
    ("reboot", 169, (0xfee1dead, 672274793, 0, 0)), ("swapon", 167, (b"/work/strategy.py", 0)), ("acct", 163, (b"/work/acct",)),
    ("bpf", 321, (0, buffer, 72)), ("perf_event_open", 298, (buffer, -1, 0, -1, 0)), ("iopl", 172, (3,)), ("ioperm", 173, (0, 1, 1)),
    ("sethostname", 170, (b"nsx", 3)), ("quotactl", 179, (0x800002, b"/dev/vda", 0, 0)), ("syslog", 103, (3, buffer, 100)),
    ("open_by_handle_at", 304, (-100, buffer, 0)), ("move_pages", 279, (1, 0, 0, 0, 0, 0)),
):
    pid = os.fork()
    if pid == 0:
        if libc.syscall(number, *arguments) >= 0 and what != "move_pages":
            print("REACHED", what, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
print("tried")`),
    ],
    quick: ["bubblewrap"],
  },
  {
    id: "clock",
    aim: "host",
    row: "catalogue 12, 34; issue 7: clock setting",
    does: "sets the clock by program and by system call, forwards and backwards",
    expects: "the host's clock goes on as it went",
    flags: ["host:escape"],
    actions: () => [
      "date -s '2001-01-01' >/dev/null 2>&1 && echo REACHED date; hwclock -w 2>/dev/null && echo REACHED hwclock; echo tried",
      python(`
import time
for clock in (time.CLOCK_REALTIME, 11):
    try:
        time.clock_settime(clock, time.time() + 3600)
        print("REACHED the clock")
    except OSError as error:
        print(error.strerror)`),
    ],
  },
  {
    id: "set-user",
    aim: "host",
    row: "sandboxes 5: su, setuid(0); issue 7: suid binaries",
    does: "becomes root by programs that may, by copies that it marks so, by capabilities and by system calls",
    expects: "nobody becomes anybody",
    flags: ["host:escape"],
    actions: () => [
      "cp /bin/bash own; chmod 6755 own; ./own -p -c 'id -u'; find / -xdev -perm -4000 -type f 2>/dev/null | head -20; su -c id 2>&1 | head -1; setcap cap_sys_admin+ep own 2>&1 | head -1; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status",
      python(`
import ctypes, os
for what, ask in (("setuid", lambda: os.setuid(0)), ("setgid", lambda: os.setgid(0)), ("setgroups", lambda: os.setgroups([0])), ("setresuid", lambda: os.setresuid(0, 0, 0)), ("chown", lambda: os.chown("strategy.py", 0, 0))):
    try:
        ask()
        print("REACHED", what)
    except OSError as error:
        print(what, error.strerror)
for line in open("/proc/self/status"):
    if line.startswith("CapEff") and int(line.split()[1], 16):
        print("REACHED capabilities", line.strip())`),
    ],
  },
  {
    id: "lent-programs",
    aim: "host",
    row: "issue 7: writing into mounted read-only supervisor/python; catalogue 32",
    does: "writes into the supervisor, the Python and the libraries that it is lent, which other sandboxes run too",
    expects: "all of it is read-only, also for what is opened before and written through /proc",
    flags: ["host:escape"],
    actions: ({ marker }) => [
      python(`
import glob, os, sys, sysconfig
targets = [os.path.realpath(sys.executable), "/bin/bash", "/bin/sh", os.__file__, "/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf"]
targets += glob.glob("/run/*.py*") + glob.glob("/run/nightshift*")
for path in targets:
    for way in (os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_CREAT):
        try:
            fd = os.open(path, way)
            print("REACHED", path)
            os.close(fd)
        except OSError as error:
            pass
for folder in (os.path.dirname(os.__file__), sysconfig.get_paths()["purelib"], "/usr/bin", "/usr/local/bin", "/usr/lib", "/lib", "/etc", "/run", "/"):
    try:
        open(folder + "/${marker}.pth", "w").write("import os")
        print("REACHED", folder)
    except OSError as error:
        pass
fd = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
try:
    os.open("/proc/self/fd/%d" % fd, os.O_RDWR)
    print("REACHED the interpreter through /proc")
except OSError as error:
    print(error.strerror)
try:
    os.open("/proc/1/exe", os.O_RDWR)
    print("REACHED the supervisor's program")
except OSError as error:
    print(error.strerror)`),
    ],
  },
  {
    id: "cgroups",
    aim: "host",
    row: "sandboxes 5: cgroup files; issue 7: cgroup writes",
    does: "raises its limits, leaves its cgroup, makes new ones and names a program for the kernel to run when one is empty",
    expects: "the cgroups are not there or read-only, and the limits stay",
    flags: ["host:escape"],
    actions: ({ marker }) => [
      `for f in $(find /sys/fs/cgroup -name memory.limit_in_bytes -o -name memory.max -o -name pids.max -o -name cpu.cfs_quota_us -o -name cpu.max -o -name cgroup.procs -o -name release_agent -o -name tasks 2>/dev/null | head -60); do (echo 99999999 > $f) 2>/dev/null && echo REACHED $f; (echo $$ > $f) 2>/dev/null && echo REACHED $f; (echo /tmp/${marker} > $f) 2>/dev/null && echo REACHED $f; done; for d in $(find /sys/fs/cgroup -maxdepth 2 -type d 2>/dev/null | head -40); do mkdir $d/${marker} 2>/dev/null && echo REACHED $d; done; mkdir cg; mount -t cgroup -o rdma none cg 2>/dev/null && echo REACHED a hierarchy; mount -t cgroup2 none cg 2>/dev/null && echo REACHED cgroup2; echo tried`,
      "head -c 400000000 /dev/zero > fill.bin; rm -f fill.bin; ulimit -u 100000 2>&1; ulimit -n 1000000 2>&1; echo tried",
    ],
    harmful: true,
    quick: ["docker"],
  },
];
