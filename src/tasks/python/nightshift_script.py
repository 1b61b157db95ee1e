"""Has an evaluation script run where the submission is, for tasks whose script must import what was handed in.

What comes back is what the script printed, by the word of a process that the submission shares: a determined submission can lie, and rows of
such tasks say so (`judge:script:shared`). What the script needs and agents must not see enters that room only now, after the agent is gone.
"""
import base64
import os

from nightshift_judge import Invalid

OUTPUT_BYTES_MAX = 1 << 20
# JSON may write a byte of output as six.
REPLY_BYTES_MAX = 6 * OUTPUT_BYTES_MAX + 4096


def run_script(room, script, arguments=(), files=(), seconds=600):
    """What `python3 script arguments` prints in the folder of the submission, as text; Invalid where it fails, with its last words.

    files: paths below hidden/ that are laid into that folder first, over whatever lies there. Python's and numpy's random numbers are seeded
    from the judge's key, phase and seed, so that a script without a seed of its own gives the same score again.
    """
    seed = room.rng("script").getrandbits(32)
    room.cases([seed])
    laid = {path: base64.b64encode(_hidden(path)).decode() for path in files}
    room._start({"kind": "script"})
    frame = {"script": script, "arguments": list(arguments), "files": laid, "seed": seed, "seconds": seconds}
    room._send(dict(frame, outputBytesMax=OUTPUT_BYTES_MAX))
    reply = room._receive(REPLY_BYTES_MAX)
    room.calls += 1
    output, fault = reply.get("output"), reply.get("fault")
    if type(fault) is str:
        raise Invalid("%s failed: %s" % (script, fault))
    if type(output) is not str:
        raise Invalid("the stream of answers is broken")
    return output


def _hidden(path):
    with open(os.path.join("hidden", path), "rb") as file:
        return file.read()
