"""Alarms that hold and that are over, and the rules they follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules, urgency
from dashboard.domain.notices import StandingAlarm, is_ripe
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import AlarmRow, AlarmRulesRow

_KEPT = timedelta(days=90)


class AlarmStore:
    """Reads and writes alarms; each method is one transaction and commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self) -> tuple[AlarmRules, int]:
        """Return when the company wants to be told, and the version of that."""
        with self._database.read() as session:
            row = session.get(AlarmRulesRow, 1)
            return read_alarm_rules(session), 0 if row is None else row.version

    def save_rules(self, rules: AlarmRules, *, expected_version: int) -> None:
        """Replace the rules.

        Raises:
            ChangedMeanwhile: If they were saved since *expected_version* was read.
        """
        with self._database.write() as session:
            row = lock_alarms(session)
            if row.version != expected_version:
                raise ChangedMeanwhile
            row.rules = to_plain(rules)
            row.version += 1

    def settle(self, alarms: Sequence[Alarm], now: datetime) -> None:
        """Open the alarms that hold and are not open; end those that hold no more.

        One that comes back before anybody would be told that it was over goes on as
        if it had not been away.
        """
        now_held = {_key(alarm): alarm for alarm in alarms}
        with self._database.read() as session:
            if {_key(each.alarm) for each in _open(session)} == now_held.keys():
                return
        with self._database.write() as session:
            lock_alarms(session)
            rules = read_alarm_rules(session)
            held = {row.open_key: row for row in session.scalars(_open_rows())}
            for key in held.keys() - now_held.keys():
                held[key].open_key = None
                held[key].ended_at = now
            back_since = now - timedelta(minutes=rules.batch_minutes)
            for key, alarm in now_held.items():
                if key not in held:
                    _begin(session, alarm, now, back_since)

    def shown(self, now: datetime) -> tuple[Alarm, ...]:
        """Return the alarms that people are to see at *now*, the most urgent first."""
        with self._database.read() as session:
            shown = [each for each in _open(session) if is_ripe(each, now)]
        shown.sort(key=lambda each: (urgency(each.alarm), each.id))
        return tuple(each.alarm for each in shown)

    def forget_old(self, now: datetime) -> None:
        """Delete what is long over."""
        with self._database.write() as session:
            lock_alarms(session)
            session.execute(delete(AlarmRow).where(AlarmRow.ended_at < now - _KEPT))


def lock_alarms(session: Session) -> AlarmRulesRow:
    """Let nobody else open or end alarms, or write notices, until this commits."""
    insert_missing(session, AlarmRulesRow, unique=["id"], id=1, version=0)
    return session.scalars(
        select(AlarmRulesRow).where(AlarmRulesRow.id == 1).with_for_update()
    ).one()


def read_alarm_rules(session: Session) -> AlarmRules:
    """Return the rules within a transaction that is under way; else the defaults."""
    rules = session.scalar(select(AlarmRulesRow.rules))
    return AlarmRules() if rules is None else from_plain(AlarmRules, rules)


def standing_of_row(row: AlarmRow, *, told: bool = False) -> StandingAlarm:
    """Turn a row into an alarm that stands, or stood."""
    alarm = Alarm(
        kind=AlarmKind(row.kind),
        subject=row.subject,
        since=row.since,
        message=row.message,
    )
    return StandingAlarm(
        id=row.id,
        alarm=alarm,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        told=told,
    )


def _begin(session: Session, alarm: Alarm, now: datetime, back_since: datetime) -> None:
    recent = (
        select(AlarmRow.id)
        .where(AlarmRow.kind == alarm.kind.value, AlarmRow.subject == alarm.subject)
        .where(AlarmRow.ended_at > back_since)
        .order_by(AlarmRow.id.desc())
        .limit(1)
    )
    back = session.scalar(recent)
    if back is not None:
        session.execute(
            update(AlarmRow)
            .where(AlarmRow.id == back)
            .values(open_key=_key(alarm), ended_at=None)
        )
        return
    session.add(
        AlarmRow(
            open_key=_key(alarm),
            kind=alarm.kind.value,
            subject=alarm.subject,
            message=alarm.message,
            since=alarm.since,
            opened_at=now,
        )
    )


def _open(session: Session) -> list[StandingAlarm]:
    return [standing_of_row(row) for row in session.scalars(_open_rows())]


def _open_rows() -> Select[AlarmRow]:
    return select(AlarmRow).where(AlarmRow.open_key.is_not(None)).order_by(AlarmRow.id)


def _key(alarm: Alarm) -> str:
    return f"{alarm.kind.value}: {alarm.subject}"
