"""Some tests of the package."""
import unittest

from intervals.sets import complement, contains, intersection, normal, size, union
from intervals.text import read, write


class Sets(unittest.TestCase):
    def test_normal_sorts(self):
        self.assertEqual(normal([(7, 9), (1, 3)]), [(1, 3), (7, 9)])

    def test_normal_joins_what_touches(self):
        self.assertEqual(normal([(1, 3), (4, 5)]), [(1, 5)])

    def test_size(self):
        self.assertEqual(size([(1, 3), (10, 10)]), 4)

    def test_contains(self):
        self.assertEqual(contains([(1, 3)], 3), True)

    def test_union(self):
        self.assertEqual(union([(1, 3)], [(2, 6)]), [(1, 6)])

    def test_intersection(self):
        self.assertEqual(intersection([(1, 5)], [(3, 9)]), [(3, 5)])

    def test_complement(self):
        self.assertEqual(complement([(3, 5)], 1, 9), [(1, 2), (6, 9)])


class Text(unittest.TestCase):
    def test_write(self):
        self.assertEqual(write([(1, 3), (7, 7)]), "1-3,7")

    def test_read(self):
        self.assertEqual(read("9-12"), [(9, 12)])


if __name__ == "__main__":
    unittest.main()
