"""Log lines as JSON: an event and its fields, never a token, a name or an address.

Each names the organisation in whose name its thread works, by its slug; what the
process does by itself is in nobody's name.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from typing_extensions import override

_P = ParamSpec("_P")
_R = TypeVar("_R")

_organisation: ContextVar[str | None] = ContextVar("organisation", default=None)
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _JsonFormatter(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        organisation = _organisation.get()
        if organisation is not None:
            entry["organisation"] = organisation
        entry |= {k: v for k, v in vars(record).items() if k not in _OWN_FIELDS}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def work_for(organisation: str) -> None:
    """Let what this thread does from now on be in the name of an organisation."""
    _organisation.set(organisation)


@contextmanager
def working_for(organisation: str) -> Iterator[None]:
    """Let what is done within be in the name of an organisation."""
    token = _organisation.set(organisation)
    try:
        yield
    finally:
        _organisation.reset(token)


def in_the_same_name(work: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return *work*, to be done by another thread in the name that this one works in.

    A thread does not take that over from the one that starts it. It stays with it: what
    goes wrong with the work is logged by whoever called it there.
    """
    organisation = _organisation.get()

    @wraps(work)
    def done(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        _organisation.set(organisation)
        return work(*args, **kwargs)

    return done


def configure_logging(level: str) -> None:
    """Send log lines of *level* and above to standard error, one JSON object each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # A line a minute and job would drown what happened.
    logging.getLogger("apscheduler").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")
