"""Hidden tests of the sets."""
import unittest

from intervals.sets import complement, contains, intersection, normal, size, union


class Normal(unittest.TestCase):
    def test_sorts(self):
        self.assertEqual(normal([(8, 9), (1, 2)]), [(1, 2), (8, 9)])

    def test_joins_neighbours(self):
        self.assertEqual(normal([(1, 2), (3, 4), (6, 7)]), [(1, 4), (6, 7)])

    def test_keeps_the_wider(self):
        self.assertEqual(normal([(1, 9), (2, 3)]), [(1, 9)])

    def test_drops_empty_pairs(self):
        self.assertEqual(normal([(5, 4), (1, 2)]), [(1, 2)])

    def test_takes_nothing(self):
        self.assertEqual(normal([]), [])


class Numbers(unittest.TestCase):
    def test_size_counts_both_ends(self):
        self.assertEqual(size([(2, 4)]), 3)

    def test_size_counts_once(self):
        self.assertEqual(size([(1, 5), (4, 8)]), 8)

    def test_contains_the_ends(self):
        self.assertEqual([contains([(2, 4)], number) for number in (1, 2, 4, 5)], [False, True, True, False])

    def test_contains_the_middle(self):
        self.assertEqual(contains([(2, 4), (8, 12)], 10), True)


class Operations(unittest.TestCase):
    def test_union(self):
        self.assertEqual(union([(1, 4)], [(3, 8)]), [(1, 8)])

    def test_intersection(self):
        self.assertEqual(intersection([(1, 5), (8, 12)], [(4, 9)]), [(4, 5), (8, 9)])

    def test_intersection_of_strangers(self):
        self.assertEqual(intersection([(1, 2)], [(5, 6)]), [])

    def test_complement(self):
        self.assertEqual(complement([(4, 5)], 1, 8), [(1, 3), (6, 8)])

    def test_complement_of_nothing(self):
        self.assertEqual(complement([], 3, 3), [(3, 3)])
