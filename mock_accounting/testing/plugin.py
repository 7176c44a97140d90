"""Fixtures for pytest: one mock a session, a fresh organisation a test.

Under pytest-xdist every worker has a mock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_accounting.testing.client import MockOrganisation, MockServer
from mock_accounting.testing.process import running_mock


@pytest.fixture(scope="session")
def mock_server() -> Iterator[MockServer]:
    """A mock on a free port, with empty books and without limits."""
    with running_mock() as server:
        yield server


@pytest.fixture
def mock_books(mock_server: MockServer) -> Iterator[MockOrganisation]:
    """An organisation for this test alone; the clock and limits are its own too."""
    organisation = mock_server.open()
    yield organisation
    organisation.close()
    mock_server.settle()
