"""The migrations make the tables that the code expects, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

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
