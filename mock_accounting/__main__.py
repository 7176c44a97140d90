"""`python -m mock_accounting`: the same as the command `mock-accounting`."""

from __future__ import annotations

from mock_accounting.app import main

main()
