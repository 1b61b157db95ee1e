"""The supervisor: the one process of ours inside every sandbox.

It runs the persistent bash and single processes, times them, caps what they print, kills whatever they leave
behind, and moves files, for one orchestrator on the other end of a byte stream. It knows nothing of tasks, agents
or scores. Standard library only, Python 3.8 or newer, run with `python3 -I -S`; the few private C modules used here
(`_json`, `_signal`, `_ctypes`) spare 10 ms of start-up CPU and each has its public module as a fallback.

    supervisor.py '<settings as JSON>'

A frame, both ways: 4-byte big-endian header length, 4-byte body length, JSON header, raw body. A request has `id` and
`op`; its reply repeats the id with `ok` or `error`; frames with `ev` are the parts of a stream.
"""
import errno
import os
import resource
import select
import stat
import struct
import sys
import time

try:
    import _signal as signals
except ImportError:
    import signal as signals

PROTOCOL = 1
HEADER_BYTES_MAX = 4 << 20
BODY_BYTES_MAX = 16 << 20
CHUNK_BYTES = 1 << 16
STREAM_CHUNK_BYTES = 1 << 18
WINDOW_BYTES = 1 << 18
OUTPUT_BYTES_MAX = 8 << 20
RESULTS_KEPT_MAX = 64
RESULTS_BYTES_MAX = 16 << 20
OPERATIONS_MAX = 64
CLIENTS_MAX = 8
CLIENT_BACKLOG_BYTES_MAX = 64 << 20
IDLE_OUTPUT_BYTES_MAX = 1 << 20
IDLE_OUTPUTS_MAX = 64
ENVIRONMENT_BYTES_MAX = 1 << 20
DRAIN_BYTES_MAX = 1 << 20
KILL_SECONDS_MAX = 3.0
LAUNCH_SECONDS_MAX = 10.0
CODE_BYTES_MAX = 8
TRIAL_FORKS = 8
SHELL_FD = 200
ERROR_FD = 201
SIGKILL = 9
SIGSTOP = 19
TICKS = os.sysconf("SC_CLK_TCK")
VOLATILE_VARIABLES = ("PWD", "OLDPWD", "SHLVL", "_")


# --- JSON without `re`: importing json costs more than all the rest of the start --------------------------------

try:
    import _json

    class _Scanner:
        strict = True
        object_hook = None
        object_pairs_hook = None
        array_hook = None
        parse_float = float
        parse_int = int
        parse_constant = None
        memo = {}

    _scan = _json.make_scanner(_Scanner)
    _quote = _json.encode_basestring_ascii

    def parse_json(text):
        try:
            return _scan(text, 0)[0]
        except StopIteration:
            raise ValueError("not JSON")

    def to_json(value):
        if value is None:
            return "null"
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, str):
            return _quote(value)
        if isinstance(value, (int, float)):
            return repr(value)
        if isinstance(value, dict):
            return "{" + ",".join(_quote(k) + ":" + to_json(v) for k, v in value.items()) + "}"
        return "[" + ",".join(to_json(v) for v in value) + "]"
except ImportError:
    import json

    parse_json = json.loads
    to_json = json.dumps


# --- The few system calls that the os module lacks ---------------------------------------------------------------


def _c_function(name):
    try:
        import _ctypes

        address = _ctypes.dlsym(_ctypes.dlopen(None, 2), name)
        return lambda *arguments: _ctypes.call_function(address, arguments)
    except (ImportError, AttributeError):
        import ctypes

        return getattr(ctypes.CDLL(None), name)


# Looked up at once: after giving up root, the interpreter's own files may be out of reach.
_prctl = _c_function("prctl")


def prctl(option, value):
    return _prctl(option, value, 0, 0, 0)


def checked(name, what, *arguments):
    if _c_function(name)(*arguments) != 0:
        raise OSError("%s refused: %s" % (name, what))


# --- System calls that nothing in a sandbox needs: doors into the kernel, and out of the network namespace -------

# Per machine: AUDIT_ARCH, the numbers of socket, clone, ioctl and seccomp, and those refused whatever is asked:
# unshare setns mount umount2 pivot_root bpf perf_event_open userfaultfd keyctl add_key request_key init_module
# finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog open_by_handle_at
# settimeofday clock_settime clock_adjtime fanotify_init, and iopl and ioperm where there are any.
_FILTERED = {
    "x86_64": (
        0xC000003E, 41, 56, 16, 317,
        (272, 308, 165, 166, 155, 321, 298, 323, 250, 248, 249, 175, 313, 176, 246, 320, 169, 167, 168, 163, 179, 103)
        + (304, 164, 227, 305, 300, 172, 173),
    ),
    "aarch64": (
        0xC00000B7, 198, 220, 29, 277,
        (97, 268, 40, 39, 41, 280, 241, 282, 219, 217, 218, 105, 273, 106, 104, 294, 142, 224, 225, 89, 60, 116)
        + (265, 170, 112, 266, 262),
    ),
}
# The same on every machine: io_uring, the calls that mounts are made of.
_FILTERED_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442)
_CLONE3 = 435
_NEW_NAMESPACES = 0x7E020000
_TIOCSTI = 0x5412
# unix, inet, inet6, netlink. Others (vsock above all, which reaches a hypervisor) know no network namespace.
_SOCKET_FAMILIES = (1, 2, 10, 16)
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000


def _refusal(number):
    return 0x00050000 | number


def system_call_filter():
    """
    A program for seccomp (https://docs.kernel.org/userspace-api/seccomp_filter.html) as `struct sock_fprog`, with what
    must be kept while it is used; None on machines whose numbers are not known here.
    """
    known = _FILTERED.get(os.uname().machine)
    if known is None:
        return None
    audit, socket_call, clone_call, ioctl_call, _, refused = known
    # (operation, constant, where to if so, where to if not); None is the next one.
    lines = [(_LOAD, 4, None, None), (_EQUAL, audit, None, "unknown"), (_LOAD, 0, None, None)]
    # The second set of numbers that x86 has.
    lines.append((_AT_LEAST, 0x40000000, "unknown", None))
    lines += [(_EQUAL, number, "refused", None) for number in refused + _FILTERED_EVERYWHERE]
    # Its flags lie in memory, which no filter reads: whoever asks falls back to clone.
    lines.append((_EQUAL, _CLONE3, "unknown", None))
    lines += [(_EQUAL, socket_call, "socket", None), (_EQUAL, clone_call, "clone", None)]
    lines += [(_EQUAL, ioctl_call, "ioctl", "allowed")]
    labels = {"socket": len(lines)}
    lines.append((_LOAD, 16, None, None))
    lines += [(_EQUAL, family, "allowed", None) for family in _SOCKET_FAMILIES]
    lines.append((_RETURN, _refusal(errno.EAFNOSUPPORT), None, None))
    labels["clone"] = len(lines)
    lines += [(_LOAD, 16, None, None), (_ANY_BIT, _NEW_NAMESPACES, "refused", "allowed")]
    labels["ioctl"] = len(lines)
    lines += [(_LOAD, 24, None, None), (_EQUAL, _TIOCSTI, "refused", "allowed")]
    for label, answer in (("refused", _refusal(errno.EPERM)), ("unknown", _refusal(errno.ENOSYS)), ("allowed", _ALLOW)):
        labels[label] = len(lines)
        lines.append((_RETURN, answer, None, None))
    code = b""
    for at, (operation, constant, if_so, if_not) in enumerate(lines):
        jumps = [0 if label is None else labels[label] - at - 1 for label in (if_so, if_not)]
        code += struct.pack("=HBBI", operation, jumps[0], jumps[1], constant)
    # Where a bytes object keeps its bytes: at the end of its fixed part, which holds one of them.
    return struct.pack("@HP", len(lines), id(code) + bytes.__basicsize__ - 1), code


_seccomp_call = _c_function("syscall")


def refuse_system_calls(program):
    """Takes them from this process and all that it starts; what a kernel without seccomp answers is left at that."""
    if program is not None:
        # Mode 1: a filter. Flag 4: no slower code for all that runs under it.
        _seccomp_call(_FILTERED[os.uname().machine][4], 1, 4, program[0])


# --- Output: capped to a head and a tail, real paths shown under their names in the sandbox ----------------------


class Capture:
    """Bytes printed by an action: half of `limit` from the head, half from the tail, all of them counted."""

    def __init__(self, limit):
        self.half = max(1, limit // 2)
        self.head = bytearray()
        self.tail = bytearray()
        self.total = 0

    def feed(self, data):
        self.total += len(data)
        room = self.half - len(self.head)
        if room > 0:
            self.head += data[:room]
            data = data[room:]
        if data:
            self.tail += data
            if len(self.tail) > 2 * self.half + CHUNK_BYTES:
                del self.tail[: len(self.tail) - self.half]

    def render(self):
        """The kept bytes and whether any were left out; cuts fall between UTF-8 characters."""
        if self.total <= 2 * self.half:
            return bytes(self.head + self.tail), False
        head, tail = bytes(self.head), bytes(self.tail[-self.half :])
        for back in range(1, min(4, len(head)) + 1):
            lead = head[-back]
            if lead & 0xC0 == 0x80:
                continue
            need = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            if need > back:
                head = head[:-back]
            break
        skip = 0
        while skip < min(3, len(tail)) and tail[skip] & 0xC0 == 0x80:
            skip += 1
        tail = tail[skip:]
        left_out = self.total - len(head) - len(tail)
        return head + b"\n[... %d bytes left out ...]\n" % left_out + tail, True


class Renamer:
    """Replaces real path prefixes by their names in the sandbox, across the borders of chunks."""

    def __init__(self, maps):
        self.maps = [(real.encode(), shown.encode()) for shown, real in maps]
        self.held = b""

    def feed(self, data):
        if not self.maps:
            return data
        data = self.held + data
        self.held = b""
        for real, shown in self.maps:
            data = data.replace(real, shown)
        longest = max(len(real) for real, _ in self.maps) - 1
        start = data.find(b"/", max(0, len(data) - longest))
        while start >= 0:
            end = data[start:]
            if any(real.startswith(end) for real, _ in self.maps):
                self.held = end
                return data[:start]
            start = data.find(b"/", start + 1)
        return data

    def flush(self):
        rest, self.held = self.held, b""
        return rest


def _glues_before(character):
    return character.isalnum() or character in "_-./~})*?]%+"


def to_real_paths(text, maps):
    """Replaces `/work` where it stands as a path word, not inside another path or name."""
    for shown, real in maps:
        at = text.find(shown)
        if at < 0:
            continue
        parts, done = [], 0
        while at >= 0:
            end = at + len(shown)
            after = text[end : end + 1]
            longer = after.isalnum() or after in ("_", "-") or (after == "." and text[end + 1 : end + 2].isalnum())
            if not (at > 0 and _glues_before(text[at - 1])) and not (after and longer):
                parts.append(text[done:at])
                parts.append(real)
                done = end
            at = text.find(shown, end)
        parts.append(text[done:])
        text = "".join(parts)
    return text


# --- The event loop ----------------------------------------------------------------------------------------------


class Loop:
    def __init__(self):
        self.poll = select.epoll()
        self.watched = {}
        self.timers = []
        self.later = []

    def watch(self, fd, events, callback):
        known = fd in self.watched
        self.watched[fd] = callback
        if known:
            self.poll.modify(fd, events)
        else:
            self.poll.register(fd, events)

    def unwatch(self, fd):
        if self.watched.pop(fd, None) is not None:
            try:
                self.poll.unregister(fd)
            except OSError:
                pass

    def close(self, fd):
        self.unwatch(fd)
        try:
            os.close(fd)
        except OSError:
            pass

    def timer(self, seconds, callback):
        entry = [time.monotonic() + seconds, callback]
        self.timers.append(entry)
        return entry

    def cancel(self, entry):
        if entry in self.timers:
            self.timers.remove(entry)

    def soon(self, callback):
        """Runs after the present callbacks: not from inside a kill that is still under way."""
        self.later.append(callback)

    def run(self):
        while True:
            while self.later:
                self.later.pop(0)()
            wait = -1
            if self.timers:
                wait = max(0.0, min(entry[0] for entry in self.timers) - time.monotonic())
            for fd, events in self.poll.poll(wait):
                callback = self.watched.get(fd)
                if callback is not None:
                    callback(events)
            now = time.monotonic()
            for entry in [entry for entry in self.timers if entry[0] <= now]:
                if entry in self.timers:
                    self.timers.remove(entry)
                    entry[1]()


class Writer:
    """Bytes on their way into a non-blocking descriptor; `drained` is told how many left."""

    def __init__(self, loop, fd, drained=None, failed=None):
        self.loop = loop
        self.fd = fd
        self.queue = []
        self.bytes = 0
        self.ending = False
        self.drained = drained
        self.failed = failed

    def send(self, data):
        if self.fd is None:
            return
        self.queue.append(memoryview(data))
        self.bytes += len(data)
        self.flush()

    def end(self):
        self.ending = True
        if not self.queue:
            self.close()

    def flush(self, _events=0):
        try:
            while self.queue and self.fd is not None:
                count = os.write(self.fd, self.queue[0][:STREAM_CHUNK_BYTES])
                self.bytes -= count
                if count == len(self.queue[0]):
                    self.queue.pop(0)
                else:
                    self.queue[0] = self.queue[0][count:]
                if self.drained is not None:
                    self.drained(count)
        except BlockingIOError:
            self.loop.watch(self.fd, select.EPOLLOUT, self.flush)
            return
        except OSError:
            if self.failed is not None:
                self.failed()
            self.close()
            return
        if self.fd is not None:
            self.loop.unwatch(self.fd)
            if self.ending:
                self.close()

    def close(self):
        if self.fd is not None:
            self.loop.close(self.fd)
            self.fd = None
        lost, self.bytes, self.queue = self.bytes, 0, []
        if lost and self.drained is not None:
            self.drained(lost)


# --- Processes ---------------------------------------------------------------------------------------------------


def read_stat(pid):
    """(state, parent, session, own CPU ticks, reaped children's CPU ticks, start tick), or None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid, "rb", 0) as handle:
            fields = handle.read(1024).rpartition(b")")[2].split()
        return (
            fields[0],
            int(fields[1]),
            int(fields[3]),
            int(fields[11]) + int(fields[12]),
            int(fields[13]) + int(fields[14]),
            int(fields[19]),
        )
    except (OSError, IndexError, ValueError):
        return None


def all_processes():
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            entry = read_stat(int(name))
            if entry is not None:
                found[int(name)] = entry
    return found


def descendants(root, whole_table):
    """pid -> stat of everything below `root`. Being subreaper (or PID 1), we are the ancestor of all we started."""
    if whole_table:
        table = all_processes()
    else:
        table, todo = {}, [root]
        while todo:
            pid = todo.pop()
            try:
                threads = os.listdir("/proc/%d/task" % pid)
            except OSError:
                continue
            for thread in threads:
                try:
                    with open("/proc/%d/task/%s/children" % (pid, thread), "rb", 0) as handle:
                        children = handle.read(1 << 20).split()
                except OSError:
                    continue
                for child in map(int, children):
                    if child not in table:
                        entry = read_stat(child)
                        if entry is not None:
                            table[child] = entry
                            todo.append(child)
        return table
    below, grown = {root}, True
    while grown:
        grown = False
        for pid, entry in table.items():
            if pid not in below and entry[1] in below:
                below.add(pid)
                grown = True
    below.discard(root)
    return {pid: table[pid] for pid in below}


def boot_ticks():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICKS)


def exit_fields(status):
    if status is None:
        return {"exitCode": None, "signal": "SIGKILL"}
    if os.WIFSIGNALED(status):
        return {"exitCode": None, "signal": signal_name(os.WTERMSIG(status))}
    return {"exitCode": os.WEXITSTATUS(status), "signal": None}


def signal_name(number):
    for name in dir(signals):
        if name.startswith("SIG") and not name.startswith("SIG_") and getattr(signals, name) == number:
            return name
    return "SIG%d" % number


class LaunchError(Exception):
    """A process could not be started; the text is for whoever asked."""


class Operation:
    """A process being run for the orchestrator: a shell action, an exec, or a spawn with streams."""

    def __init__(self, kind, action_id, request, limit):
        self.kind = kind
        self.action_id = action_id
        self.request = request
        self.waiters = []
        self.capture = Capture(limit)
        self.renamer = None
        self.pid = None
        self.started = time.monotonic()
        self.start_tick = boot_ticks()
        self.timer = None
        self.timed_out = False
        self.finished = False
        self.orphan_cpu = 0.0
        self.oom_before = 0
        self.cpu_before = 0.0
        self.cgroup_cpu_before = None
        self.throttled_before = None
        self.memory_kb = 0
        self.sampled = {}
        self.shell_restarted = False
        self.internal = False


# --- The supervisor ----------------------------------------------------------------------------------------------


class Supervisor:
    def __init__(self, settings):
        self.settings = settings
        self.loop = Loop()
        self.is_pid1 = os.getpid() == 1
        self.container = bool(settings.get("container"))
        self.work = settings["work"]
        self.maps = [tuple(pair) for pair in settings.get("maps", [])]
        self.child_uid = settings.get("uid")
        self.env = dict(settings["env"])
        self.clients = set()
        self.operations = set()
        self.mains = {}
        self.actions = {}
        self.finished_order = []
        self.finished_bytes = 0
        self.shell_queue = []
        self.shell = None
        self.shell_cwd = self.work
        self.shell_env = {}
        self.shell_unset = []
        self.shell_lost = False
        self.sampling = None
        self.orphan_timer = None
        self.ending = False
        self.idle_outputs = []
        self.refused_calls = system_call_filter()
        self.whole_table = self.is_pid1 or not os.path.exists("/proc/self/task/%d/children" % os.getpid())
        self.boot_id = _first_line("/proc/sys/kernel/random/boot_id")
        self.oom_path, self.cpu_path, self.throttle_path = self.find_counters()

    # -- start ---------------------------------------------------------------------------------------------------

    def find_counters(self):
        if not self.container:
            return None, None, None
        oom = [p for p in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control") if os.path.exists(p)]
        cpu = [p for p in ("/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpuacct/cpuacct.usage") if os.path.exists(p)]
        throttle = [p for p in ("/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpu/cpu.stat") if os.path.exists(p)]
        return (oom[0] if oom else None), (cpu[0] if cpu else None), (throttle[0] if throttle else None)

    def start(self):
        for number in (signals.SIGHUP, signals.SIGINT, signals.SIGQUIT, signals.SIGTERM):
            signals.signal(number, signals.SIG_IGN)
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signals.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signals.signal(signals.SIGCHLD, lambda _number, _frame: None)

        def woken(_events):
            try:
                os.read(wake_read, 4096)
            except OSError:
                pass
            self.reap()

        self.loop.watch(wake_read, select.EPOLLIN, woken)
        self.loop.timer(self.settings["lifetimeMs"] / 1000.0, self.end)
        descriptor = self.settings.get("fd")
        if descriptor is not None:
            Client(self, descriptor, True)
        else:
            self.listen(self.settings["socket"])
        self.loop.run()

    def listen(self, path):
        import socket

        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(path)
        os.chmod(path, 0o666)
        server.listen(CLIENTS_MAX)
        server.setblocking(False)

        def accept(_events):
            try:
                connection, _ = server.accept()
            except OSError:
                return
            pid, uid, _gid = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            # Pid 0: the peer is outside our pid namespace. Uid 0: a relay that the daemon started as root for us.
            trusted = pid == 0 or (uid == 0 and os.geteuid() != 0)
            if not trusted or len(self.clients) >= CLIENTS_MAX:
                connection.close()
                return
            Client(self, connection.detach(), False)

        self.loop.watch(server.fileno(), select.EPOLLIN, accept)
        self.server = server
        self.count_orphan_time()

    def count_orphan_time(self):
        if self.orphan_timer is not None:
            self.loop.cancel(self.orphan_timer)
            self.orphan_timer = None
        if not self.clients:
            self.orphan_timer = self.loop.timer(self.settings["orphanTtlMs"] / 1000.0, self.end)

    def end(self):
        # What is killed now has no result: its client must see a sandbox that ended, not a process that did.
        self.ending = True
        try:
            self.kill_everything()
        finally:
            os._exit(0)

    # -- requests ------------------------------------------------------------------------------------------------

    def request(self, client, header, body):
        operation = header.get("op")
        number = header.get("id")
        stream = client.streams.get(number)
        try:
            if operation in ("credit", "data", "stop"):
                # A stream that has just ended may still be addressed: such frames are late, not wrong.
                if stream is not None:
                    stream.incoming(operation, header, body)
            elif operation == "hello":
                client.reply(number, self.describe())
            elif operation == "ping":
                client.reply(number, {})
            elif operation in ("shell", "exec"):
                self.act(client, number, operation, header, body)
            elif operation == "spawn":
                Spawn(self, client, number, header)
            elif operation == "read":
                Read(self, client, number, header)
            elif operation == "write":
                Write(self, client, number, header)
            elif operation == "snapshot":
                Snapshot(self, client, number, header)
            elif operation == "restore":
                Restore(self, client, number)
            elif operation == "kill":
                self.kill_action(header.get("actionId"))
                client.reply(number, {})
            elif operation == "close":
                self.end()
            else:
                client.fail(number, "protocol", "unknown operation %r" % (operation,))
        except FileProblem as problem:
            client.fail(number, problem.code, str(problem))
        except (OSError, LaunchError, KeyError, TypeError, ValueError) as error:
            client.fail(number, "internal", "%s: %s" % (type(error).__name__, error))

    def describe(self):
        running = [a for a, entry in self.actions.items() if isinstance(entry, Operation)]
        return {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "bootId": self.boot_id,
            "limits": self.settings.get("limits"),
            "running": running,
            "finished": list(self.finished_order),
        }

    def act(self, client, number, kind, header, body):
        action_id = header["actionId"]
        known = self.actions.get(action_id)
        if isinstance(known, Operation):
            known.waiters.append((client, number))
            return
        if known is not None:
            client.reply(number, known[0], known[1])
            return
        if len(self.operations) + len(self.shell_queue) >= OPERATIONS_MAX:
            client.fail(number, "busy", "more than %d actions at once" % OPERATIONS_MAX)
            return
        operation = Operation(kind, action_id, header, min(header["outputBytesMax"], OUTPUT_BYTES_MAX))
        operation.waiters.append((client, number))
        self.actions[action_id] = operation
        try:
            if kind == "shell":
                self.shell_queue.append(operation)
                self.shell_next()
            else:
                self.start_exec(operation, body)
        except OSError:
            # Out of descriptors: it was not done, and must not be waited for.
            self.operations.discard(operation)
            del self.actions[action_id]
            raise

    def resolve(self, path):
        """The real path of a path as the sandbox knows it. A name that no file can have is a file that is not there."""
        try:
            impossible = b"\0" in os.fsencode(path)
        except UnicodeEncodeError:
            impossible = True
        if impossible:
            raise FileProblem("missing", "%r: no file can have this name" % path)
        for shown, real in self.maps:
            if path == shown or path.startswith(shown + "/"):
                return real + path[len(shown) :]
        return os.path.normpath(os.path.join(self.work, path))

    def shown_directory(self, path):
        path = path[: -len(" (deleted)")] if path.endswith(" (deleted)") else path
        if path == self.work:
            return "."
        if path.startswith(self.work + "/"):
            return path[len(self.work) + 1 :]
        for shown, real in self.maps:
            if path == real or path.startswith(real + "/"):
                return shown + path[len(real) :]
        return path

    def environment(self, extra):
        env = dict(self.env)
        env.update(extra or {})
        return {name: to_real_paths(value, self.maps) for name, value in env.items()}

    # -- starting processes --------------------------------------------------------------------------------------

    def launch(self, argv, env, cwd, stdin, stdout, stderr, shell=False, cpu_seconds=None):
        """Forks and execs; the pid, once the program really runs. Raises LaunchError with a text for the user."""
        for attempt in (0, 1):
            try:
                return self.launch_once(argv, env, cwd, stdin, stdout, stderr, shell, cpu_seconds)
            except OSError as error:
                # A full process table (a fork bomb in the background) would make every later action fail.
                if attempt or error.errno not in (errno.EAGAIN, errno.ENOMEM):
                    raise LaunchError("%s: %s" % (error.filename or argv[0], os.strerror(error.errno or 0)))
                self.kill_everything()

    def launch_once(self, argv, env, cwd, stdin, stdout, stderr, shell, cpu_seconds):
        error_read, error_write = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(error_read)
            os.close(error_write)
            raise
        if pid == 0:
            self.become(argv, env, cwd, stdin, stdout, stderr, shell, cpu_seconds, error_write)
        os.close(error_write)
        report, waiting = b"", select.poll()
        waiting.register(error_read, select.POLLIN)
        while True:
            if not waiting.poll(LAUNCH_SECONDS_MAX * 1000):
                # Something in the sandbox stopped our child before it became the program.
                self.kill_everything()
                report = b"%d " % errno.EAGAIN
                break
            part = os.read(error_read, 4096)
            if not part:
                break
            report += part
        os.close(error_read)
        if report:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
            number, _, name = report.partition(b" ")
            raise OSError(int(number), os.strerror(int(number)), name.decode("utf-8", "replace"))
        return pid

    def become(self, argv, env, cwd, stdin, stdout, stderr, shell, cpu_seconds, error_write):
        """The child's side of launch. Never returns."""
        name = argv[0]
        try:
            os.dup2(error_write, ERROR_FD, False)
            os.setsid()
            for number in (1, 2, 3, 15, signals.SIGPIPE, signals.SIGXFSZ, signals.SIGCHLD):
                signals.signal(number, signals.SIG_DFL)
            for source, target in ((stdin, 0), (stdout, 1), (stderr, 2)):
                os.dup2(source, target)
            if shell:
                os.dup2(1, SHELL_FD)
            if self.child_uid is not None:
                os.setresuid(self.child_uid, self.child_uid, self.child_uid)
            # As a copy of a process that is closed to its own user, we could not write our own /proc files.
            prctl(4, 1)
            prctl(1, SIGKILL)
            try:
                with open("/proc/self/oom_score_adj", "wb", 0) as handle:
                    handle.write(b"1000")
            except OSError:
                pass
            self.limit(cpu_seconds)
            refuse_system_calls(self.refused_calls)
            name = cwd
            os.chdir(cwd)
            name = argv[0]
            if "/" in name:
                os.execve(name, argv, env)
            problem = errno.ENOENT
            for directory in env.get("PATH", "/usr/bin:/bin").split(":"):
                try:
                    os.execve(os.path.join(directory or ".", name), argv, env)
                except OSError as error:
                    if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                        problem = error.errno
                        if problem != errno.EACCES:
                            break
            raise OSError(problem, "")
        except BaseException as error:  # whatever it is must reach the parent, and this copy must end here
            number = error.errno if isinstance(error, OSError) and error.errno else errno.EINVAL
            os.write(ERROR_FD, b"%d %s" % (number, name.encode("utf-8", "replace")[:1000]))
        finally:
            os._exit(127)

    def limit(self, cpu_seconds):
        wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, self.settings.get("files", 1024))]
        if self.settings.get("pidsLimit"):
            wanted.append((resource.RLIMIT_NPROC, self.settings["pidsLimit"]))
        if self.settings.get("fileBytesMax"):
            wanted.append((resource.RLIMIT_FSIZE, self.settings["fileBytesMax"]))
        if cpu_seconds is not None:
            wanted.append((resource.RLIMIT_CPU, max(1, int(-(-cpu_seconds // 1)))))
        for kind, value in wanted:
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))

    # -- exec ----------------------------------------------------------------------------------------------------

    def start_exec(self, operation, body):
        request = operation.request
        argv = [to_real_paths(word.replace("\0", ""), self.maps) for word in request["argv"]]
        out_read, out_write = os.pipe()
        in_read, in_write = (os.pipe() if body else (os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC), None))
        operation.renamer = Renamer(self.maps)
        operation.cwd = self.resolve((request.get("cwd") or ".").replace("\0", ""))
        self.begin(operation)
        try:
            operation.pid = self.launch(
                argv, self.environment(request.get("env")), operation.cwd, in_read, out_write, out_write
            )
        except LaunchError as error:
            os.close(out_read)
            if in_write is not None:
                os.close(in_write)
            operation.capture.feed(operation.renamer.feed(("nightshift: %s\n" % error).encode()))
            operation.cwd = self.work
            self.finish(operation, {"exitCode": 127, "signal": None}, 0.0)
            return
        finally:
            os.close(out_write)
            os.close(in_read)
        os.set_blocking(out_read, False)
        operation.out = out_read
        self.mains[operation.pid] = operation
        if in_write is not None:
            os.set_blocking(in_write, False)
            feeder = Writer(self.loop, in_write)
            feeder.send(body)
            feeder.end()
        self.loop.watch(out_read, select.EPOLLIN, lambda _events: self.pump(operation, 1))

    def pump(self, operation, rounds):
        """Reads what an exec or a spawn's stderr has printed. True while there may be more."""
        for _ in range(rounds):
            try:
                data = os.read(operation.out, CHUNK_BYTES)
            except BlockingIOError:
                return False
            except OSError:
                data = b""
            if not data:
                self.loop.unwatch(operation.out)
                return False
            operation.capture.feed(operation.renamer.feed(data))
        return True

    def exec_exited(self, operation, status, cpu):
        # The end is the main process's exit, not EOF: a daemon it left may hold the pipe for ever.
        self.pump(operation, DRAIN_BYTES_MAX // CHUNK_BYTES)
        operation.capture.feed(operation.renamer.flush())
        self.drain_idle(operation.out)
        self.finish(operation, exit_fields(status), cpu)

    def drain_idle(self, fd):
        """Goes on reading, for a while, what a background process prints: a closed pipe would kill it."""
        left = [IDLE_OUTPUT_BYTES_MAX]
        self.idle_outputs.append(fd)
        if len(self.idle_outputs) > IDLE_OUTPUTS_MAX:
            self.loop.close(self.idle_outputs.pop(0))

        def discard(_events):
            try:
                data = os.read(fd, CHUNK_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            left[0] -= len(data)
            if not data:
                self.idle_outputs.remove(fd)
                self.loop.close(fd)
            elif left[0] <= 0:
                self.loop.unwatch(fd)

        self.loop.watch(fd, select.EPOLLIN, discard)

    # -- the persistent shell ------------------------------------------------------------------------------------

    def start_shell(self):
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        nowhere = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        env = self.environment(self.shell_env)
        for name in self.shell_unset:
            env.pop(name, None)
        cwd = self.shell_cwd if os.path.isdir(self.shell_cwd) else self.work
        try:
            pid = self.launch(
                ["bash", "--norc", "--noprofile"], env, cwd, in_read, out_write, nowhere, shell=True
            )
        except LaunchError:
            os.close(in_write)
            os.close(out_read)
            raise
        finally:
            for fd in (in_read, out_write, nowhere):
                os.close(fd)
        os.set_blocking(in_write, False)
        os.set_blocking(out_read, False)
        self.shell = Shell(self, pid, in_write, out_read)
        self.shell_cwd = cwd

    def shell_next(self):
        while self.shell_queue and (self.shell is None or self.shell.operation is None):
            operation = self.shell_queue.pop(0)
            if operation.finished:
                continue
            self.begin(operation)
            if self.shell is not None and self.crowded():
                self.kill_everything()
            try:
                if self.shell is None:
                    operation.shell_restarted, self.shell_lost = self.shell_lost, False
                    self.start_shell()
            except LaunchError as error:
                operation.capture.feed(("nightshift: %s\n" % error).encode())
                self.finish(operation, {"exitCode": 127, "signal": None}, 0.0)
                continue
            self.shell.run(operation)

    def crowded(self):
        """True when a fork bomb has left the shell no process to start: nothing it does could work."""
        limit = self.settings.get("pidsMax")
        if not limit:
            return False
        living = len(descendants(os.getpid(), self.whole_table))
        # Forks that are about to be refused count against the limit as well, so a bomb starves the shell well below it.
        return living >= limit - 2 or (living >= limit // 2 and self.fork_refused())

    def fork_refused(self):
        """True when a process like the sandbox's own is refused a child, at any of a few tries."""
        answer_read, answer_write = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(answer_read)
            os.close(answer_write)
            return True
        if pid == 0:
            try:
                if self.child_uid is not None:
                    os.setresuid(self.child_uid, self.child_uid, self.child_uid)
                prctl(1, SIGKILL)
                self.limit(None)
                for _ in range(TRIAL_FORKS):
                    child = os.fork()
                    if child == 0:
                        os._exit(0)
                    os.waitpid(child, 0)
                os.write(answer_write, b"1")
            finally:
                os._exit(0)
        os.close(answer_write)
        waiting = select.poll()
        waiting.register(answer_read, select.POLLIN)
        # Something in the sandbox may stop the trial: silence is a refusal too, and what follows kills it.
        answer = os.read(answer_read, 1) if waiting.poll(LAUNCH_SECONDS_MAX * 1000) else b""
        os.close(answer_read)
        try:
            os.kill(pid, SIGKILL)
            os.waitpid(pid, 0)
        except OSError:
            pass
        return answer != b"1"

    # -- life of an operation ------------------------------------------------------------------------------------

    def begin(self, operation):
        operation.started = time.monotonic()
        operation.start_tick = boot_ticks()
        operation.oom_before = self.oom_kills()
        operation.cgroup_cpu_before = self.cgroup_cpu()
        operation.throttled_before = self.throttled()
        self.operations.add(operation)
        operation.timer = self.loop.timer(operation.request["timeoutMs"] / 1000.0, lambda: self.time_out(operation))

    def time_out(self, operation):
        if not operation.finished:
            operation.timed_out = True
            self.kill_operation(operation)

    def kill_action(self, action_id):
        operation = self.actions.get(action_id)
        if isinstance(operation, Operation) and not operation.finished:
            if operation in self.shell_queue:
                self.shell_queue.remove(operation)
                self.finish(operation, exit_fields(None), 0.0)
            else:
                self.kill_operation(operation)

    def measured_cpu(self, operation, cpu):
        """Seconds: what was waited for, plus orphans; the cgroup's own count where no other action shares it."""
        total = cpu + operation.orphan_cpu
        if operation.sampled:
            total = max(total, sum(operation.sampled.values()) / float(TICKS))
        now = self.cgroup_cpu()
        if now is not None and operation.cgroup_cpu_before is not None and len(self.operations) == 1:
            total = max(total, now - operation.cgroup_cpu_before)
        return total

    def finish(self, operation, ended, cpu):
        if operation.finished:
            return
        seconds = self.measured_cpu(operation, cpu)
        operation.finished = True
        self.loop.cancel(operation.timer)
        self.operations.discard(operation)
        output, truncated = operation.capture.render()
        result = dict(ended)
        result.update(
            {
                "timedOut": operation.timed_out,
                "oomKilled": self.oom_kills() > operation.oom_before,
                "durationMs": int((time.monotonic() - operation.started) * 1000),
                "cpuMs": round(seconds * 1000, 1),
                "outputBytes": operation.capture.total,
                "truncated": truncated,
                "cwd": self.shown_directory(self.shell_cwd if operation.kind == "shell" else operation.cwd),
                "shellRestarted": operation.shell_restarted,
            }
        )
        if operation.timed_out:
            result.update(exit_fields(None))
        self.actions[operation.action_id] = (result, output)
        self.finished_order.append(operation.action_id)
        self.finished_bytes += len(output)
        while len(self.finished_order) > 1 and (
            len(self.finished_order) > RESULTS_KEPT_MAX or self.finished_bytes > RESULTS_BYTES_MAX
        ):
            self.forget(self.finished_order[0])
        for client, number in operation.waiters:
            client.reply(number, result, output)

    def forget(self, action_id):
        entry = self.actions.get(action_id)
        if isinstance(entry, tuple):
            del self.actions[action_id]
            self.finished_order.remove(action_id)
            self.finished_bytes -= len(entry[1])

    # -- counters ------------------------------------------------------------------------------------------------

    def oom_kills(self):
        if self.oom_path is None:
            return 0
        try:
            with open(self.oom_path, "rb", 0) as handle:
                for line in handle.read(4096).splitlines():
                    if line.startswith(b"oom_kill "):
                        return int(line.split()[1])
        except (OSError, ValueError):
            pass
        return 0

    def cgroup_cpu(self):
        """CPU seconds of everything in the container but us; None where there is no counter of our own."""
        if self.cpu_path is None:
            return None
        try:
            with open(self.cpu_path, "rb", 0) as handle:
                text = handle.read(4096)
            if text.startswith(b"usage_usec "):
                seconds = int(text.split()[1]) / 1e6
            else:
                seconds = int(text) / 1e9
            return seconds - time.process_time()
        except (OSError, ValueError):
            return None

    def throttled(self):
        """How often, and for how many milliseconds, the container was held back by its CPU limit; None where nobody counts."""
        if self.throttle_path is None:
            return None
        try:
            with open(self.throttle_path, "rb", 0) as handle:
                fields = dict(line.split() for line in handle.read(4096).splitlines())
            count = int(fields[b"nr_throttled"])
            # Microseconds in version 2 of cgroups, nanoseconds in version 1.
            spent = fields.get(b"throttled_usec")
            return count, int(spent) / 1e3 if spent is not None else int(fields[b"throttled_time"]) / 1e6
        except (OSError, ValueError, KeyError):
            return None

    def sample(self):
        """Notes the CPU time of living descendants: a process that ignores SIGCHLD hides its children's."""
        self.sampling = None
        spawns = [o for o in self.operations if o.kind == "spawn"]
        if not spawns:
            return
        table = descendants(os.getpid(), self.whole_table)
        for operation in spawns:
            family = self.family({operation.pid}, table)
            for pid, entry in table.items():
                if pid in family or (entry[2] == operation.pid):
                    operation.sampled[(pid, entry[5])] = entry[3]
            while len(operation.sampled) > 10000:
                operation.sampled.pop(next(iter(operation.sampled)))
        self.sampling = self.loop.timer(0.5, self.sample)

    # -- reaping and killing -------------------------------------------------------------------------------------

    def reap(self):
        while True:
            try:
                info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if info is None:
                    return
                known = self.mains.get(info.si_pid)
                entry = None if known is not None else read_stat(info.si_pid)
                pid, status, usage = os.wait4(info.si_pid, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            cpu = usage.ru_utime + usage.ru_stime
            if known is not None:
                known.memory_kb = usage.ru_maxrss
                del self.mains[pid]
                known.exited(status, cpu) if isinstance(known, (Shell, Spawn)) else self.exec_exited(
                    known, status, cpu
                )
            elif entry is not None:
                self.charge_orphan(entry, cpu)

    def charge_orphan(self, entry, cpu):
        """A process whose parent ended first: its time belongs to its session's operation, else to the newest."""
        owner = None
        for operation in self.operations:
            if operation.pid == entry[2]:
                owner = operation
        if owner is None and self.operations:
            owner = max(self.operations, key=lambda o: o.start_tick)
        if owner is not None:
            owner.orphan_cpu += cpu

    def family(self, roots, table):
        family, grown = set(roots), True
        while grown:
            grown = False
            for pid, entry in table.items():
                if pid not in family and entry[1] in family:
                    family.add(pid)
                    grown = True
        return family

    def victims(self, operation):
        """Living processes that the operation started, and whether anything else lives that must stay."""
        table = descendants(os.getpid(), self.whole_table)
        others = {o.pid for o in self.operations if o is not operation and o.pid is not None}
        if operation.kind != "shell" and self.shell is not None:
            others.add(self.shell.pid)
        kept = self.family({pid for pid in others if pid in table}, table)
        for pid, entry in table.items():
            if entry[5] < operation.start_tick and pid != operation.pid:
                kept.add(pid)
        living = {pid for pid, entry in table.items() if entry[0] not in (b"Z", b"X")}
        return living - kept, bool(living & kept)

    def kill_operation(self, operation):
        """Kills all that the operation started and nothing older; everything, where that cannot be told apart."""
        deadline = time.monotonic() + KILL_SECONDS_MAX
        while time.monotonic() < deadline:
            victims, others = self.victims(operation)
            if not victims:
                self.reap()
                break
            if not others:
                self.kill_everything()
                break
            for number in (SIGSTOP, SIGKILL):
                for pid in victims:
                    self.send_signal(pid, number)
            self.reap()
        else:
            self.kill_everything()
        if not operation.finished and operation.kind != "spawn":
            self.abandon(operation)

    def abandon(self, operation):
        """Answers for a process that would not die in time (uninterruptible in the kernel)."""
        if operation.kind == "shell" and self.shell is not None:
            self.shell.exited(None, 0.0)
        elif operation.kind == "exec":
            self.exec_exited(operation, None, 0.0)

    def send_signal(self, pid, number):
        try:
            os.kill(pid, number)
        except OSError:
            pass

    def kill_everything(self):
        """Ends every process of the sandbox but this one, however it hides."""
        deadline = time.monotonic() + KILL_SECONDS_MAX
        while True:
            if self.is_pid1 or self.owns_its_uid():
                # One pass of the kernel under its task-list lock: it cannot be outrun by forking.
                try:
                    os.kill(-1, SIGKILL)
                except OSError:
                    pass
            table = descendants(os.getpid(), self.whole_table)
            living = [pid for pid, entry in table.items() if entry[0] not in (b"Z", b"X")]
            for number in (SIGSTOP, SIGKILL):
                for pid in living:
                    self.send_signal(pid, number)
            self.reap()
            if not living or time.monotonic() > deadline:
                return
            time.sleep(0.001)

    def owns_its_uid(self):
        """True when `kill(-1)` reaches this sandbox's own user only: two spare uids, neither of them anyone's."""
        if self.child_uid is None:
            return False
        real, effective, saved = os.getresuid()
        return effective == self.child_uid and real == saved and min(real, effective) >= 10000


class Shell:
    """The persistent bash: one pipe in, one pipe out, a nonce on a saved descriptor after each action."""

    def __init__(self, supervisor, pid, in_write, out_read):
        self.supervisor = supervisor
        self.pid = pid
        self.out = out_read
        self.input = Writer(supervisor.loop, in_write)
        self.operation = None
        self.mark = None
        self.held = b""
        self.idle = Capture(CHUNK_BYTES)
        self.idle_read = 0
        supervisor.mains[pid] = self
        self.reading = False
        self.read_on()

    def read_on(self):
        if not self.reading:
            self.reading = True
            self.supervisor.loop.watch(self.out, select.EPOLLIN, self.readable)

    def run(self, operation):
        supervisor = self.supervisor
        request = operation.request
        self.operation = operation
        operation.pid = self.pid
        operation.renamer = Renamer(supervisor.maps)
        nonce = os.urandom(12).hex()
        self.mark = ("\n%s " % nonce).encode()
        self.held = b""
        entry = read_stat(self.pid)
        operation.cpu_before = (entry[3] + entry[4]) if entry else 0
        if not operation.internal:
            operation.capture.feed(operation.renamer.feed(self.idle.render()[0]))
            self.idle, self.idle_read = Capture(CHUNK_BYTES), 0
        self.read_on()
        command = to_real_paths(request["command"].replace("\0", ""), supervisor.maps)
        line = "eval " + shell_quote(command)
        for name, value in (request.get("env") or {}).items():
            line = "%s=%s %s" % (name, shell_quote(to_real_paths(value, supervisor.maps)), line)
        line += " </dev/null >&%d 2>&1" % SHELL_FD
        if request.get("cwd"):
            enter = shell_quote(supervisor.resolve(request["cwd"]))
            line = "cd -- %s >&%d 2>&1 && %s" % (enter, SHELL_FD, line)
        # A plain command: after an unclosed quote bash would stumble over a group. The saved descriptor outlives
        # `exec >/dev/null` in an action, and bash's own stderr is /dev/null, so that `set -x` cannot show the mark.
        line += "\nprintf '\\n%%s %%d\\0' %s $? >&%d\n" % (nonce, SHELL_FD)
        self.input.send(line.encode("utf-8", "replace"))

    def readable(self, _events):
        try:
            data = os.read(self.out, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.supervisor.loop.unwatch(self.out)
            self.reading = False
            return
        self.take(data)

    def take(self, data):
        while data:
            operation = self.operation
            if operation is None:
                self.idle.feed(data)
                self.idle_read += len(data)
                if self.idle_read > IDLE_OUTPUT_BYTES_MAX:
                    self.supervisor.loop.unwatch(self.out)
                    self.reading = False
                return
            data = self.held + data
            self.held = b""
            at = data.find(self.mark)
            if at < 0:
                line = data.rfind(b"\n", max(0, len(data) - len(self.mark)))
                if line >= 0 and self.mark.startswith(data[line:]):
                    self.held = data[line:]
                    data = data[:line]
                self.feed(data)
                return
            after = at + len(self.mark)
            end = data.find(b"\0", after, after + CODE_BYTES_MAX)
            if end >= 0:
                self.feed(data[:at])
                self.completed(data[after:end])
                data = data[end + 1 :]
            elif len(data) < after + CODE_BYTES_MAX:
                self.feed(data[:at])
                self.held = data[at:]
                return
            else:
                # A mark without an end is none of ours: an action has read it off the shell's input, and must not make us wait.
                self.feed(data[:after])
                data = data[after:]

    def feed(self, data):
        self.operation.capture.feed(self.operation.renamer.feed(data))

    def completed(self, code):
        operation, self.operation = self.operation, None
        supervisor = self.supervisor
        operation.capture.feed(operation.renamer.flush())
        entry = read_stat(self.pid)
        ticks = (entry[3] + entry[4] - operation.cpu_before) if entry else 0
        try:
            supervisor.shell_cwd = os.readlink("/proc/%d/cwd" % self.pid)
        except OSError:
            pass
        number = int(code[:3]) if code.isdigit() else 0
        supervisor.finish(operation, {"exitCode": number, "signal": None}, ticks / float(TICKS))
        supervisor.loop.soon(supervisor.shell_next)

    def exited(self, status, cpu):
        """bash itself is gone: `exit`, `exec`, a kill, a time-out."""
        supervisor = self.supervisor
        operation, self.operation = self.operation, None
        supervisor.mains.pop(self.pid, None)
        if supervisor.shell is self:
            supervisor.shell = None
        self.input.close()
        if operation is None:
            supervisor.shell_lost = True
        else:
            self.operation = operation
            for _ in range(DRAIN_BYTES_MAX // CHUNK_BYTES):
                try:
                    data = os.read(self.out, CHUNK_BYTES)
                except OSError:
                    break
                if not data:
                    break
                self.feed(self.held + data)
                self.held = b""
            self.operation = None
            operation.capture.feed(operation.renamer.feed(self.held))
            operation.capture.feed(operation.renamer.flush())
            operation.shell_restarted = True
            used = max(0.0, cpu - operation.cpu_before / float(TICKS))
            supervisor.finish(operation, exit_fields(status), used)
        supervisor.shell_env, supervisor.shell_unset = {}, []
        supervisor.drain_idle(self.out)
        supervisor.loop.soon(supervisor.shell_next)


def shell_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


# --- Streams: spawn, files, archives -----------------------------------------------------------------------------


class Spawn(Operation):
    """A process with a byte stream in and out; credit bounds what either side holds for the other."""

    def __init__(self, supervisor, client, number, header):
        Operation.__init__(self, "spawn", None, header, min(header["stderrBytesMax"], OUTPUT_BYTES_MAX))
        self.supervisor = supervisor
        self.client = client
        self.number = number
        self.credit = WINDOW_BYTES
        self.renamer = Renamer(supervisor.maps)
        self.cwd = supervisor.resolve(header.get("cwd") or ".")
        self.ended = None
        if len(supervisor.operations) >= OPERATIONS_MAX:
            raise LaunchError("more than %d processes at once" % OPERATIONS_MAX)
        argv = [to_real_paths(word.replace("\0", ""), supervisor.maps) for word in header["argv"]]
        pipes = [os.pipe() for _ in range(3)]
        (in_read, in_write), (self.stdout, out_write), (self.out, err_write) = pipes
        supervisor.begin(self)
        try:
            self.pid = supervisor.launch(
                argv,
                supervisor.environment(header.get("env")),
                self.cwd,
                in_read,
                out_write,
                err_write,
                cpu_seconds=header["cpuSecondsMax"],
            )
        except LaunchError:
            supervisor.operations.discard(self)
            supervisor.loop.cancel(self.timer)
            for fd in (in_write, self.stdout, self.out):
                os.close(fd)
            raise
        finally:
            for fd in (in_read, out_write, err_write):
                os.close(fd)
        for fd in (in_write, self.stdout, self.out):
            os.set_blocking(fd, False)
        supervisor.mains[self.pid] = self
        self.input = Writer(supervisor.loop, in_write, self.took)
        client.streams[number] = self
        client.reply(number, {})
        supervisor.loop.watch(self.out, select.EPOLLIN, lambda _events: supervisor.pump(self, 1))
        self.watch_output()
        if supervisor.sampling is None:
            supervisor.sampling = supervisor.loop.timer(0.5, supervisor.sample)

    def watch_output(self):
        if self.stdout is not None:
            if self.credit > 0:
                self.supervisor.loop.watch(self.stdout, select.EPOLLIN, self.readable)
            else:
                self.supervisor.loop.unwatch(self.stdout)

    def readable(self, _events):
        try:
            data = os.read(self.stdout, min(CHUNK_BYTES, self.credit))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close_output()
            return
        self.credit -= len(data)
        self.client.send({"id": self.number, "ev": "data"}, data)
        self.watch_output()

    def close_output(self):
        if self.stdout is not None:
            self.supervisor.loop.close(self.stdout)
            self.stdout = None
            self.client.send({"id": self.number, "ev": "eof"})
            self.retire()

    def took(self, count):
        self.client.send({"id": self.number, "ev": "credit", "bytes": count})

    def incoming(self, operation, header, body):
        if operation == "credit":
            self.credit += header["bytes"]
            self.watch_output()
        elif operation == "data":
            if body:
                if self.input.fd is None:
                    self.took(len(body))
                else:
                    self.input.send(body)
            if header.get("end"):
                self.input.end()
        elif operation == "stop":
            self.stop()

    def stop(self):
        if not self.finished:
            self.supervisor.kill_operation(self)
        self.close_output()

    def lost(self):
        """The client is gone: nobody can use the streams any more."""
        self.stop()

    def exited(self, status, cpu):
        supervisor = self.supervisor
        self.ended = status
        supervisor.kill_operation(self)
        supervisor.pump(self, DRAIN_BYTES_MAX // CHUNK_BYTES)
        supervisor.loop.close(self.out)
        self.capture.feed(self.renamer.flush())
        seconds = supervisor.measured_cpu(self, cpu)
        self.finished = True
        supervisor.loop.cancel(self.timer)
        supervisor.operations.discard(self)
        self.input.close()
        text, _ = self.capture.render()
        result = exit_fields(None if self.timed_out else status)
        throttled = supervisor.throttled()
        if throttled is not None and self.throttled_before is not None:
            result["throttledCount"] = throttled[0] - self.throttled_before[0]
            result["throttledMs"] = round(throttled[1] - self.throttled_before[1], 1)
        result.update(
            {
                "memoryMb": round(self.memory_kb / 1024.0, 1),
                "cpuFromCgroup": self.cgroup_cpu_before is not None,
                "id": self.number,
                "ev": "exit",
                "timedOut": self.timed_out,
                "cpuMs": round(seconds * 1000, 1),
                "durationMs": int((time.monotonic() - self.started) * 1000),
            }
        )
        self.client.send(result, text)
        self.retire()

    def retire(self):
        if self.finished and self.stdout is None:
            self.client.streams.pop(self.number, None)


class FileProblem(Exception):
    def __init__(self, code, message):
        Exception.__init__(self, message)
        self.code = code


def file_problem(error, path):
    number = error.errno
    if number in (errno.ENOENT, errno.ENAMETOOLONG):
        code = "missing"
    elif number in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENOTDIR, errno.ENODEV, errno.EEXIST, errno.ENOTEMPTY):
        code = "notAFile"
    elif number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        code = "full"
    else:
        code = "denied"
    return FileProblem(code, "%s: %s" % (path, os.strerror(number or 0)))


class Outflow:
    """A stream of bytes to the client from a generator, as far as credit goes."""

    def __init__(self, client, number, parts):
        self.client = client
        self.number = number
        self.parts = parts
        self.credit = WINDOW_BYTES * 4
        client.streams[number] = self
        self.pump()

    def pump(self):
        while self.credit > 0:
            try:
                part = next(self.parts)
            except StopIteration:
                self.done()
                return
            except FileProblem as problem:
                self.client.streams.pop(self.number, None)
                self.client.fail(self.number, problem.code, str(problem))
                return
            except OSError as error:
                self.client.streams.pop(self.number, None)
                self.client.fail(self.number, "denied", "reading failed: %s" % error)
                return
            self.credit -= len(part)
            self.client.send({"id": self.number, "ev": "data"}, part)

    def done(self):
        self.client.streams.pop(self.number, None)
        self.client.reply(self.number, {})

    def incoming(self, operation, header, _body):
        if operation == "credit":
            self.credit += header["bytes"]
            self.pump()
        elif operation == "stop":
            self.lost()

    def lost(self):
        self.client.streams.pop(self.number, None)
        self.parts.close()


def Read(supervisor, client, number, header):
    """Regular files only, never through a link in the last place, never waiting on a fifo."""
    path, limit = header["path"], header["bytesMax"]
    real = supervisor.resolve(path)
    try:
        fd = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise file_problem(error, path)
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        os.close(fd)
        raise FileProblem("notAFile", "%s: not a regular file" % path)
    if info.st_size > limit:
        os.close(fd)
        raise FileProblem("tooLarge", "%s: %d bytes, more than %d" % (path, info.st_size, limit))

    def parts():
        left = limit
        try:
            while left > 0:
                data = os.read(fd, min(STREAM_CHUNK_BYTES, left))
                if not data:
                    return
                left -= len(data)
                yield data
        finally:
            os.close(fd)

    Outflow(client, number, parts())


class Write:
    """
    Into a temporary file beside the target, then renamed over it: readers see the old bytes or the new ones. A file that is there keeps
    its permissions, and one that nobody may write is not replaced, though its folder would allow it.
    """

    def __init__(self, supervisor, client, number, header):
        self.client = client
        self.number = number
        self.path = header["path"]
        self.target = supervisor.resolve(self.path)
        folder = os.path.dirname(self.target)
        self.temporary = os.path.join(folder, ".nightshift-%s" % os.urandom(6).hex())
        self.fd = None
        try:
            os.makedirs(folder, exist_ok=True)
            mode = header["mode"] & 0o777
            try:
                there = os.lstat(self.target).st_mode
            except FileNotFoundError:
                there = None
            if there is not None and stat.S_ISDIR(there):
                raise FileProblem("notAFile", "%s: is a directory" % self.path)
            if there is not None and stat.S_ISREG(there):
                if not there & 0o222 or not os.access(self.target, os.W_OK, effective_ids=True):
                    raise FileProblem("denied", "%s: is read-only" % self.path)
                mode = (there & 0o777) | (mode & 0o111)
            self.fd = os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            os.fchmod(self.fd, mode)
        except OSError as error:
            raise file_problem(error, self.path)
        client.streams[number] = self

    def incoming(self, operation, header, body):
        if operation == "stop":
            self.lost()
            return
        if operation != "data":
            return
        try:
            view = memoryview(body)
            while len(view):
                view = view[os.write(self.fd, view) :]
            if header.get("end"):
                fd, self.fd = self.fd, None
                os.close(fd)
                os.rename(self.temporary, self.target)
                self.client.streams.pop(self.number, None)
                self.client.reply(self.number, {})
        except OSError as error:
            self.lost()
            problem = file_problem(error, self.path)
            self.client.fail(self.number, problem.code, str(problem))

    def lost(self):
        self.client.streams.pop(self.number, None)
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        try:
            os.unlink(self.temporary)
        except OSError:
            pass


# --- Archives: plain tar (POSIX pax where a name needs it), the same bytes for the same state --------------------


def tar_number(value, width):
    return b"%0*o\0" % (width - 1, value)


def tar_header(name, mode, size, kind, link):
    block = b"".join(
        (
            name.ljust(100, b"\0"),
            tar_number(mode, 8),
            tar_number(0, 8),
            tar_number(0, 8),
            tar_number(size, 12),
            tar_number(0, 12),
            b" " * 8,
            kind,
            link.ljust(100, b"\0"),
            b"ustar\x0000",
            b"\0" * 32,
            b"\0" * 32,
            tar_number(0, 8),
            tar_number(0, 8),
            b"\0" * 167,
        )
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def tar_entry(name, mode, size, kind, link=b""):
    extra = b""
    if len(name) > 100:
        extra += pax_record(b"path", name)
    if len(link) > 100:
        extra += pax_record(b"linkpath", link)
    if size >= 1 << 33:
        extra += pax_record(b"size", b"%d" % size)
    head = b""
    if extra:
        head = tar_header(b"pax", 0o644, len(extra), b"x", b"") + extra + padding(len(extra))
    return head + tar_header(name[:100], mode, 0 if size >= 1 << 33 else size, kind, link[:100])


def pax_record(key, value):
    length = len(key) + len(value) + 3
    while len(b"%d" % length) + len(key) + len(value) + 3 != length:
        length = len(b"%d" % length) + len(key) + len(value) + 3
    return b"%d %s=%s\n" % (length, key, value)


def padding(size):
    return b"\0" * (-size % 512)


def open_anyway(path, flags):
    """Opens what belongs to the sandbox's user even where that user took the permission away."""
    try:
        return os.open(path, flags)
    except PermissionError:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            raise
        os.chmod(path, stat.S_IMODE(mode) | 0o700)
        try:
            return os.open(path, flags)
        finally:
            os.chmod(path, stat.S_IMODE(mode))


def listed(path):
    """Names in a folder, sorted by bytes."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return sorted(os.fsencode(name) for name in os.listdir(fd))
    finally:
        os.close(fd)


def archive(root, state, bytes_max):
    """Yields the archive: the shell's state first, then the tree under `work/`, names sorted, times and owners 0."""
    yield tar_entry(b"shell.json", 0o644, len(state), b"0") + state + padding(len(state))
    left, todo, opened = bytes_max, [(os.fsencode(root), b"work")], []
    while todo:
        path, name = todo.pop()
        try:
            info = os.lstat(path)
            mode = stat.S_IMODE(info.st_mode) & 0o777
            left -= 512
            if stat.S_ISDIR(info.st_mode):
                # The workspace itself is the backend's folder: its mode is not the agent's state.
                yield tar_entry(name + b"/", 0o755 if name == b"work" else mode, 0, b"5")
                if mode & 0o500 != 0o500:
                    os.chmod(path, mode | 0o500)
                    opened.append((path, mode))
                children = listed(path)
                todo.extend((path + b"/" + child, name + b"/" + child) for child in reversed(children))
            elif stat.S_ISLNK(info.st_mode):
                yield tar_entry(name, 0o777, 0, b"2", os.readlink(path))
            elif stat.S_ISREG(info.st_mode):
                left -= info.st_size
                if left < 0:
                    raise FileProblem("tooLarge", "the workspace holds more than %d bytes" % bytes_max)
                for part in archived_file(path, name, mode):
                    yield part
        except FileNotFoundError:
            continue
        if left < 0:
            raise FileProblem("tooLarge", "the workspace holds more than %d bytes" % bytes_max)
    for path, mode in reversed(opened):
        os.chmod(path, mode)
    yield b"\0" * 1024


def archived_file(path, name, mode):
    fd = open_anyway(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = left = os.fstat(fd).st_size
        head = tar_entry(name, mode, size, b"0")
        while True:
            data = os.read(fd, min(STREAM_CHUNK_BYTES, left)) if left else b""
            left -= len(data)
            if left and not data:
                # It shrank while being read; the header has been promised.
                data, left = b"\0" * min(left, STREAM_CHUNK_BYTES), left - min(left, STREAM_CHUNK_BYTES)
            yield head + data + (padding(size) if not left else b"")
            head = b""
            if not left:
                return
    finally:
        os.close(fd)


def Snapshot(supervisor, client, number, header):
    """The workspace and the shell's state. Waits for the shell's running action, whose state it would miss."""

    def stream(variables):
        changed = {}
        for name, value in sorted(variables.items()):
            if name not in VOLATILE_VARIABLES and supervisor.env.get(name) != value:
                changed[name] = value
        unset = sorted(name for name in supervisor.env if name not in variables)
        state = {"cwd": supervisor.shown_directory(supervisor.shell_cwd), "env": changed, "unset": unset}
        Outflow(client, number, archive(supervisor.work, to_json(state).encode(), header["bytesMax"]))

    if supervisor.shell is None:
        unchanged = dict(supervisor.env, **supervisor.shell_env)
        stream({name: value for name, value in unchanged.items() if name not in supervisor.shell_unset})
        return
    operation = Operation(
        "shell",
        "snapshot %d %s" % (number, os.urandom(6).hex()),
        {"command": "command -p env -0", "timeoutMs": 10000},
        ENVIRONMENT_BYTES_MAX,
    )
    operation.internal = True
    operation.waiters.append((EnvironmentReader(supervisor, operation.action_id, stream), number))
    supervisor.actions[operation.action_id] = operation
    supervisor.shell_queue.append(operation)
    supervisor.shell_next()


class EnvironmentReader:
    """Stands where a client would, and takes the environment that the shell printed."""

    def __init__(self, supervisor, action_id, stream):
        self.supervisor = supervisor
        self.action_id = action_id
        self.stream = stream

    def reply(self, _number, result, output):
        self.supervisor.forget(self.action_id)
        if result["exitCode"] != 0 or result["truncated"]:
            # A broken shell has no state worth keeping; the files are.
            self.stream(self.supervisor.env)
            return
        variables = {}
        for entry in output.decode("utf-8", "replace").split("\0"):
            name, equals, value = entry.partition("=")
            if equals:
                # A background process may have printed in between: its lines are no part of a name.
                variables[name.rpartition("\n")[2]] = value
        self.stream(variables)


class Restore:
    """Empties the workspace and lays an archive of ours into it, as it arrives."""

    def __init__(self, supervisor, client, number):
        self.supervisor = supervisor
        self.client = client
        self.number = number
        self.held = bytearray()
        self.file = None
        self.left = 0
        self.pad = 0
        self.pax = {}
        self.sink = None
        self.modes = []
        supervisor.kill_everything()
        supervisor.shell_lost = False
        supervisor.shell_cwd, supervisor.shell_env, supervisor.shell_unset = supervisor.work, {}, []
        try:
            empty(supervisor.work)
        except OSError as error:
            raise file_problem(error, "workspace")
        client.streams[number] = self

    def incoming(self, operation, header, body):
        if operation == "stop":
            self.lost()
            return
        if operation != "data":
            return
        try:
            self.held += body
            self.advance()
            if header.get("end"):
                for path, mode in reversed(self.modes):
                    os.chmod(path, mode)
                self.lost()
                self.client.reply(self.number, {})
        except OSError as error:
            self.lost()
            problem = file_problem(error, "workspace")
            self.client.fail(self.number, problem.code, str(problem))
        except (ValueError, KeyError, TypeError) as error:
            self.lost()
            self.client.fail(self.number, "internal", "not an archive of ours: %s" % error)

    def advance(self):
        while True:
            if self.left:
                part = self.held[: self.left]
                if not part:
                    return
                del self.held[: len(part)]
                self.left -= len(part)
                self.sink(part)
                if not self.left:
                    self.complete()
            elif self.pad:
                if len(self.held) < self.pad:
                    return
                del self.held[: self.pad]
                self.pad = 0
            else:
                if len(self.held) < 512:
                    return
                block = bytes(self.held[:512])
                del self.held[:512]
                if block.strip(b"\0"):
                    self.entry(block)

    def entry(self, block):
        if block[257:262] != b"ustar":
            raise ValueError("bad header")
        kind = block[156:157]
        size = int(block[124:136].strip(b"\0 ") or b"0", 8)
        size = int(self.pax.get(b"size", size))
        name = self.pax.get(b"path", block[:100].rstrip(b"\0"))
        link = self.pax.get(b"linkpath", block[157:257].rstrip(b"\0"))
        mode = int(block[100:108].strip(b"\0 ") or b"0", 8) & 0o777
        self.left, self.pad = size, -size % 512
        self.text = bytearray()
        self.complete = lambda: None
        if kind == b"x":
            self.sink = self.text.extend
            self.complete = self.read_pax
            return
        self.pax = {}
        if name == b"shell.json":
            self.sink = self.text.extend
            self.complete = self.read_state
            return
        path = self.place(name.rstrip(b"/"))
        if kind == b"5":
            if path != os.fsencode(self.supervisor.work):
                os.mkdir(path, 0o700)
                self.modes.append((path, mode))
        elif kind == b"2":
            os.symlink(link, path)
        elif kind == b"0":
            self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            os.fchmod(self.file, mode)
            self.sink = self.write
            self.complete = self.close_file
            if not size:
                self.close_file()
        else:
            raise ValueError("entry of kind %r" % kind)

    def place(self, name):
        parts = name.split(b"/")
        if parts[0] != b"work" or b".." in parts or b"" in parts or b"." in parts:
            raise ValueError("entry named %r" % name)
        return b"/".join([os.fsencode(self.supervisor.work)] + parts[1:])

    def write(self, data):
        view = memoryview(bytes(data))
        while len(view):
            view = view[os.write(self.file, view) :]

    def close_file(self):
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def read_pax(self):
        rest = bytes(self.text)
        while rest:
            length, _, _ = rest.partition(b" ")
            record, rest = rest[: int(length)], rest[int(length) :]
            key, _, value = record[len(length) + 1 : -1].partition(b"=")
            self.pax[key] = value

    def read_state(self):
        state = parse_json(self.text.decode())
        supervisor = self.supervisor
        supervisor.shell_env, supervisor.shell_unset = state["env"], state["unset"]
        supervisor.shell_cwd = supervisor.resolve(state["cwd"])

    def lost(self):
        self.close_file()
        self.client.streams.pop(self.number, None)


def empty(folder):
    """Removes everything in a folder, whatever its permissions; links are removed, never followed."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            empty(entry.path)
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)


# --- The other end ------------------------------------------------------------------------------------------------


class Client:
    """One connection of the orchestrator."""

    def __init__(self, supervisor, fd, only):
        self.supervisor = supervisor
        self.fd = fd
        self.only = only
        self.streams = {}
        self.held = bytearray()
        self.gone = False
        os.set_blocking(fd, False)
        # A second descriptor for writing, since each is watched for one direction only.
        self.out = Writer(supervisor.loop, os.dup(fd), None, self.leave)
        supervisor.clients.add(self)
        if not only:
            supervisor.count_orphan_time()
        supervisor.loop.watch(fd, select.EPOLLIN, self.readable)

    def readable(self, _events):
        try:
            data = os.read(self.fd, STREAM_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.leave()
            return
        self.held += data
        while len(self.held) >= 8 and not self.gone:
            header_size, body_size = struct.unpack_from(">II", self.held)
            if header_size > HEADER_BYTES_MAX or body_size > BODY_BYTES_MAX:
                self.leave()
                return
            end = 8 + header_size + body_size
            if len(self.held) < end:
                return
            header = bytes(self.held[8 : 8 + header_size])
            body = bytes(self.held[8 + header_size : end])
            del self.held[:end]
            self.supervisor.request(self, parse_json(header.decode("utf-8", "replace")), body)

    def send(self, header, body=b""):
        if self.gone or self.supervisor.ending:
            return
        text = to_json(header).encode()
        self.out.send(struct.pack(">II", len(text), len(body)) + text + body)
        if self.out.bytes > CLIENT_BACKLOG_BYTES_MAX:
            self.leave()

    def reply(self, number, fields, body=b""):
        header = {"id": number, "ok": True}
        header.update(fields)
        self.send(header, body)

    def fail(self, number, code, message):
        self.send({"id": number, "error": code, "message": message[:2000]})

    def leave(self):
        if self.gone:
            return
        self.gone = True
        if self.only:
            self.supervisor.end()
        self.supervisor.clients.discard(self)
        self.supervisor.loop.close(self.fd)
        self.out.close()
        for stream in list(self.streams.values()):
            stream.lost()
        self.supervisor.count_orphan_time()


# --- A world of its own: namespaces, where the kernel lets us -----------------------------------------------------

NOBODY = 65534
CLONE_FLAGS = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 17  # ns, uts, ipc, user, pid; SIGCHLD
CLONE_NEWNET = 0x40000000
SYSTEM_CALLS = {"x86_64": (56, 155), "aarch64": (220, 41), "riscv64": (220, 41)}  # clone, pivot_root
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
TEMP_MB = 64
DEVICES = ("null", "zero", "full", "random", "urandom")


def enter(world):
    """
    Becomes process 1 of new user, process, mount, host-name, IPC and (unless wanted) network namespaces: the workspace
    at /work in memory, mounts read-only, of the host's files only its programs and their settings. The process that
    was started stays outside, to name the users and to wait.
    """
    machine = os.uname().machine
    if machine not in SYSTEM_CALLS:
        raise OSError("namespaces: unknown machine %s" % machine)
    clone, pivot_root = SYSTEM_CALLS[machine]
    named_read, named_write = os.pipe()
    was_root = os.getuid() == 0
    # Not os.fork and unshare: a process can neither name users in a namespace that it has just entered, nor be its
    # process 1.
    child = _c_function("syscall")(clone, CLONE_FLAGS | (0 if world["network"] else CLONE_NEWNET), 0, 0, 0, 0)
    if child < 0:
        raise OSError("clone refused: this kernel or container allows no new namespaces")
    if child > 0:
        os.close(named_read)
        stay_outside(child, named_write, world, was_root)
    os.close(named_write)
    if os.read(named_read, 1) != b"1":
        os._exit(1)
    os.close(named_read)
    build_root(world, pivot_root)
    checked("sethostname", "sandbox", b"sandbox", len(b"sandbox"))
    if not world["network"]:
        raise_loopback()
    if was_root:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def stay_outside(child, named, world, was_root):
    """The outer process: maps the users, lets the inner one go on, and ends as it ends."""
    try:
        for kind in ("uid", "gid"):
            own = os.getuid() if kind == "uid" else os.getgid()
            # Root maps itself for the time of mounting, and a spare user to be in the sandbox.
            lines = "0 0 1\n%d %d 1\n" % (NOBODY, world["uid"]) if was_root else "%d %d 1\n" % (NOBODY, own)
            if not was_root and kind == "gid":
                write_text("/proc/%d/setgroups" % child, "deny")
            write_text("/proc/%d/%s_map" % (child, kind), lines)
        os.write(named, b"1")
    except OSError:
        os.kill(child, SIGKILL)
        raise
    os.close(named)
    # The stream must end when the inner process ends.
    os.close(world["fd"])
    for number in (signals.SIGHUP, signals.SIGINT, signals.SIGQUIT, signals.SIGTERM):
        signals.signal(number, signals.SIG_IGN)
    _, status = os.waitpid(child, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def build_root(world, pivot_root):
    mount = _c_function("mount")
    root = world["base"]
    if mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise OSError("mount refused: cannot make mounts private")
    checked("mount", "new root", b"tmpfs", root.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=%dm" % TEMP_MB)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), root + "/" + name)
        elif os.path.isdir("/" + name):
            bind("/" + name, root + "/" + name)
    for path in ["/usr", "/etc", "/opt"] + world["prefixes"]:
        if os.path.isdir(path) and not os.path.exists(root + path):
            bind(path, root + path)
    for name in ("tmp", "var/tmp", "dev/shm"):
        os.makedirs(root + "/" + name, exist_ok=True)
        os.chmod(root + "/" + name, 0o1777)
    for name in ("root", "home", "run", "proc", "work", "old"):
        os.makedirs(root + "/" + name, exist_ok=True)
    for name in DEVICES:
        write_text(root + "/dev/" + name, "")
        checked("mount", name, b"/dev/" + name.encode(), (root + "/dev/" + name).encode(), None, MS_BIND, None)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, root + "/dev/" + name)
    for source, path in world["mounts"]:
        bind(source, root + path)
    size = b"mode=755,size=%dm,uid=%d,gid=%d" % (world["diskMb"], NOBODY, NOBODY)
    checked("mount", "workspace", b"tmpfs", (root + "/work").encode(), b"tmpfs", MS_NOSUID | MS_NODEV, size)
    checked("mount", "proc", b"proc", (root + "/proc").encode(), b"proc", MS_NOSUID | MS_NODEV | 8, None)
    # No further user namespaces inside: they are where kernels are attacked.
    write_text(root + "/proc/sys/user/max_user_namespaces", "0")
    os.chdir(root)
    if _c_function("syscall")(pivot_root, b".", b"old") != 0:
        raise OSError("pivot_root refused")
    os.chdir("/")
    checked("umount2", "old root", b"/old", MNT_DETACH)
    os.rmdir("/old")


def bind(source, target):
    """A read-only view of a host folder. Flags that the host's mount has may not be dropped, so they are repeated."""
    os.makedirs(target, exist_ok=True)
    checked("mount", source, source.encode(), target.encode(), None, MS_BIND | MS_REC, None)
    has = os.statvfs(target).f_flag
    flags = (has & (2 | 4 | 8 | 1024 | 2048)) | ((1 << 21) if has & 4096 else 0)
    checked("mount", source + " read-only", None, target.encode(), None, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, None)


def raise_loopback():
    import _socket
    import fcntl

    link = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    fcntl.ioctl(link.fileno(), 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    link.close()


def write_text(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


# --- Becoming what the settings say ------------------------------------------------------------------------------


def _first_line(path):
    try:
        with open(path) as handle:
            return handle.readline().strip()
    except OSError:
        return ""


def keep_to_ourselves():
    """What we were started with (the control socket above all) must never reach what runs in the sandbox."""
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        try:
            if fd > 2:
                os.set_inheritable(fd, False)
        except OSError:
            pass  # the listing's own descriptor, closed by now


def main():
    keep_to_ourselves()
    settings = parse_json(sys.argv[1])
    os.umask(0o022)
    if settings.get("world"):
        enter(dict(settings["world"], fd=settings["fd"]))
        prctl(1, SIGKILL)
    become = settings.get("become")
    if become is not None:
        # An engine that gives the sandbox's file systems to root only; from here on nothing is root's.
        for folder in (settings["work"], "/tmp"):
            os.chown(folder, become, become)
        os.setgroups([])
        os.setresgid(become, become, become)
        os.setresuid(become, become, become)
    uid = settings.get("uid")
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        # Real and saved uid are another spare one: what runs in the sandbox can neither signal nor trace us, while
        # our files are its files and `kill(-1)` reaches exactly what is its own.
        os.setresuid(uid + 1, uid, uid + 1)
    if settings.get("dieWithParent"):
        # Said again: a change of users takes it back.
        prctl(1, SIGKILL)
    prctl(38, 1)
    prctl(36, 1)
    prctl(4, 0)
    os.chdir(settings["work"])
    Supervisor(settings).start()


if __name__ == "__main__":
    main()
