"""Calls to other machines: one place that knows how, and which may be called."""
