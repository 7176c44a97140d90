"""A stand-in accounting package with books, pages and faults of its own."""
