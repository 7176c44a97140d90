"""The processes of an installation and what each is at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from dashboard.domain.postings import PostingKind
from dashboard.domain.runs import Run, RunState
from dashboard.domain.status import RequestState
from dashboard.store.database import Database
from dashboard.store.runs import run_of
from dashboard.store.schema import (
    HeartbeatRow,
    RequestMemberRow,
    RequestRow,
    RunRow,
    SelectionRow,
)
from dashboard.store.selections import AT_WORK


@dataclass(frozen=True, kw_only=True)
class ListedProcess:
    """A process that gave a sign of life, and what it is at.

    *sending* counts the postings it has sent and waits for an answer to, by kind;
    *selections* are the ids of the acts on many orders it plans or carries out.
    """

    host: str
    pid: str
    seen_at: datetime
    roles: tuple[str, ...]
    runs: tuple[Run, ...]
    sending: Mapping[PostingKind, int]
    selections: tuple[int, ...]


@dataclass(kw_only=True)
class _Signs:
    """What the tables tell of a process."""

    roles: dict[str, datetime] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    sending: dict[PostingKind, int] = field(default_factory=dict)
    selections: list[int] = field(default_factory=list)


class ProcessListing:
    """Reads who is at work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[ListedProcess, ...]:
        """Return the processes that gave a sign of life lately, by host and number."""
        signs: defaultdict[str, _Signs] = defaultdict(_Signs)
        with self._database.read() as session:
            for name, role, at in session.execute(_BEATS):
                signs[_process(name)].roles[role] = at
            for row in session.scalars(_UNDER_WAY):
                signs[_process(row.process)].runs.append(run_of(row))
            for name, kind, count in session.execute(_SENT):
                signs[_process(name)].sending[PostingKind(kind)] = count
            claimed = _CLAIMED.where(
                SelectionRow.claimed_until > self._database.now(session)
            )
            for name, selection_id in session.execute(claimed):
                signs[_process(name)].selections.append(selection_id)
        return tuple(_listed(*each) for each in sorted(signs.items()) if each[1].roles)


_BEATS: Final = select(HeartbeatRow.process, HeartbeatRow.role, HeartbeatRow.at)
_UNDER_WAY: Final = (
    select(RunRow).where(RunRow.state == RunState.RUNNING.value).order_by(RunRow.id)
)
_SENT: Final = (
    select(RequestRow.claimed_by, RequestRow.kind, func.count())
    .join(RequestMemberRow, RequestMemberRow.request_id == RequestRow.id)
    .where(RequestRow.state == RequestState.SENDING.value)
    .group_by(RequestRow.claimed_by, RequestRow.kind)
)
_CLAIMED: Final = (
    select(SelectionRow.claimed_by, SelectionRow.id)
    .where(SelectionRow.state.in_(AT_WORK))
    .order_by(SelectionRow.id)
)


def _process(name: str) -> str:
    """Return what the names that parts of one process work under have in common."""
    return name.rpartition(":")[0]


def _listed(name: str, signs: _Signs) -> ListedProcess:
    host, _, pid = name.rpartition(":")
    return ListedProcess(
        host=host,
        pid=pid,
        seen_at=max(signs.roles.values()),
        roles=tuple(sorted(signs.roles)),
        runs=tuple(signs.runs),
        sending=signs.sending,
        selections=tuple(signs.selections),
    )
