"""The further organisations of an installation, and where the data of each is.

The list stands in the first organisation's database: every process reaches that one,
whichever folder or machine it works on, and a row is there as a whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from dashboard.domain.organisations import Organisation
from dashboard.store.database import Database, DatabaseUnusable, insert_missing
from dashboard.store.schema import OrganisationRow


class OrganisationExists(Exception):
    """An organisation of that slug is on the list already."""


_FOLDER = "organisations"
_FILE = "sluice.db"


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where the tables of an organisation are: a SQLite file or a PostgreSQL schema.

    Without *schema* they are where the server puts them by itself.
    """

    url: str
    schema: str = ""
    file: Path | None = None

    @property
    def place(self) -> str:
        """What it is called where somebody looks for it."""
        return str(self.file) if self.file is not None else f"schema {self.schema}"

    def lost(self) -> bool:
        """Tell whether its file is gone: opening it would make an empty one."""
        return self.file is not None and not self.file.exists()


def home_of(organisation: Organisation, url: str, data_dir: Path) -> Home:
    """Return where an organisation lives, beside the first one's database at *url*."""
    if not organisation.slug:
        return Home(url=url)
    if not url.startswith("sqlite"):
        return Home(url=url, schema=f"organisation_{organisation.slug}")
    file = data_dir / _FOLDER / organisation.slug / _FILE
    return Home(url=f"sqlite:///{file}", file=file)


class OrganisationStore:
    """Reads and writes the list, in the first organisation's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Organisation, ...]:
        """Return the further organisations by name."""
        query = select(OrganisationRow).order_by(OrganisationRow.name)
        with self._database.read() as session:
            return tuple(
                Organisation(slug=row.slug, name=row.name)
                for row in session.scalars(query)
            )

    def one(self, slug: str) -> Organisation | None:
        """Return the further organisation of that slug."""
        return next((each for each in self.all() if each.slug == slug), None)

    def add(self, organisation: Organisation, *, at: datetime) -> bool:
        """Put one on the list; False if its slug was there already; commits."""
        with self._database.write() as session:
            return insert_missing(
                session,
                OrganisationRow,
                unique=["slug"],
                slug=organisation.slug,
                name=organisation.name,
                added_at=at,
            )

    def remove(self, slug: str) -> None:
        """Take one off the list; its data stays; commits."""
        with self._database.write() as session:
            session.execute(delete(OrganisationRow).where(OrganisationRow.slug == slug))

    def make_home(self, home: Home) -> None:
        """Make the folder or schema of a home; what is there already stays.

        Raises:
            DatabaseUnusable: If it cannot be made.
        """
        try:
            if home.file is not None:
                home.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                return
            with self._database.write() as session:
                session.execute(CreateSchema(home.schema, if_not_exists=True))
        except (OSError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise DatabaseUnusable(
                f"The organisation's {home.place} cannot be made: {reason}"
            ) from error
