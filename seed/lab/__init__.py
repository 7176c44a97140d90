"""The trainer's part of the demo: orders by hand, scenes, the clock and the start."""
