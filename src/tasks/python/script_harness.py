"""Runs an evaluation script for the judge, in the submission's room, after the agent is gone.

It reads frames (four bytes of length, then JSON) from the stream it was started with. The script runs in a process of its own, which imports the
submission; this process imports nothing of it, and takes one answer from it on a pipe. A submission that reads the memory of the script's process can
still lie: rows say so.
"""
import base64
import json
import os
import select
import signal
import subprocess
import sys
import time

DESCRIPTORS_MAX = 4096
FAULT_CHARS_MAX = 300
READ_BYTES = 1 << 16
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


def lay(folder, files):
    """Put the judge's own files over whatever lies there."""
    for path, content in files.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(base64.b64decode(content))


def run_script(program, folder, frame):
    """The script's answer: {"output": text} or {"fault": text}."""
    reader, writer = os.pipe()
    word = os.urandom(16).hex()
    site = ["-S"] if sys.flags.no_site else []
    child = subprocess.Popen(
        [sys.executable, "-s", *site, "-B", "-c", program, str(writer)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writer,),
        start_new_session=True,
    )
    os.close(writer)
    data = b""
    bytes_max = 6 * frame["outputBytesMax"] + 4096
    deadline = time.monotonic() + frame["seconds"]
    try:
        try:
            child.stdin.write(json.dumps(dict(frame, files=None, word=word)).encode())
            child.stdin.close()
        except OSError:
            pass
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                return {"fault": "it took more than %g seconds" % frame["seconds"]}
            chunk = os.read(reader, READ_BYTES)
            if not chunk:
                break
            data += chunk
            if len(data) > bytes_max:
                return {"fault": "it printed more than %d bytes" % frame["outputBytesMax"]}
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
        answer = None
    if type(answer) is not dict or answer.pop("word", None) != word:
        return {"fault": "its process ended before the script was done"}
    return answer


def main():
    source, sink = open_channel()
    close_memory()
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "hidden_script.py"), encoding="utf-8") as file:
        program = file.read()
    folder = os.path.join(here, "..", "submission")

    def read():
        head = source.read(4)
        return json.loads(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None

    def write(message):
        body = json.dumps(message).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()

    if read() is None:
        return
    write({"ready": True})
    frame = read()
    while frame is not None:
        lay(folder, frame["files"])
        answer = run_script(program, folder, frame)
        write({name: answer[name] for name in ("output", "fault") if type(answer.get(name)) is str})
        frame = read()


main()
