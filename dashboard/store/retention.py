"""How long things are kept, and clearing away what is older, a little at a time.

An exchange stays, however old it is, while its request is not done and while one of the
documents it carried is refused or doubted: it is what a person needs to see why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from dashboard.domain.exchanges import ExchangeResult
from dashboard.domain.postings import PostingState
from dashboard.domain.retention import Cutoffs, RetentionRules
from dashboard.domain.status import RequestState
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import (
    ActivityRow,
    ExchangeRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
    RetentionRow,
)
from dashboard.store.selection_removal import ended_before, forget_some

# So many rows are looked at in one transaction, which holds other writers up.
_PART: Final = 500


@dataclass(frozen=True, kw_only=True)
class KeptRules:
    """The rules as they are stored; *version* grows with every save, from 0."""

    rules: RetentionRules
    version: int


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What one part of the clearing away did; *reached* is None at the end."""

    removed: int
    reached: int | None


class RetentionStore:
    """Reads and writes the rules, and prunes; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self) -> KeptRules:
        """Return the rules; the defaults until they are saved."""
        with self._database.read() as session:
            row = session.get(RetentionRow, 1)
            if row is None:
                return KeptRules(rules=RetentionRules(), version=0)
            rules = RetentionRules(
                exchange_days=row.exchange_days,
                failure_days=row.failure_days,
                activity_days=row.activity_days,
            )
            return KeptRules(rules=rules, version=row.version)

    def save(self, rules: RetentionRules, *, expected_version: int) -> None:
        """Replace the rules.

        Raises:
            ChangedMeanwhile: If they were saved since *expected_version* was read.
        """
        values = {
            "exchange_days": rules.exchange_days,
            "failure_days": rules.failure_days,
            "activity_days": rules.activity_days,
            "version": expected_version + 1,
        }
        with self._database.write() as session:
            if expected_version == 0:
                saved = insert_missing(
                    session, RetentionRow, unique=["id"], id=1, **values
                )
            else:
                mine = RetentionRow.version == expected_version
                changed = (
                    update(RetentionRow)
                    .where(mine)
                    .values(**values)
                    .returning(RetentionRow.id)
                )
                saved = session.scalar(changed) is not None
            if not saved:
                raise ChangedMeanwhile

    def oldest_exchange_at(self) -> datetime | None:
        """Return when the oldest exchange that is kept was made."""
        oldest = select(ExchangeRow.at).order_by(ExchangeRow.id).limit(1)
        with self._database.read() as session:
            return session.scalar(oldest)

    def prune_exchanges(self, before: Cutoffs, *, after: int) -> Pruned:
        """Remove old exchanges among the next with an id beyond *after*."""
        well = ExchangeRow.result == ExchangeResult.ANSWERED.value
        old = []
        if before.exchanges is not None:
            old.append(and_(well, ExchangeRow.at < before.exchanges))
        if before.failures is not None:
            old.append(and_(~well, ExchangeRow.at < before.failures))
        oldest_first = (
            select(ExchangeRow.id, ExchangeRow.at)
            .where(ExchangeRow.id > after)
            .order_by(ExchangeRow.id)
            .limit(_PART)
        )
        youngest = max(filter(None, (before.exchanges, before.failures)), default=None)
        if youngest is None:
            return Pruned(removed=0, reached=None)
        with self._database.write() as session:
            rows = session.execute(oldest_first).all()
            ids = [row.id for row in rows if row.at < youngest]
            if not ids:
                return Pruned(removed=0, reached=None)
            gone = session.scalars(
                delete(ExchangeRow)
                .where(
                    ExchangeRow.id.between(ids[0], ids[-1]), or_(*old), ~_still_needed()
                )
                .returning(ExchangeRow.id)
            ).all()
            is_last = len(ids) < _PART
            return Pruned(removed=len(gone), reached=None if is_last else ids[-1])

    def prune_activity(self, before: Cutoffs) -> Pruned:
        """Remove some old lines of Activity; *reached* is 0 while there may be more."""
        if before.activity is None:
            return Pruned(removed=0, reached=None)
        old = (
            select(ActivityRow.id)
            .where(ActivityRow.at < before.activity)
            .order_by(ActivityRow.at)
            .limit(_PART)
        )
        with self._database.write() as session:
            gone = session.scalars(
                delete(ActivityRow)
                .where(ActivityRow.id.in_(old))
                .returning(ActivityRow.id)
            ).all()
        return Pruned(removed=len(gone), reached=0 if len(gone) == _PART else None)

    def prune_selections(self, before: Cutoffs) -> Pruned:
        """Remove some of an act on many orders that ended long ago.

        *reached* is 0 while there may be more.
        """
        if before.activity is None:
            return Pruned(removed=0, reached=None)
        with self._database.write() as session:
            gone = forget_some(session, ended_before(before.activity))
        return Pruned(removed=gone or 0, reached=None if gone is None else 0)


def _still_needed() -> ColumnElement[bool]:
    """Tell whether an exchange is part of what is not settled."""
    unsettled = or_(
        RequestRow.state != RequestState.DONE.value,
        exists().where(
            RequestMemberRow.request_id == RequestRow.id,
            PostingRow.id == RequestMemberRow.posting_id,
            or_(
                PostingRow.state == PostingState.REFUSED.value,
                PostingRow.problem.is_not(None),
            ),
        ),
    )
    return exists().where(RequestRow.id == ExchangeRow.request_id, unsettled)
