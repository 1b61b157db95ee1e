"""Hidden tests of the sets."""
import unittest

from intervals.sets import complement, contains, intersection, normal, size, union


class Normal(unittest.TestCase):
    def test_sorts(self):
        self.assertEqual(normal([(30, 31), (11, 12), (20, 21)]), [(11, 12), (20, 21), (30, 31)])

    def test_joins_neighbours(self):
        self.assertEqual(normal([(10, 12), (13, 13), (14, 20)]), [(10, 20)])

    def test_keeps_the_wider(self):
        self.assertEqual(normal([(0, 50), (10, 20), (40, 60)]), [(0, 60)])

    def test_drops_empty_pairs(self):
        self.assertEqual(normal([(9, 3)]), [])

    def test_leaves_gaps(self):
        self.assertEqual(normal([(1, 2), (4, 5)]), [(1, 2), (4, 5)])


class Numbers(unittest.TestCase):
    def test_size_counts_both_ends(self):
        self.assertEqual(size([(7, 7)]), 1)

    def test_size_counts_once(self):
        self.assertEqual(size([(1, 10), (3, 4), (10, 12)]), 12)

    def test_size_of_nothing(self):
        self.assertEqual(size([]), 0)

    def test_contains_the_ends(self):
        self.assertEqual([contains([(20, 22)], number) for number in (19, 20, 22, 23)], [False, True, True, False])


class Operations(unittest.TestCase):
    def test_union(self):
        self.assertEqual(union([(10, 20)], [(15, 30), (1, 2)]), [(1, 2), (10, 30)])

    def test_intersection(self):
        self.assertEqual(intersection([(0, 9), (20, 29)], [(5, 24)]), [(5, 9), (20, 24)])

    def test_intersection_of_strangers(self):
        self.assertEqual(intersection([(10, 12)], [(14, 16)]), [])

    def test_complement(self):
        self.assertEqual(complement([(0, 2), (5, 6)], 0, 9), [(3, 4), (7, 9)])

    def test_complement_of_all(self):
        self.assertEqual(complement([(0, 9)], 2, 5), [])
