"""Databases for all tests: SQLite and PostgreSQL, each test with a fresh one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import (
    ClockedDatabase,
    DatabaseMaker,
    PostgresServer,
    SqliteFolder,
)
from tests.fixtures.postgres import NoPostgres, running_postgres

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

FIGURES = pytest.StashKey[dict[str, list[str]]]()

# Begun last, one of these would be waited for alone.
_LONGEST = ("tests/simulation/", "tests/crash/", "tests/web/test_pages_in_browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines with what was counted, shown at the end of the tests of a folder."""
    by_folder = request.config.stash.setdefault(FIGURES, {})
    return by_folder.setdefault(request.path.parent.name, [])


@pytest.fixture
def tell(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], None]:
    """Write a line for who waits; nobody does where tests run side by side."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    one_at_a_time = threading.Lock()

    def write(line: str) -> None:
        if terminal is not None:
            with one_at_a_time, capsys.disabled():
                terminal.write_line(line)
                terminal.flush()  # a file keeps lines back for longer than one waits

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures."""
    for folder, lines in terminalreporter.config.stash.get(FIGURES, {}).items():
        terminalreporter.section(folder)
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteFolder]:
    with closing(SqliteFolder(tmp_path_factory.mktemp("sqlite"))) as maker:
        yield maker


@pytest.fixture(scope="session")
def postgres_maker() -> Iterator[PostgresServer]:
    try:
        with running_postgres() as url, closing(PostgresServer(url)) as maker:
            yield maker
    except NoPostgres as error:
        if os.environ.get("REQUIRE_PG") == "1":
            pytest.fail(f"REQUIRE_PG=1, but {error}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {error}")


@pytest.fixture(params=["sqlite", "postgres"])
def maker(request: pytest.FixtureRequest) -> DatabaseMaker:
    """Makes databases of each kind in turn."""
    made: DatabaseMaker = request.getfixturevalue(f"{request.param}_maker")
    return made


@pytest.fixture
def database(maker: DatabaseMaker, clock: SettableClock) -> Iterator[ClockedDatabase]:
    """A fresh database with all tables, whose time is that of *clock*."""
    yield from _fresh(maker, clock)


@pytest.fixture
def sqlite_database(
    sqlite_maker: SqliteFolder, clock: SettableClock
) -> Iterator[ClockedDatabase]:
    """A fresh SQLite database, for what does not depend on the kind."""
    yield from _fresh(sqlite_maker, clock)


@pytest.fixture
def postgres_database(
    postgres_maker: PostgresServer, clock: SettableClock
) -> Iterator[ClockedDatabase]:
    """A fresh PostgreSQL database, for what only it can do."""
    yield from _fresh(postgres_maker, clock)


def _fresh(maker: DatabaseMaker, clock: SettableClock) -> Iterator[ClockedDatabase]:
    with maker.lent() as engine:
        yield ClockedDatabase(engine, clock)


@pytest.fixture
def company(database: ClockedDatabase) -> Iterator[Company]:
    """A company with a shop; in the end its statuses must follow from its postings."""
    company = Company(database)
    yield company
    company.assert_statuses_are_what_follows_from_the_postings()
