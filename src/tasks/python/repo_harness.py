"""Runs hidden tests for the judge, in the submission's room, after the agent is gone.

It reads frames (four bytes of length, then JSON) from the stream it was started with: each frame is one file of tests. The
file is run in a process of its own, which imports the submission; this process imports nothing of it, and takes nothing from
it but one answer on a pipe. A submission that reads the memory of its own test process can still lie: rows say so.
"""
import json
import os
import select
import signal
import subprocess
import sys
import time

DESCRIPTORS_MAX = 4096
ANSWER_BYTES_MAX = 1 << 20
PR_SET_DUMPABLE = 4


def open_channel():
    """Keep the protocol on descriptors of our own; no child inherits them."""
    os.closerange(3, DESCRIPTORS_MAX)
    source = os.fdopen(os.dup(0), "rb", 1 << 16)
    sink = os.fdopen(os.dup(1), "wb", 1 << 16)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return source, sink


def close_memory():
    """Keep processes of the same user out of this one's memory and descriptors, where the kernel can be asked to."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def run_tests(program, folder, frame):
    """One file of tests in a process of its own; returns what passed, or None where there was no whole answer in time."""
    reader, writer = os.pipe()
    word = os.urandom(16).hex()
    child = subprocess.Popen(
        [sys.executable, "-s", "-S", "-B", "-c", program, str(writer)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writer,),
        start_new_session=True,
    )
    os.close(writer)
    data = b""
    deadline = time.monotonic() + frame["seconds"]
    try:
        try:
            child.stdin.write(json.dumps(dict(frame, word=word)).encode())
            child.stdin.close()
        except OSError:
            pass
        while len(data) <= ANSWER_BYTES_MAX:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                return None
            chunk = os.read(reader, 1 << 16)
            if not chunk:
                break
            data += chunk
    finally:
        os.close(reader)
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except OSError:
            pass
        child.wait()
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if type(answer) is dict and answer.get("word") == word else None


def main():
    source, sink = open_channel()
    close_memory()
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "hidden_tests.py"), encoding="utf-8") as file:
        program = file.read()
    folder = os.path.join(here, "..", "submission")

    def read():
        head = source.read(4)
        return json.loads(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None

    def write(message):
        body = json.dumps(message).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()

    hello = read()
    if hello is None:
        return
    write({"ready": True})
    frame = read()
    while frame is not None:
        answer = run_tests(program, folder, dict(frame, seed=hello["seed"])) or {"passed": [], "control": False}
        write({"passed": answer.get("passed"), "control": answer.get("control")})
        frame = read()


main()
