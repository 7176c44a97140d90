"""What error pages say: what happened, what to do, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Request, url_for

from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, ngettext, number
from dashboard.web.own_address import page_before

_MEGABYTE: Final = 1_000_000
# The list to look in for what an address named, by how that began.
_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "orders": ("orders.index", lazy_gettext("Orders")),
    "selections": ("selections.index", lazy_gettext("Backfill and bulk acts")),
    "runs": ("runs.index", lazy_gettext("Runs")),
    "problems": ("problems.index", lazy_gettext("Problems")),
    "reconciliation": ("reconciliation.index", lazy_gettext("Reconciliation")),
    "schedules": ("schedules.index", lazy_gettext("Schedules")),
    "exchanges": ("exchanges.index", lazy_gettext("API log")),
    "settings": ("settings.show", lazy_gettext("Settings")),
    "uploads": ("settings.show", lazy_gettext("Settings")),
    "users": ("users.index", lazy_gettext("Users")),
}


@dataclass(frozen=True, kw_only=True)
class Words:
    """The title of an error and what to do."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Way:
    """Somewhere to go on from an error."""

    label: str
    href: str


def words_of(code: int, *, most_bytes: int | None, wait_s: int | None) -> Words:
    """Return what an error page says.

    *most_bytes* is how much may be sent at once, *wait_s* how long to wait.
    """
    known = {
        400: Words(
            title=_("That request makes no sense to us"),
            text=_("Nothing was changed. Go back, reload the page and try again."),
        ),
        403: Words(
            title=_("Your role does not allow this"),
            text=_(
                "Nothing was changed. Ask an administrator to do it, or to give you "
                "another role."
            ),
        ),
        404: Words(
            title=_("There is nothing here"),
            text=_(
                "The address is wrong, or what was here is gone. Look for it in a list."
            ),
        ),
        405: Words(
            title=_("This address does not take that"),
            text=_("Open the page again and use its own buttons."),
        ),
        409: Words(
            title=_("Somebody was there before you"),
            text=_(
                "What you looked at has changed meanwhile, and nothing was done. Go "
                "back, reload the page, see what it says now and decide again."
            ),
        ),
        413: Words(title=_("That is too large"), text=_most(most_bytes)),
        422: Words(
            title=_("That cannot be done with what was sent"),
            text=_(
                "What it was about is gone or done already. Nothing was changed. Go "
                "back, reload the page and try again."
            ),
        ),
        429: Words(title=_("Too many tries"), text=_wait(wait_s)),
        500: Words(
            title=_("Something went wrong on our side"),
            text=_(
                "Nothing is lost: orders are kept and go on by themselves. Look "
                "whether what you did is done before you do it again; Activity says so."
            ),
        ),
        503: Words(
            title=_("Sluice cannot work right now"),
            text=_(
                "Its database does not answer. Nothing is lost: what is not stored, "
                "the shop sends again. Try again in a moment. If it lasts, whoever "
                "runs the server learns why from the command “sluice doctor”."
            ),
        ),
    }
    return known.get(
        code, Words(title=_("That did not work"), text=_("Go back and try again."))
    )


def ways_on(code: int, request: Request) -> Iterator[Way]:
    """Yield where to go on: back, to the list it stood in, where it is told, home."""
    back = _came_from(request)
    if back and code not in {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}:
        yield Way(label=_("Back to the page before"), href=back)
    if code == HTTPStatus.NOT_FOUND:
        found = _LISTS.get(request.path.strip("/").partition("/")[0], _LISTS["orders"])
        yield Way(label=str(found[1]), href=url_for(found[0]))
    if code == HTTPStatus.FORBIDDEN:
        yield Way(label=_("Your role"), href=url_for("you.show"))
    if code == HTTPStatus.INTERNAL_SERVER_ERROR:
        yield Way(label=_("Activity"), href=url_for("activity.index"))
    yield Way(label=_("To the overview"), href=url_for("overview.show"))


def _came_from(request: Request) -> str:
    """Return the page of ours that led here, empty if none did."""
    before = page_before()
    here = request.script_root + request.path
    return "" if before.partition("?")[0] == here else before


def _most(most_bytes: int | None) -> str:
    if most_bytes is None:
        return _("Nothing was changed. Send less at once.")
    return _(
        "At most %(size)s MB fit into what is sent at once, and less into a form. "
        "Nothing was changed. Split a file, or shorten what you typed.",
        size=number(max(1, most_bytes // _MEGABYTE)),
    )


def _wait(wait_s: int | None) -> str:
    if wait_s is None:
        return _("Wait a little, then try again.")
    return ngettext(
        "Wait %(num)s second, then try again.",
        "Wait %(num)s seconds, then try again.",
        wait_s,
    )
