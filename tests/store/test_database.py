"""Transactions that behave the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import HeartbeatRow, SignInThrottleRow
from tests.conftest import NOW
from tests.fixtures.databases import ClockedDatabase


def test_a_reading_transaction_cannot_write(database: Database) -> None:
    statement = text("UPDATE gates SET failures = 1")

    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(statement)


def test_a_connection_that_has_read_can_write_again(database: Database) -> None:
    with database.read() as session:
        session.execute(text("SELECT 1"))

    with database.write() as session:
        session.execute(text("UPDATE gates SET failures = 1"))


def test_sqlite_is_not_told_to_read_and_to_write_in_turn(
    database: ClockedDatabase,
) -> None:
    """It would prepare every statement anew each time."""
    told: list[str] = []

    @event.listens_for(database.engine.__class__, "before_cursor_execute")
    def _hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement)

    try:
        for _ in range(2):
            with database.read() as session:
                session.execute(text("SELECT 1"))
            with database.write() as session:
                session.execute(text("UPDATE gates SET failures = 1"))
    finally:
        event.remove(database.engine.__class__, "before_cursor_execute", _hear)

    assert [statement for statement in told if statement.startswith("PRAGMA")] == []


def test_an_error_does_not_tell_who_it_was_about(database: Database) -> None:
    statement = text("UPDATE nothing SET name = :name")

    with pytest.raises(DBAPIError) as refused, database.write() as session:
        session.execute(statement, {"name": "Jane Canary"})

    assert "Jane Canary" not in str(refused.value)


def test_a_row_that_is_missing_is_inserted_once(database: ClockedDatabase) -> None:
    row = {"key": "user:1", "updated_at": NOW}

    with database.write() as session:
        inserted = [
            insert_missing(
                session, SignInThrottleRow, unique=["key"], failures=failures, **row
            )
            for failures in (1, 2)
        ]

    assert inserted == [True, False]
    with database.read() as session:
        assert session.scalars(select(SignInThrottleRow.failures)).all() == [1]


def test_times_are_those_of_utc_wherever_the_server_is(
    database: ClockedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTZ", "Pacific/Auckland")  # heeded by connections to come
    database.close()
    before_midnight = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    with database.write() as session:
        row = {"process": "here", "role": "engine", "at": before_midnight}
        session.execute(insert(HeartbeatRow).values(row))

    with database.read() as session:
        (at,) = session.scalars(select(HeartbeatRow.at))

    # The day of a document follows from such a time.
    assert at.isoformat() == before_midnight.isoformat()
    database.close()


@pytest.mark.parametrize("maker", ["postgres"], indirect=True)
def test_what_is_relied_on_is_no_setting_of_the_server(
    database: ClockedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = "-c default_transaction_isolation=serializable -c synchronous_commit=off"
    monkeypatch.setenv("PGOPTIONS", others)  # heeded by connections to come
    database.close()
    database.ask(select(literal(1)))  # a connection that was told otherwise meanwhile

    with database.write() as session:
        told = [
            session.scalar(text(f"SHOW {name}"))
            for name in ("transaction_isolation", "synchronous_commit")
        ]

    assert told == ["read committed", "on"]
    database.close()
