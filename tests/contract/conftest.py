"""A mock server of its own for every test, for clients that no one here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_accounting.app import Server, create_app
from mock_accounting.config import Settings


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(create_app(Settings(enforce_limits=False)), "127.0.0.1", 0)
    server.start()
    yield server
    server.close()
