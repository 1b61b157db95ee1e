"""Hidden tests of the text form."""
import unittest

from intervals.text import read, write


class Write(unittest.TestCase):
    def test_pairs(self):
        self.assertEqual(write([(20, 29), (1, 5)]), "1-5,20-29")

    def test_single_numbers(self):
        self.assertEqual(write([(1, 2), (9, 9)]), "1-2,9")

    def test_nothing(self):
        self.assertEqual(write([(4, 2)]), "")


class Read(unittest.TestCase):
    def test_pairs(self):
        self.assertEqual(read("20-29,1-5"), [(1, 5), (20, 29)])

    def test_single_numbers(self):
        self.assertEqual(read("12"), [(12, 12)])

    def test_spaces(self):
        self.assertEqual(read("7, 9 -11"), [(7, 7), (9, 11)])

    def test_nothing(self):
        self.assertEqual(read("  "), [])

    def test_nonsense(self):
        for text in ("one", "-", "3-x", "1,,2"):
            with self.assertRaises(ValueError):
                read(text)
