"""Runs the tests in tests/ and prints the share that passes. Usage: python3 run_tests.py"""
import sys
import unittest

sys.dont_write_bytecode = True

suite = unittest.defaultTestLoader.discover("tests", top_level_dir=".")
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
wrong = len(result.failures) + len(result.errors)
print("score %.4f" % (1 - wrong / max(1, result.testsRun)))
