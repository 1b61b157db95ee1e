"""What a judge.py needs: the judge's own clock, randomness and counters, and a wary ear for the submission's answers.

It runs in the judge's room. The orchestrator's first frame on stdin says phase, seed and deadline; every later byte on
stdin comes from the submission's room and is believed in nothing. The verdict goes to a file in this room.
"""
import array
import ast
import csv
import hashlib
import io
import json
import math
import os
import random
import re
import signal
import sys
import traceback

import nightshift_arrays
import nightshift_files

SHOWN_CHARS_MAX = 80
REASON_CHARS_MAX = 500
ANSWER_BYTES_MAX = 512
FRAME_BYTES_EXTRA = 4096
READ_BYTES = 1 << 18
FILE_BYTES_MAX = 1 << 26
CASE_BYTES = 8
CASES_MAX = 1 << 17
# No answer needs a number this long, and to read one can cost seconds. A small float has up to 21 digits after its point.
LONG_NUMBER = re.compile(rb"(?<![0-9.])[0-9]{20}|[0-9]{40}")


class Invalid(Exception):
    """The submission is at fault. cause: answer (what it said), ended (its process went), silent (it never answered)."""

    def __init__(self, reason, cause="answer"):
        super().__init__(reason)
        self.cause = cause


def show(value):
    """A submission's value in an error message: short, printable, on one line."""
    text = json.dumps(value)
    return text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 3] + "..."


def integer_between(value, low, high, what):
    """The value, if it is an integer (no bool, no float) from low to high; else the submission is invalid."""
    if type(value) is not int or not low <= value <= high:
        raise Invalid("%s must be an integer from %d to %d, not %s" % (what, low, high, show(value)))
    return value


def number_between(value, low, high, what):
    """The value as a float, if it is a finite number (no bool) from low to high; else the submission is invalid."""
    if type(value) not in (int, float) or not low <= value <= high:
        raise Invalid("%s must be a number from %g to %g, not %s" % (what, low, high, show(value)))
    return float(value)


def hidden_csv(path):
    """The rows of hidden/<path>, a CSV file with a header: one dictionary of strings a row."""
    with open(os.path.join("hidden", path), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def accuracy(truth, answers):
    """The share of equal pairs."""
    return sum(one == other for one, other in zip(truth, answers)) / len(truth)


def mean_absolute_error(truth, answers):
    """The mean of |truth - answer|; 0 is best."""
    return math.fsum(abs(one - other) for one, other in zip(truth, answers)) / len(truth)


def root_mean_squared_error(truth, answers):
    """The root of the mean squared difference; 0 is best."""
    return math.sqrt(math.fsum((one - other) * (one - other) for one, other in zip(truth, answers)) / len(truth))


def r_squared(truth, answers):
    """The share of the truth's variance that the answers explain; 1 is best, 0 is what the truth's own mean gets."""
    mean = math.fsum(truth) / len(truth)
    spread = math.fsum((one - mean) ** 2 for one in truth)
    return 1 - math.fsum((one - other) * (one - other) for one, other in zip(truth, answers)) / spread


def _log_sum(values):
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


class Room:
    """One evaluation: a phase, a seed, and the submission at the other end of the stream."""

    def __init__(self, setup, source, sink):
        self.phase = setup["phase"]
        self.seed = setup["seed"]
        self.calls = 0
        self._cases = set()
        self._setup = setup
        self._source = source
        self._sink = sink
        self._waiting = False
        signal.signal(signal.SIGALRM, self._late)
        signal.setitimer(signal.ITIMER_REAL, setup["deadlineSeconds"])

    def _late(self, *_):
        if self._waiting:
            raise Invalid("no answer within %g seconds" % self._setup["deadlineSeconds"], "silent")
        raise TimeoutError("the judge itself did not finish within its deadline")

    def rng(self, label):
        """A random.Random for one purpose. Without hidden/key it cannot be guessed from the seed; phases never share one."""
        with open(os.path.join("hidden", "key"), "rb") as file:
            key = file.read().strip()
        text = "%s/%d/%s" % (self.phase, self.seed, label)
        return random.Random(int.from_bytes(hashlib.sha256(key + b"/" + text.encode()).digest(), "big"))

    def cases(self, values):
        """Say what is scored: ids, inputs or seeds, as JSON or arrays. `tasks check` holds the two phases' cases against each other."""
        for value in values:
            self._cases.add(hashlib.blake2b(nightshift_arrays.encoded(value), digest_size=CASE_BYTES).digest())

    def start_policy(self, function, episodes):
        """Start the submission as a policy: `function(history)` for many episodes side by side."""
        self._start({"kind": "policy", "function": function, "episodes": episodes})
        self._episodes = episodes

    def act(self, news):
        """One move of every episode. news: what happened in each since the last move, None at the first."""
        return self._ask({"news": news}, self._episodes)

    def start_function(self, function, shared):
        """Start the submission as `function(shared item, *arguments)`."""
        self._start({"kind": "function", "function": function, "shared": shared})

    def call(self, calls, answers=None):
        """One batch of calls: (index of the shared item, other arguments). Arguments may hold arrays.

        answers: None where each answer is plain JSON; else the (type, shape) of the array that each must be, as ("f4", (256, 3)).
        """
        if answers is None:
            return self._ask({"calls": calls}, len(calls))
        return self._ask_arrays({"calls": calls}, len(calls), *answers)

    def start_language_model(self, function, vocabulary):
        """Start the submission as a language model: `function(prefixes)` gives a row of log-probabilities of every next token."""
        width = math.isqrt(vocabulary - 1) + 1
        self._vocabulary, self._group_width = vocabulary, width
        self._start({"kind": "nextToken", "function": function, "vocabulary": vocabulary, "group": width})

    def log_likelihoods(self, prefixes, targets):
        """The natural log-probability of each target after its prefix (a list or array("H") of tokens), for one batch.

        No target is visible before its distribution is fixed: the submission is told the group of tokens that a target is in only
        once the groups' probabilities are here, and never the target. What comes is normalised here, whatever it is.
        """
        width, count = self._group_width, len(prefixes)
        groups = -(-self._vocabulary // width)
        tokens = array.array("H")
        for prefix in prefixes:
            tokens.extend(prefix)
        lengths = array.array("i", map(len, prefixes))
        (first,) = self._ask_arrays({"tokens": tokens, "lengths": lengths}, 1, "f4", (count, groups))
        chosen = array.array("i", (target // width for target in targets))
        (second,) = self._ask_arrays({"group": chosen}, 1, "f4", (count, width))
        self.calls += count - 2
        likelihoods = []
        for sums, within, target in zip(first.tolist(), second.tolist(), targets):
            group, place = divmod(target, width)
            within = within[: self._vocabulary - group * width]  # the last group may be filled up
            likelihoods.append(sums[group] - _log_sum(sums) + within[place] - _log_sum(within))
        return likelihoods

    def submitted(self, path, bytes_max):
        """The bytes of a submitted data file, which lies in this room."""
        with open(os.path.join("submission", path), "rb") as file:
            data = file.read(bytes_max + 1)
        if len(data) > bytes_max:
            raise Invalid("%s is larger than %d bytes" % (path, bytes_max))
        return data

    def submitted_csv(self, path, columns, rows, bytes_max=1 << 24):
        """The rows of a submitted CSV file with exactly these columns and this number of rows, as lists of strings."""
        try:
            text = self.submitted(path, bytes_max).decode("utf-8-sig")
            table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise Invalid("%s is not a CSV file in UTF-8: %s" % (path, error)) from None
        if not table or table[0] != columns:
            raise Invalid("%s must have the header %s, not %s" % (path, ",".join(columns), show(table[0] if table else [])))
        if len(table) - 1 != rows:
            raise Invalid("%s must have %d rows after the header, not %d" % (path, rows, len(table) - 1))
        for number, row in enumerate(table[1:], 2):
            if len(row) != len(columns):
                raise Invalid("%s, line %d has %d fields, not %d" % (path, number, len(row), len(columns)))
        return table[1:]

    def submitted_values(self, path, id_column, value_column, ids):
        """A submitted CSV file with these two columns as {id: text}: every id once, no other, in whatever order."""
        wanted = set(ids)
        values = {}
        for name, value in self.submitted_csv(path, [id_column, value_column], len(wanted)):
            if name not in wanted:
                raise Invalid("%s has the %s %s, which was not asked for" % (path, id_column, show(name)))
            if name in values:
                raise Invalid("%s has the %s %s twice" % (path, id_column, show(name)))
            values[name] = value
        return values

    def submitted_numbers(self, path, id_column, value_column, ids, low=-1e100, high=1e100):
        """As submitted_values, as {id: finite number from low to high}."""
        numbers = {}
        for name, text in self.submitted_values(path, id_column, value_column, ids).items():
            try:
                numbers[name] = float(text) if len(text) <= SHOWN_CHARS_MAX else math.nan
            except ValueError:
                numbers[name] = math.nan
            if not low <= numbers[name] <= high:
                raise Invalid(
                    "%s: the %s of %s must be a number from %g to %g, not %s"
                    % (path, value_column, show(name), low, high, show(text))
                )
        return numbers

    def submitted_npz(self, path, arrays=None, bytes_max=FILE_BYTES_MAX):
        """The arrays of a submitted npz file by name, without pickles; at most so many bytes, packed and unpacked.

        arrays: {name: (type, shape)} that it must hold, no more and no less, with None for a side of any length; None: whatever is there.
        """
        return self._arrays_of(path, nightshift_files.npz, arrays, bytes_max)

    def submitted_safetensors(self, path, arrays=None, bytes_max=FILE_BYTES_MAX):
        """The tensors of a submitted safetensors file by name, as submitted_npz."""
        return self._arrays_of(path, nightshift_files.safetensors, arrays, bytes_max)

    def _arrays_of(self, path, reader, arrays, bytes_max):
        data = self.submitted(path, bytes_max)
        try:
            return nightshift_files.fitting(reader(data, bytes_max), arrays)
        except ValueError as error:
            raise Invalid("%s: %s" % (path, error)) from None

    def call_each(self, function, inputs, answers=None):
        """`function(input)` for every input, in one batch: the answers in the same order, plain or arrays as in `call`."""
        self.cases(inputs)
        self.start_function(function, inputs)
        return self.call([(index, []) for index in range(len(inputs))], answers)

    def run_tests(self, folder="tests", seconds=30):
        """Run the unittest files of hidden/<folder> against a submitted package: {"file.Class.test": passed}.

        A file that takes more than these seconds, or whose process ends early, has passed nothing. What counts as a test is read
        from the hidden files here, so that none can go missing. A submission that changes how tests are run is invalid.
        """
        sources = {}
        for name in sorted(os.listdir(os.path.join("hidden", folder))):
            if name.endswith(".py"):
                with open(os.path.join("hidden", folder, name), encoding="utf-8") as file:
                    sources[name[:-3]] = file.read()
        self._start({"kind": "tests"})
        passed = {}
        for name, source in sources.items():
            tests = _tests_in(source)
            self.cases(_sources_in(source))
            control = random.SystemRandom().sample(range(1 << 30), 2)
            self._send({"name": name, "source": source, "seconds": seconds, "control": control})
            reply = self._receive(FRAME_BYTES_EXTRA + len(tests) * ANSWER_BYTES_MAX)
            found = reply.get("passed")
            if reply.get("control") is not False:
                raise Invalid("it changes how tests are run: one that must fail did not")
            if type(found) is not list:
                raise Invalid("the stream of answers is broken")
            for test in tests:
                passed["%s.%s" % (name, test)] = test in found
            self.calls += len(tests)
        return passed

    def _start(self, hello):
        seed = self.rng("submission").getrandbits(48)
        self._send(dict(hello, path=self._setup["path"], seed=seed))
        if self._receive(FRAME_BYTES_EXTRA) != {"ready": True}:
            raise Invalid("the stream of answers is broken")

    def _ask(self, frame, count):
        self._send(frame)
        self.calls += count
        reply = self._receive(FRAME_BYTES_EXTRA + count * ANSWER_BYTES_MAX)
        answers = reply.get("answers")
        if type(answers) is not list or len(answers) != count:
            raise Invalid("the stream of answers is broken")
        return answers

    def _ask_arrays(self, frame, count, name, shape):
        size = nightshift_arrays.size_of(name, shape)
        if count * size > nightshift_arrays.REPLY_BYTES_MAX:
            raise ValueError("the answers of one batch may be %d bytes" % nightshift_arrays.REPLY_BYTES_MAX)
        self._send(dict(frame, wanted=(name, shape)))
        self.calls += count
        body = self._body(FRAME_BYTES_EXTRA + count * size)
        if body[:1] == b"\0" and len(body) == 1 + count * size:
            try:
                return nightshift_arrays.split(body[1:], count, name, shape)
            except ValueError as error:
                raise Invalid(str(error)) from None
        self._message(body)  # raises what the submission's room has to complain about
        raise Invalid("the stream of answers is broken")

    def _send(self, message):
        body = nightshift_arrays.encoded(message)
        data = memoryview(len(body).to_bytes(4, "big") + body)
        self._waiting = True
        try:
            while data:
                data = data[os.write(self._sink, data) :]
        except BrokenPipeError:
            raise Invalid("the submission's process ended before the judge was done", "ended") from None
        self._waiting = False

    def _receive(self, bytes_max):
        """One frame from the submission's room, as a dictionary."""
        return self._message(self._body(bytes_max))

    def _body(self, bytes_max):
        length = int.from_bytes(self._take(4), "big")
        if length > bytes_max:
            raise Invalid("the answers of one round are larger than %d bytes" % bytes_max)
        return self._take(length)

    def _message(self, body):
        if LONG_NUMBER.search(body):
            raise Invalid("an answer holds a number of 20 digits or more")
        try:
            reply = json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Invalid(str(error) if isinstance(error, _NotFinite) else "the stream of answers is broken") from None
        if type(reply) is not dict:
            raise Invalid("the stream of answers is broken")
        if "error" in reply:
            raise Invalid(reply["error"] if type(reply["error"]) is str else "the stream of answers is broken")
        return reply

    def _take(self, count):
        data = bytearray()
        self._waiting = True
        while len(data) < count:
            chunk = os.read(self._source, min(count - len(data), READ_BYTES))
            if not chunk:
                raise Invalid("the submission's process ended before the judge was done", "ended")
            data += chunk
        self._waiting = False
        return bytes(data)


def _tests_in(source):
    """The tests of a unittest file: "Class.test" of every method that starts with test."""
    return [
        "%s.%s" % (kind.name, method.name)
        for kind in ast.parse(source).body
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test")
    ]


def _sources_in(source):
    """The tests of a unittest file as they are written, whatever they are called."""
    return [
        ast.dump(ast.Module(body=method.body, type_ignores=[]))
        for kind in ast.parse(source).body
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test")
    ]


class _NotFinite(ValueError):
    pass


def _refuse(name):
    raise _NotFinite("an answer holds %s, which is no number" % name)


def play_games(room, games, rounds, column_strategy, legal, payoff):
    """The row player's mean payoff over games played side by side against `column_strategy(history, rng)`.

    legal: the move that an answer stands for, or Invalid. The opponent's randomness is drawn anew every round, so that
    no move seen tells anything of one to come.
    """
    room.cases(room.rng("round %d" % number).getrandbits(64) for number in range(rounds))
    room.start_policy("row_strategy", games)
    histories = [[] for _ in range(games)]
    news = None
    total = 0
    for number in range(rounds):
        rng = room.rng("round %d" % number)
        columns = [column_strategy(history, rng) for history in histories]
        news = list(zip(map(legal, room.act(news)), columns))
        for history, event in zip(histories, news):
            history.append(event)
            total += payoff(*event)
    return total / (games * rounds)


def run(judge):
    """Judge once: `judge(room)` returns (score, metrics). Writes the verdict; exits non-zero only if the judge is broken."""
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    setup = _read_setup(source)
    room = Room(setup, source, sink)
    try:
        score, metrics = judge(room)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not all(math.isfinite(value) for value in (score, *metrics.values())):
            raise Invalid("its score is not a finite number")
        verdict = {"kind": "scored", "score": score, "metrics": metrics, "calls": room.calls}
    except Invalid as fault:
        signal.setitimer(signal.ITIMER_REAL, 0)
        verdict = {"kind": "invalid", "reason": _one_line(str(fault)), "cause": fault.cause}
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    with open(setup["cases"], "wb") as file:
        file.write(b"".join(sorted(room._cases)[:CASES_MAX]))
    partial = setup["verdict"] + ".partial"
    with open(partial, "w") as file:
        json.dump(dict(verdict, nonce=setup["nonce"]), file)
    os.rename(partial, setup["verdict"])
    os._exit(0)


def _one_line(text):
    """A reason may hold the submission's own words: no line breaks, escape codes or broken characters of theirs pass."""
    text = " ".join(text.split())[:REASON_CHARS_MAX]
    return "".join(one if one.isprintable() else "?" for one in text) or "the submission raised an error"


def _read_setup(source):
    def take(count):
        data = b""
        while len(data) < count:
            chunk = os.read(source, count - len(data))
            if not chunk:
                sys.exit("the setup frame is cut short")
            data += chunk
        return data

    return json.loads(take(int.from_bytes(take(4), "big")))
