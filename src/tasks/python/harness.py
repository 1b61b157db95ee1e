"""Runs a submission's function for the judge, in the submission's room.

It reads frames (four bytes of length, then JSON, or JSON and arrays: array_frames.py) from the stream it was started with,
calls the function once for every item, and answers with one frame. It decides nothing: the judge trusts no byte that comes from here, since the
submission shares this process and could send whatever it likes.
"""
import json
import os
import random
import re
import sys

import array_frames
import next_token

ERROR_CHARS_MAX = 300
DESCRIPTORS_MAX = 4096


def open_channel():
    """Keep the protocol on descriptors of our own; what the submission prints goes to stderr, what it reads is empty."""
    os.closerange(3, DESCRIPTORS_MAX)  # whatever the room's keeper left open is not for the submission
    source = os.fdopen(os.dup(0), "rb", 1 << 16)
    sink = os.fdopen(os.dup(1), "wb", 1 << 16)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return source, sink


def frozen(value):
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


def load(folder, path, name):
    """Import the submission by its path; returns its function."""
    os.chdir(folder)
    sys.path[0] = os.getcwd()
    with open(path, "rb") as file:
        source = file.read()
    module = type(sys)(os.path.splitext(os.path.basename(path))[0])
    module.__file__ = os.path.join(os.getcwd(), path)
    sys.modules[module.__name__] = module
    exec(compile(source, path, "exec"), module.__dict__)
    function = getattr(module, name, None)
    if not callable(function):
        raise LookupError("%s defines no function %s" % (path, name))
    return function


def policy(function, hello):
    """Episodes side by side: a frame holds each episode's latest event, the function sees the whole history of its own."""
    histories = [[] for _ in range(hello["episodes"])]

    def answer(frame):
        if frame["news"] is not None:
            for history, event in zip(histories, frame["news"]):
                history.append(frozen(event))
        return [function(list(history)) for history in histories]

    return answer


def calls(function, hello):
    """Single calls: the first argument was sent once at the start, the others come with the frame."""
    shared = hello["shared"]

    def answer(frame):
        return [function(shared[index], *arguments) for index, arguments in frame["calls"]]

    return answer


def complaint(error, path):
    """One line on what went wrong and where in the submission; the same text in every run."""
    line = None
    if isinstance(error, SyntaxError):
        line = error.lineno
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = "%s: %s" % (type(error).__name__, error.msg if isinstance(error, SyntaxError) else error)
    text = re.sub(r"0x[0-9a-fA-F]+", "0x...", " ".join(text.split()))
    place = "" if line is None else " (%s, line %d)" % (path, line)
    return text[:ERROR_CHARS_MAX] + place


def main():
    source, sink = open_channel()
    dumps = json.dumps

    def read():
        head = source.read(4)
        return array_frames.decoded(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None

    def write(message, wanted=None):
        try:
            body = dumps(message).encode() if wanted is None else array_frames.encoded(message["answers"], *wanted)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            body = dumps({"error": "an answer cannot be sent: %s" % str(error)[:ERROR_CHARS_MAX]}).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()

    hello = read()
    if hello is None:
        return
    path = hello["path"]
    try:
        random.seed(hello["seed"])
        function = load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "submission"), path, hello["function"])
        kinds = {"policy": policy, "function": calls, "nextToken": next_token.answering}
        answer = kinds[hello["kind"]](function, hello)
        write({"ready": True})
        frame = read()
        while frame is not None:
            write({"answers": answer(frame)}, frame.get("wanted"))
            frame = read()
    except BaseException as error:  # SystemExit and KeyboardInterrupt are no way out of being judged
        write({"error": complaint(error, path)})


main()
