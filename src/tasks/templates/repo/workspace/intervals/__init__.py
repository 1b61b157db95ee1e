"""Sets of whole numbers as sorted lists of (first, last) pairs that do not touch."""
