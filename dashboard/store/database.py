"""Transactions on SQLite and PostgreSQL that behave the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    Select,
    Text,
    create_engine,
    event,
    literal_column,
    select,
    table,
)
from sqlalchemy import column as named_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from dashboard.domain.clock import Clock
from dashboard.domain.sentences import dump_sentence, load_sentence

_BUSY_TIMEOUT_S = 30
# A connection that was used so recently is taken to be alive.
_TRUSTED_S = 1.0

# What a transaction raises when the database is away, locked or overrun: a server
# that is restarted, a disk that is full. It may work again in a moment.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)

# Whatever a transaction raises that cannot be carried out, for those who only look.
DATABASE_FAILED = SQLAlchemyError

_Result = TypeVar("_Result")
_Columns = TypeVarTuple("_Columns")

# The engines whose connections only read, by the one for all of a database. SQLite
# prepares every statement anew once a connection was told to write again: as often as
# a worker looks for work, and for longer than the looking takes.
_READERS: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()

# Alembic keeps the migration under way in a place the whole process shares.
_MIGRATING = threading.Lock()

_BEGINNINGS = 5
# How PostgreSQL ends one of two transactions that were in each other's way: waiting in
# a circle, or adding the same thing at the same moment.
_OVERTAKEN = {"40P01", "40001", "23505"}


class Overtaken(Exception):
    """Another transaction was faster; what was read here is to be read anew."""


class DatabaseUnusable(Exception):
    """The database cannot be reached or written; the message says why."""


class Base(DeclarativeBase):
    """What every table inherits."""

    # Named, because a migration can only drop a constraint that has a name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Base.metadata)
MIGRATIONS = Path(__file__).parent / "migrations"
migrate = Migrate(directory=str(MIGRATIONS))


class SentenceText(TypeDecorator[str]):
    """A text, kept with what it was made of if it is a `Sentence`."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Turn a text into what is stored."""
        return None if value is None else dump_sentence(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Turn what is stored into a text that knows what it was made of."""
        return None if value is None else load_sentence(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn an aware time into what *dialect* stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    @override
    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn what *dialect* stored into an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value


class Database:
    """Opens transactions: short ones, never held over a call to the network.

    A write transaction on SQLite takes the write lock at once (BEGIN IMMEDIATE):
    a deferred one that reads first fails as soon as another process has written.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._reader = _READERS.get(engine, engine).execution_options(
            sqlite_readonly=True, postgresql_readonly=True
        )
        # To begin and to end are two ways to the server more; SQLite knows none.
        self._asker = (
            engine.execution_options(isolation_level="AUTOCOMMIT")
            if engine.dialect.name == "postgresql"
            else self._reader
        )
        self._clock = clock
        # SQLite lets writers that wait sleep, for up to 100 ms at a time, and whoever
        # comes by first gets in: threads of one process agree among themselves instead.
        on_sqlite = engine.dialect.name == "sqlite"
        self._turn = threading.Lock() if on_sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that commits at the end, or rolls back on an error."""
        with (
            self._turn,
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def repeated(self, work: Callable[[Session], _Result]) -> _Result:
        """Do *work* in a write transaction; from the start if another overtook it.

        Only for what follows from its arguments and the tables alone, such as taking in
        what a shop sent. What the books answered is lost with the transaction that
        writes it down: that one is never repeated, it takes its locks in order.
        """
        for _ in range(_BEGINNINGS - 1):
            try:
                return self._once(work)
            except Overtaken:
                continue
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", "") not in _OVERTAKEN:
                    raise
        return self._once(work)

    def _once(self, work: Callable[[Session], _Result]) -> _Result:
        with self.write() as session:
            return work(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that cannot write and does not wait for writers."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def ask(
        self,
        question: Select[*_Columns],
        values: Mapping[str, object] = MappingProxyType({}),
    ) -> Sequence[Row[*_Columns]]:
        """Answer one question by itself, in half the time a transaction takes."""
        with self._asker.connect() as connection:
            return connection.execute(question, values).all()

    def now(self, session: Session) -> datetime:
        """Return the time all processes agree on: the server's, where there is one."""
        if session.get_bind().dialect.name == "postgresql":
            # As the driver has it: asked for in every transaction.
            connection = session.connection()
            stamp = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
            if isinstance(stamp, datetime):
                return stamp.astimezone(UTC)
        return self._clock.now()

    def close(self) -> None:
        """Give up the connections that nobody uses just now."""
        self._engine.dispose()


def install(app: Flask, clock: Clock, *, schema: str = "") -> Database:
    """Tie the database named in *app*'s configuration to it and return it.

    On PostgreSQL, everything goes on in *schema* and nowhere else, if one is given.

    Raises:
        DatabaseUnusable: If its address makes no sense.
    """
    try:
        db.init_app(app)
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseUnusable(
            f"The address in SLUICE_DATABASE_URL cannot be used: {error}. "
            "It looks like postgresql://user:password@host/name."
        ) from error
    migrate.init_app(app, db)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        file = engine.url.database or ":memory:"
        _make_private(file)
        _prepare_sqlite(engine)
        if not _is_memory(file):
            _READERS[engine] = _engine_for_readers(engine)
        return Database(engine, clock)
    if schema:
        _stay_in(engine, schema)
    _prepare_postgres(engine, clock)
    return Database(engine, clock)


def insert_missing(
    session: Session,
    table: type[Base],
    *,
    unique: Sequence[str],
    **values: object,
) -> bool:
    """Insert a row unless one has the same *unique* columns; True if none had.

    Two processes may do it at once: then one waits for the other, and neither fails.
    """
    return insert_missing_row(session, table, unique=unique, **values) is not None


def insert_missing_row(
    session: Session,
    table: type[Base],
    *,
    unique: Sequence[str],
    **values: object,
) -> Any:  # noqa: ANN401 - as the table's first key is
    """Insert a row like `insert_missing`; return its key, None if it was there."""
    # As parameters: to write the values into the statement takes as long as all of it.
    dialect = session.get_bind().dialect.name
    missing = _insert_missing_row(table, tuple(unique), dialect)
    return session.scalar(missing, values)


def insert_all_missing(
    session: Session,
    table: type[Base],
    rows: Sequence[dict[str, object]],
    *,
    unique: Sequence[str],
) -> None:
    """Insert rows but those whose *unique* columns are there already."""
    if rows:
        dialect = session.get_bind().dialect.name
        session.execute(_insert_missing(table, tuple(unique), dialect), rows)


@cache  # slow to build
def _insert_missing(
    table: type[Base], unique: tuple[str, ...], dialect: str
) -> postgresql.Insert | sqlite.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=unique)


@cache
def _insert_missing_row(
    table: type[Base], unique: tuple[str, ...], dialect: str
) -> ReturningInsert[Any]:
    key = next(iter(table.__table__.primary_key))
    return _insert_missing(table, unique, dialect).returning(key)


def engine_options(url: str) -> dict[str, Any]:
    """Return what SQLAlchemy needs to know of the database at *url*."""
    # Parameters are names and addresses: errors are logged, and logs hold neither.
    private = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return private | {
            "connect_args": {"timeout": _BUSY_TIMEOUT_S},
            "pool_size": 20,
        }
    return private | {
        "pool_size": 10,
        "max_overflow": 10,
        # Who has waited for a lock reads on with what was committed meanwhile.
        "isolation_level": "READ COMMITTED",
    }


def as_written(number: int) -> ColumnElement[int]:
    """Return a number that stands in the statement itself.

    PostgreSQL plans a statement it has seen some times without its parameters: of a
    limit that is one it would expect a tenth of the table.
    """
    return literal_column(str(number), Integer)


def upgrade_schema(app: Flask) -> None:
    """Bring the tables up to the newest migration.

    Raises:
        DatabaseUnusable: If the database does not answer, or cannot be written.
    """
    try:
        with _MIGRATING, app.app_context():
            upgrade(directory=str(MIGRATIONS))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise DatabaseUnusable(f"The database cannot be used: {reason}") from error


def has_todays_tables(database: Database) -> bool:
    """Tell whether the database answers and its tables are those of this version."""
    version = table("alembic_version", named_column("version_num"))
    try:
        with database.read() as session:
            return session.scalar(select(version.c.version_num)) == _newest_migration()
    except SQLAlchemyError:
        return False


@cache
def _newest_migration() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _stay_in(engine: Engine, schema: str) -> None:
    """Look for tables in one schema alone, on every connection from its beginning.

    Were another one on the path, a table that is missing here would be found there: in
    somebody else's books.
    """

    # First of all: what SQLAlchemy asks a new connection depends on it.
    @event.listens_for(engine, "connect", insert=True)
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API has no type
        cursor = connection.cursor()
        path = "SELECT set_config('search_path', quote_ident(%s), false)"
        cursor.execute(path, [schema])
        cursor.close()
        connection.commit()


def _make_private(file: str) -> None:
    """Make a database file that only its owner can read: it holds customers.

    The files SQLite puts beside it (-wal, -shm) get the same mode.
    """
    if _is_memory(file):
        return
    # It is there already, or cannot be made: then connecting says why.
    with suppress(OSError):
        Path(file).touch(mode=0o600, exist_ok=False)


def _is_memory(file: str) -> bool:
    return file == ":memory:" or file.startswith("file:")


def _engine_for_readers(engine: Engine) -> Engine:
    """Return an engine with connections of its own to the same SQLite database."""
    reader = create_engine(engine.url, **engine_options(engine.url.drivername))
    _prepare_sqlite(reader)

    @event.listens_for(engine, "engine_disposed")
    def _dispose(_engine: Engine) -> None:
        reader.dispose()

    return reader


def _prepare_postgres(engine: Engine, clock: Clock) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:  # noqa: ANN401 - DB-API has no type
        # Indexes lie in memory or on a flash disk: what PostgreSQL expects of a disk
        # that turns has it read a million orders to find three thousand. Compiling
        # takes longer than any statement of ours.
        connection.autocommit = True
        connection.execute("SET random_page_cost = 1.1")
        connection.execute("SET jit = off")
        # Off, a crash of the server may forget the last commits: what was sent.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
        # Times would be those of the server's zone, and the days that follow from them.
        connection.execute("SET timezone = 'UTC'")
        connection.autocommit = False
        record.info["used_at"] = clock.monotonic_s()

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: Any) -> None:  # noqa: ANN401
        record.info["used_at"] = clock.monotonic_s()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: Any) -> None:  # noqa: ANN401
        # The server may have been restarted since. To ask at every use is a way to it
        # and back, a third of all that a poll takes.
        if clock.monotonic_s() - record.info["used_at"] < _TRUSTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # it connects anew


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API has no type
        # Stops the driver's own BEGIN, which would come after the first SELECT.
        connection.isolation_level = None
        cursor = connection.cursor()
        # The busy timeout comes first: the next pragma may have to wait.
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL may forget the last commits at a power cut: that a request was sent.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("sqlite_readonly", False)
        # A pooled connection keeps what it was told.
        if connection.info.get("reads") is not reads:
            connection.exec_driver_sql(f"PRAGMA query_only={1 if reads else 0}")
            connection.info["reads"] = reads
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
