"""Runs a family's generate.py where slips are noticed: writes stay below its OUT folder, nothing is started, there is no network.

Usage: python3 -I -S -B run_generator.py LIMITS_JSON IMPORT_FOLDERS_JSON generate.py OUT REQUEST. A guard against mistakes, not a
sandbox: a generator is code of whoever owns the tasks folder, as judge.py is.
"""
import json
import os
import resource
import runpy
import sys

# Events of Python's audit hooks, and which of their arguments are places that are changed.
CHANGES = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
}
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def guard(out):
    root = os.path.realpath(out)

    def inside(place):
        if isinstance(place, int):
            return True
        full = os.path.realpath(os.fsdecode(place))
        return full == root or full.startswith(root + os.sep)

    def hook(event, details):
        if event == "open":
            path, _, flags = details
            changed = [path] if isinstance(flags, int) and flags & WRITING else []
        else:
            changed = [details[index] for index in CHANGES.get(event, ())]
        for place in changed:
            if not inside(place):
                sys.exit("it writes %s, which is not below its OUT folder" % os.fsdecode(place))
        if event in STARTS:
            sys.exit("it starts another program (%s); a generator is one Python process" % event)
        if event.startswith("socket."):
            sys.exit("it reaches for the network (%s); what it needs must lie in the family's folder or its data" % event)

    return hook


def bound(kind, limit):
    """Sets a limit where this machine lets us: some have no such limit, some a lower one already."""
    try:
        _, hard = resource.getrlimit(kind)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (most, hard))
    except (OSError, ValueError):
        pass


def main():
    limits, folders, script, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]
    bound(resource.RLIMIT_FSIZE, limits["fileBytes"])
    bound(resource.RLIMIT_AS, limits["memoryBytes"])
    sys.path[:0] = folders
    sys.argv = sys.argv[3:]
    sys.addaudithook(guard(out))
    runpy.run_path(script, run_name="__main__")


main()
