"""The migrations make the tables that the code expects, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import check, downgrade, upgrade

from dashboard.store import schema
from dashboard.store.database import MIGRATIONS, db
from tests.fixtures.databases import DatabaseMaker, opened

Opened = tuple[Flask, sa.Engine]


@pytest.fixture
def migrated(maker: DatabaseMaker) -> Iterator[Opened]:
    url = maker.empty()
    with opened(url) as (app, engine), app.app_context():
        upgrade(directory=str(MIGRATIONS))
        yield app, engine
    maker.drop(url)


@pytest.mark.usefixtures("migrated")
def test_the_migrations_make_exactly_the_tables_of_the_models() -> None:
    assert schema.Base.metadata is db.metadata
    check(directory=str(MIGRATIONS))


def test_every_migration_can_be_taken_back_and_done_again(migrated: Opened) -> None:
    _app, engine = migrated

    downgrade(directory=str(MIGRATIONS), revision="base")

    assert sa.inspect(engine).get_table_names() == ["alembic_version"]

    upgrade(directory=str(MIGRATIONS))

    check(directory=str(MIGRATIONS))


@pytest.mark.usefixtures("migrated")
def test_upgrading_twice_changes_nothing() -> None:
    upgrade(directory=str(MIGRATIONS))

    check(directory=str(MIGRATIONS))


@pytest.mark.parametrize("way", ["up", "down"])
def test_what_was_told_is_kept_when_its_channel_gets_or_loses_a_column(
    migrated: Opened, way: str
) -> None:
    _app, engine = migrated
    before, after = ("0001", "0002") if way == "up" else ("0002", "0001")
    downgrade(directory=str(MIGRATIONS), revision=before)
    language = {"language": "nl"} if way == "down" else {}
    with engine.begin() as connection:
        _add(connection, "channels", id=1, name="Office", **language)
        _add(connection, "notices", id=1, channel_id=1)

    step = upgrade if way == "up" else downgrade
    step(directory=str(MIGRATIONS), revision=after)

    with engine.connect() as connection:
        kept = sa.text("SELECT count(*) FROM notices WHERE channel_id = 1")
        assert connection.scalar(kept) == 1


def test_runs_of_a_shop_stay_when_its_schedule_goes_with_its_column(
    migrated: Opened,
) -> None:
    _app, engine = migrated
    with engine.begin() as connection:
        _add(connection, "schedules", id=1, name="pull of shop", shop_id=1)
        _add(connection, "runs", id=1, schedule_id=1, shop_id=1, state="done")

    downgrade(directory=str(MIGRATIONS), revision="0008")

    with engine.connect() as connection:
        runs = connection.execute(sa.text("SELECT id, schedule_id FROM runs"))
        assert [tuple(run) for run in runs] == [(1, None)]
        assert not connection.scalar(sa.text("SELECT count(*) FROM schedules"))


def test_orders_that_are_there_are_found_by_every_number(migrated: Opened) -> None:
    _app, engine = migrated
    downgrade(directory=str(MIGRATIONS), revision="0009")
    payload = b'{"transactions": [{"paymentId": "c-77.1"}, 7], "payments": null}'
    with engine.begin() as connection:
        _add(connection, "shops", id=1, slug="main", prefix="W-")
        for order_id in (1, 2):
            _add(
                connection,
                "orders",
                id=order_id,
                shop_id=1,
                external_id=f"90{order_id}",
            )
        _add(connection, "order_revisions", id=5, order_id=1, payload=payload)
        _add(connection, "postings", id=1, order_id=1, natural_key="W-1042-P1")
        linked = "UPDATE orders SET revision_id = 5 WHERE id = 1"
        connection.execute(sa.text(linked))

    upgrade(directory=str(MIGRATIONS), revision="0010")

    with engine.connect() as connection:
        told = sa.text("SELECT payment_references FROM orders ORDER BY id")
        assert connection.scalars(told).all() == ["c-77.1", ""]
        words = sa.text("SELECT order_id, word FROM order_words")
        assert {tuple(row) for row in connection.execute(words)} >= {
            (1, "901"),
            (1, "77"),
            (1, "1042"),
            (2, "902"),
        }


def test_what_ended_selections_came_to_is_counted(migrated: Opened) -> None:
    _app, engine = migrated
    downgrade(directory=str(MIGRATIONS), revision="0011")
    results = ("done", "done", "skipped")
    with engine.begin() as connection:
        _add(connection, "selections", id=1, finished_at=datetime.now(UTC))
        _add(connection, "selections", id=2)
        for selection_id in (1, 2):
            for position, result in enumerate(results):
                _add(
                    connection,
                    "selection_orders",
                    selection_id=selection_id,
                    position=position,
                    result=result,
                )

    upgrade(directory=str(MIGRATIONS), revision="0012")

    selections = sa.Table("selections", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        kept = connection.execute(
            sa.select(selections.c.tally).order_by(selections.c.id)
        )
        assert kept.scalars().all() == [
            {"outlooks": {}, "results": {"done": 2, "skipped": 1}},
            None,
        ]


def test_the_last_two_are_taken_back_with_what_they_kept_and_done_again(
    migrated: Opened,
) -> None:
    _app, engine = migrated
    with engine.begin() as connection:
        _add(connection, "shops", id=1, slug="main", prefix="W-")
        _add(connection, "uploads", id=1, shop_id=1, body=b"", orders=[{"n": 1}])
        _add(connection, "orders", id=1, shop_id=1, external_id="9", cause="refused")
        tally = {"outlooks": {"creates": 1}, "results": {"done": 1}}
        at = datetime.now(UTC)
        _add(connection, "selections", id=1, finished_at=at, tally=tally)
        _add(
            connection,
            "selection_orders",
            selection_id=1,
            position=1,
            outlook="creates",
            result="done",
        )

    downgrade(directory=str(MIGRATIONS), revision="0010")
    upgrade(directory=str(MIGRATIONS), revision="0012")

    with engine.connect() as connection:
        upload, selection = (
            sa.Table(name, sa.MetaData(), autoload_with=connection)
            for name in ("uploads", "selections")
        )
        assert connection.execute(sa.select(upload.c.orders)).all() == [(None,)]
        assert connection.execute(sa.select(selection.c.tally)).all() == [(tally,)]
        problems = sa.text("SELECT id FROM orders WHERE cause <> ''")
        assert connection.scalars(problems).all() == [1]


def _add(connection: sa.Connection, name: str, /, **values: object) -> None:
    """Add a row to a table as the database has it; what is not given is nothing."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    nothing = {"TEXT": "", "JSON": {}, "BOOLEAN": False, "INTEGER": 0, "BIGINT": 0}
    a_day = datetime(2026, 3, 1, tzinfo=UTC)
    filled = {
        column.name: nothing.get(str(column.type), a_day)
        for column in table.columns
        if not column.nullable
    }
    connection.execute(table.insert().values({**filled, **values}))
