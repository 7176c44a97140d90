"""All organisations of an installation: each a program and a database of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from wsgiref.types import WSGIApplication

from typing_extensions import override

from dashboard.api.health import look
from dashboard.app import Beside, Program, build
from dashboard.domain.organisations import Organisation, Standing
from dashboard.domain.sentences import say, sentence_of
from dashboard.logs import working_for
from dashboard.store.company import Connection
from dashboard.store.database import (
    DATABASE_FAILED,
    has_todays_tables,
    upgrade_schema,
)
from dashboard.store.listing_overview import OverviewReading
from dashboard.store.organisations import (
    OrganisationExists,
    OrganisationStore,
    home_of,
)
from dashboard.sync.background import Background
from dashboard.web.paths import closed_door

_log = logging.getLogger(__name__)

_AWAY = "away"
_NO_ANSWER = say("Its database does not answer. It is tried again by itself.")


class OrganisationAway(Exception):
    """An organisation's database cannot be used; the message says what to do."""


def further_organisations(first: Program) -> OrganisationStore:
    """Return the list of further organisations, which the first one keeps."""
    return OrganisationStore(first.database)


def open_organisation(first: Program, organisation: Organisation) -> Program:
    """Put the program of a further organisation together.

    Raises:
        OrganisationAway: If its tables are not there, or not of this version.
    """
    program = _assembled(first, organisation)
    if not has_todays_tables(program.database):
        program.close()
        raise OrganisationAway(
            say(
                "The database of the organisation %(slug)s does not answer, or its "
                "tables are not those of this version. Bring them up to it with: "
                "sluice db upgrade",
                slug=organisation.slug,
            )
        )
    return program


def working_organisations(first: Program) -> Iterator[Program]:
    """Give the program of every organisation that can be used, the first one first."""
    yield first
    for organisation in further_organisations(first).all():
        try:
            program = open_organisation(first, organisation)
        except OrganisationAway:
            continue
        yield program


def holder_of_books(
    programs: Iterable[Program], wanting: Organisation, given: Connection
) -> Organisation | None:
    """Return which organisation but *wanting* has the books of *given* already.

    Two that had them would each book into the other's.
    """
    for program in programs:
        known = program.company.readable_connection()
        if program.organisation == wanting or known is None:
            continue
        if known.is_to_the_books_of(given):
            return program.organisation
    return None


def upgrade_organisation(first: Program, organisation: Organisation) -> None:
    """Bring the tables of a further organisation up to this version.

    Raises:
        OrganisationAway: If its database is gone.
        DatabaseUnusable: If it does not answer, or cannot be written.
    """
    program = _assembled(first, organisation)
    try:
        upgrade_schema(program.app)
    finally:
        program.close()


def add_organisation(first: Program, organisation: Organisation) -> bool:
    """Make the database of a new organisation and put it on the list.

    It is listed when all of it is there: who is killed before may simply repeat it. One
    that was removed comes back with its data. False if it is on the list already.

    Raises:
        DatabaseUnusable: If the database cannot be made.
    """
    organisations = further_organisations(first)
    if organisations.one(organisation.slug) is not None:
        return False
    settings = first.settings
    home = home_of(organisation, settings.database_url, settings.data_dir)
    organisations.make_home(home)
    program = build(settings, first.clock, organisation)
    try:
        upgrade_schema(program.app)
    finally:
        program.close()
    return organisations.add(organisation, at=first.clock.now())


def _assembled(first: Program, organisation: Organisation) -> Program:
    settings = first.settings
    home = home_of(organisation, settings.database_url, settings.data_dir)
    if home.lost():
        raise OrganisationAway(
            say(
                "The database of the organisation %(slug)s is not there: %(place)s. "
                "Put it back from a backup, or take the organisation off the list "
                "with: sluice organisations remove %(slug)s",
                slug=organisation.slug,
                place=home.place,
            )
        )
    return build(settings, first.clock, organisation)


class Installation(Background):
    """The programs of all organisations in one process.

    Looks at the list every 15 seconds: opens what is new or can be used again, and
    closes what was removed. One that cannot be used keeps no other from working.
    """

    def __init__(self, first: Program, begin: Callable[[Program], None]) -> None:
        """Begin nothing yet.

        Args:
            first: The first organisation's program.
            begin: Sets a program to work once it is put together.
        """
        super().__init__("organisations")
        self.first = first
        self._begin = begin
        self._list = further_organisations(first)
        self._open: dict[str, Program] = {}
        self._standings: dict[str, Standing] = {}

    def beside(self, program: Program) -> Beside:
        """Return what an organisation tells of all of them.

        The first one's `/healthz` answers for the others, and its pages add more.
        """

        def holder(given: Connection) -> Organisation | None:
            programs = (self.first, *self._open.values())
            return holder_of_books(programs, program.organisation, given)

        if program is self.first:
            return Beside(
                standings=self.standings,
                health=self.health,
                holder=holder,
                add=self.add,
            )
        return Beside(standings=self.standings, holder=holder)

    def door(self, slug: str) -> WSGIApplication | None:
        """Return what answers requests to a further organisation; None without one."""
        program = self._open.get(slug)
        if program is not None:
            return program.app
        return closed_door if slug and slug in self._standings else None

    def add(self, organisation: Organisation) -> str | None:
        """Make a further organisation, and have it opened at once.

        Returns:
            The token that makes its first administrator; None if it has one already.

        Raises:
            OrganisationExists: If it is on the list already.
            DatabaseUnusable: If its database cannot be made.
        """
        if not add_organisation(self.first, organisation):
            raise OrganisationExists(
                say("There is an organisation of that name in addresses already.")
            )
        program = open_organisation(self.first, organisation)
        try:
            return program.password_links.make_first()
        finally:
            program.close()
            self.wake()

    def standings(self) -> tuple[Standing, ...]:
        """Return how all organisations stand, the first one first.

        Nothing where there is only one.
        """
        standings = tuple(self._standings.values())
        return standings if len(standings) > 1 else ()

    def health(self) -> dict[str, str]:
        """Return the status of each further organisation, as `/healthz` tells it."""
        return {
            slug: self._status(slug) for slug in tuple(self._standings) if slug != ""
        }

    @override
    def start(self) -> None:
        """Open what is there before anybody asks for it, then look on."""
        try:
            self.look()
        except DATABASE_FAILED:
            # The database comes back, and is looked at again.
            _log.exception("the organisations cannot be read")
        super().start()

    @override
    def stop(self, timeout_s: float = 10.0) -> None:
        """Let everything under way end, in every organisation."""
        super().stop(timeout_s)
        for program in (*self._open.values(), self.first):
            program.stop()

    def look(self) -> None:
        """Make what is open agree with the list, and see how each stands."""
        listed = {each.slug: each for each in self._list.all()}
        if not listed and not self._open:
            self._standings = {}
            return
        for slug, program in tuple(self._open.items()):
            if listed.get(slug) != program.organisation:
                self._shut(slug)
        problems = {
            slug: self._opened(organisation)
            for slug, organisation in listed.items()
            if slug not in self._open
        }
        programs = {"": self.first, **self._open}
        seen = {
            slug: _standing(programs[slug], self._standings.get(slug))
            if slug in programs
            else _closed(listed[slug], problems[slug])
            for slug in ("", *listed)
        }
        self._note_problems(seen)
        self._standings = seen

    @override
    def _work(self) -> None:
        self.look()

    def _note_problems(self, seen: Mapping[str, Standing]) -> None:
        """Log what was not so before; it is looked at every few seconds."""
        for slug, standing in seen.items():
            before = self._standings.get(slug)
            if standing.problem and (before is None or not before.problem):
                with working_for(slug):
                    fields = {"problem": standing.problem}
                    _log.error("an organisation cannot be used", extra=fields)

    def _opened(self, organisation: Organisation) -> str:
        """Open an organisation and set it to work; return why it cannot be."""
        try:
            program = open_organisation(self.first, organisation)
        except OrganisationAway as error:
            return sentence_of(error)
        try:
            self._begin(program)
        except Exception as error:  # noqa: BLE001 - logged
            # The edge of one organisation: the others go on.
            with working_for(organisation.slug):
                _log.exception("an organisation cannot be opened")
            program.stop()
            program.close()
            return say("It cannot be opened: %(error)s", error=str(error))
        self._open = {**self._open, organisation.slug: program}
        return ""

    def _shut(self, slug: str) -> None:
        program = self._open[slug]
        self._open = {s: p for s, p in self._open.items() if s != slug}
        program.stop()
        program.close()

    def _status(self, slug: str) -> str:
        program = self._open.get(slug)
        if program is None:
            return _AWAY
        return str(look(program.database, program.watch.stores.alarms)["status"])


def _closed(organisation: Organisation, problem: str) -> Standing:
    return Standing(organisation=organisation, name=organisation.name, problem=problem)


def _standing(program: Program, before: Standing | None) -> Standing:
    """See how an organisation stands; as *before* while its database is away."""
    try:
        return Standing(
            organisation=program.organisation,
            name=program.organisation.name or _name_in_books(program),
            needs_person=_needs_person(program),
            emails=frozenset(user.email for user in program.users.all() if user.active),
        )
    except DATABASE_FAILED:
        known = before or Standing(organisation=program.organisation)
        return replace(known, problem=_NO_ANSWER)


def _name_in_books(program: Program) -> str:
    facts = program.company.facts()
    return facts.organisation if facts is not None else ""


def _needs_person(program: Program) -> int:
    overview = OverviewReading(program.database)
    return overview.pulse(program.clock.now()).needs_attention
