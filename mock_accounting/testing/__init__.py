"""For tests of other programs: a mock of their own, driven from Python."""
