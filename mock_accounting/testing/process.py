"""A mock as a process of its own, on a free port, for as long as it is needed."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from mock_accounting.config import environment_without_settings
from mock_accounting.testing.client import MockServer

_PATIENCE_S = 10
_COMMAND = (
    *(sys.executable, "-m", "mock_accounting", "serve"),
    *("--port", "0", "--host", "127.0.0.1", "--memory", "--limits", "off"),
)


class MockDidNotStart(Exception):
    """The process ended before it listened; the message holds what it said."""


@contextmanager
def running_mock() -> Iterator[MockServer]:
    """A mock with empty books and no limits, ended when the block is left.

    Raises:
        MockDidNotStart: If it cannot be started.
    """
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(  # noqa: S603 - our own command
            _COMMAND,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=environment_without_settings(),
        ) as process,
    ):
        try:
            yield MockServer(_address(process, said))
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[str], said: IO[str]) -> str:
    first_line = process.stdout.readline() if process.stdout else ""
    found = re.search(r"http://\S+", first_line)
    if found is None:
        said.seek(0)
        raise MockDidNotStart(said.read())
    return found.group()
