"""The switcher: the organisations a user works in, and what waits in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.domain.organisations import Organisation, Standing
from dashboard.domain.users import Role, User
from dashboard.web.language import gettext as _
from dashboard.web.own_address import installation_root
from dashboard.web.services import services


@dataclass(frozen=True, kw_only=True)
class Place:
    """One organisation to go to.

    *needs_person* is how many of its orders wait for somebody; *closed* says that it
    cannot be used just now.
    """

    name: str
    href: str
    here: bool
    needs_person: int = 0
    closed: bool = False


def places(user: User) -> tuple[Place, ...]:
    """Return the organisations that know *user*, this one among them.

    Nothing where there is only one organisation.
    """
    return tuple(_places(user))


def organisation_name() -> str:
    """Return what this organisation is called; "" where there is only one."""
    ours = services().organisation
    return next(
        (_name(each) for each in services().standings() if each.organisation == ours),
        "",
    )


def _places(user: User) -> Iterator[Place]:
    ours = services().organisation
    for standing in services().standings():
        here = standing.organisation == ours
        if here or _knows(standing, user, ours):
            yield Place(
                name=_name(standing),
                href=f"{installation_root()}{standing.organisation.path}/",
                here=here,
                needs_person=standing.needs_person,
                closed=bool(standing.problem),
            )


def _knows(standing: Standing, user: User, ours: Organisation) -> bool:
    """Tell whether the organisation is anything to *user*.

    One whose users cannot be read is, to whoever can do something about it.
    """
    runs_all = not ours.slug and user.role is Role.ADMINISTRATOR
    return user.email in standing.emails or (bool(standing.problem) and runs_all)


def _name(standing: Standing) -> str:
    return standing.name or _("First organisation")
