"""One file of hidden tests, run against a submitted package in a process that ends with it.

The harness starts it and gives it the plan on stdin: the tests' source and names, two numbers and a word. It answers once, on
a descriptor of its own. The submission shares this process: what is done here makes lying hard, not impossible.
"""
import collections
import fractions
import json
import os
import pathlib
import random
import sys
import unittest

DEPTH_MAX = 20
PLAIN = (type(None), bool, int, float, complex, str, bytes)
HOLDERS = (list, tuple, set, frozenset)
COMPARISONS = (
    "assertEqual assertAlmostEqual assertSequenceEqual assertListEqual assertTupleEqual assertSetEqual assertDictEqual"
    " assertCountEqual assertIn assertGreater assertGreaterEqual assertLess assertLessEqual"
).split()
SLOT = type(int.__eq__)
# Comparisons written in Python that the standard library brings; a submission's own are not believed beside a plain value.
TRUSTED = [vars(kind)["__eq__"] for kind in (collections.Counter, fractions.Fraction, pathlib.PurePath) if "__eq__" in vars(kind)]


def is_plain(value, depth=0):
    """True for numbers, texts and the usual containers of them."""
    if type(value) in PLAIN:
        return True
    if depth > DEPTH_MAX:
        return False
    if type(value) in HOLDERS:
        return all(is_plain(item, depth + 1) for item in value)
    return type(value) is dict and all(is_plain(key) and is_plain(item, depth + 1) for key, item in value.items())


def compares_honestly(value, depth=0):
    """False where a comparison would be decided by code of the submission's."""
    equal = type(value).__eq__
    if depth > DEPTH_MAX or not (type(equal) is SLOT or any(equal is one for one in TRUSTED)):
        return False
    if isinstance(value, HOLDERS):
        return all(compares_honestly(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(compares_honestly(item, depth + 1) for pair in value.items() for item in pair)
    return True


def guarded(comparison):
    """A comparison with a plain value holds only for a value that does not decide it by code of its own."""

    def compare(self, first, second, *rest, **named):
        for one, other in ((first, second), (second, first)):
            if is_plain(one) and not compares_honestly(other):
                raise self.failureException("a %s decides by itself what it equals" % type(other).__name__)
        return comparison(self, first, second, *rest, **named)

    return compare


class Passes(unittest.TestResult):
    """Keeps the names of the tests that passed, and of nothing else."""

    def __init__(self):
        super().__init__()
        self.names = []

    def addSuccess(self, test):
        self.names.append("%s.%s" % (type(test).__name__, test._testMethodName))


def main():
    sink = int(sys.argv[1])
    plan = json.loads(sys.stdin.buffer.read())
    dumps, write, leave = json.dumps, os.write, os._exit
    first, second = plan["control"]
    for name in COMPARISONS:
        setattr(unittest.TestCase, name, guarded(getattr(unittest.TestCase, name)))

    class Control(unittest.TestCase):
        def test_that_must_fail(self):
            self.assertEqual(first, second)

    sys.path[0] = os.getcwd()
    random.seed(plan["seed"])
    passes = Passes()
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    try:
        module = type(sys)(plan["name"])
        module.__file__ = plan["name"] + ".py"
        sys.modules[plan["name"]] = module
        exec(compile(plan["source"], module.__file__, "exec"), module.__dict__)
        for kind in list(vars(module).values()):
            if isinstance(kind, type) and issubclass(kind, unittest.TestCase) and kind.__module__ == plan["name"]:
                load(kind).run(passes)
    except BaseException:  # also SystemExit: what did not pass so far has not passed
        pass
    control = Passes()
    load(Control).run(control)
    write(sink, dumps({"word": plan["word"], "passed": passes.names, "control": bool(control.names)}).encode())
    leave(0)


main()
