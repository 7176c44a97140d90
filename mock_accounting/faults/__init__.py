"""Failures on purpose: rules that say which requests fail, and how."""
