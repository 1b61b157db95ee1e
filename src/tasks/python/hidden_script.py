"""One evaluation script, run beside a submission in a process that ends with it.

The harness starts it and gives it the plan on stdin; it answers once, on a descriptor of its own. The submission shares this process: what is
done here makes lying hard, not impossible.
"""
import io
import json
import os
import random
import sys
import traceback

FAULT_CHARS_MAX = 300


def seed_all(seed):
    """Random numbers that a script draws without a seed are drawn from the judge's."""
    random.seed(seed)
    try:
        import numpy
    except ImportError:
        return
    numpy.random.seed(seed)


def last_words(error, folder):
    """An error in one line, with the place nearest to it that lies in the submission's folder."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.realpath(os.path.join(folder, frame.filename))
        if path.startswith(folder + os.sep):
            place = " (%s, line %d)" % (os.path.relpath(path, folder), frame.lineno)
    text = " ".join(("%s: %s" % (type(error).__name__, error)).split())
    return text[:FAULT_CHARS_MAX] + place


def main():
    sink = int(sys.argv[1])
    plan = json.loads(sys.stdin.buffer.read())
    dumps, write, leave = json.dumps, os.write, os._exit
    folder = os.path.realpath(os.getcwd())
    printed = io.StringIO()
    answer = {}
    try:
        seed_all(plan["seed"])
        sys.argv = [plan["script"], *plan["arguments"]]
        sys.path[0] = folder
        sys.stdout = printed
        with open(plan["script"], "rb") as file:
            code = compile(file.read(), plan["script"], "exec")
        # The script's own names, as those of a program: what it imports finds no trace of this one.
        module = type(sys)("__main__")
        module.__file__ = plan["script"]
        sys.modules["__main__"] = module
        exec(code, module.__dict__)
    except SystemExit as end:
        if end.code not in (None, 0):
            answer = {"fault": "it ended with %s" % (str(end.code).strip() or "an error")[:FAULT_CHARS_MAX]}
    except BaseException as error:
        answer = {"fault": last_words(error, folder)}
    sys.stdout = sys.__stdout__
    if "fault" not in answer:
        text = printed.getvalue()
        size = len(text.encode("utf-8", "replace"))
        if size > plan["outputBytesMax"]:
            answer = {"fault": "it printed %d bytes, more than %d" % (size, plan["outputBytesMax"])}
        else:
            answer = {"output": text}
    data = dumps(dict(answer, word=plan["word"])).encode()
    while data:
        data = data[write(sink, data) :]
    leave(0)


main()
