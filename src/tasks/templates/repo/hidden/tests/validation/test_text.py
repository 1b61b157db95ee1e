"""Hidden tests of the text form."""
import unittest

from intervals.text import read, write


class Write(unittest.TestCase):
    def test_pairs(self):
        self.assertEqual(write([(1, 3), (8, 9)]), "1-3,8-9")

    def test_single_numbers(self):
        self.assertEqual(write([(4, 4)]), "4")

    def test_nothing(self):
        self.assertEqual(write([]), "")


class Read(unittest.TestCase):
    def test_pairs(self):
        self.assertEqual(read("1-3,8-9"), [(1, 3), (8, 9)])

    def test_single_numbers(self):
        self.assertEqual(read("4,6-7"), [(4, 4), (6, 7)])

    def test_spaces(self):
        self.assertEqual(read(" 1 - 3 , 9 "), [(1, 3), (9, 9)])

    def test_nothing(self):
        self.assertEqual(read(""), [])

    def test_nonsense(self):
        for text in ("x", "1-", "1--2,", "1-2-3", ","):
            with self.assertRaises(ValueError):
                read(text)
