"""Reconciliation: orders beside the books, what differs, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final, TypeAlias

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField
from wtforms.validators import InputRequired, ValidationError

from dashboard.domain.activity import ActivityKind
from dashboard.domain.csv_table import Cell
from dashboard.domain.reconciliation import (
    Axis,
    DifferenceKind,
    Pass,
    PassKind,
    Period,
    Total,
)
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.listing_reconciliation import Finding, PassList
from dashboard.web.access import requires, signed_in
from dashboard.web.difference_query import DifferenceQuery, read_query
from dashboard.web.download import csv_download
from dashboard.web.forms import PageForm
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, number
from dashboard.web.note import note
from dashboard.web.reconciliation_words import AXES, KINDS, Group
from dashboard.web.row_ids import row_id
from dashboard.web.services import services
from dashboard.web.tabs import CountedTab

Find: TypeAlias = Callable[[DifferenceKind | None, int, int], tuple[Finding, ...]]

blueprint = Blueprint("reconciliation", __name__)

_PAGE_SIZE: Final = 15
_SHOWN: Final = 40
_SHOWN_OF_ONE: Final = 200
_ALL: Final = 1_000_000
_LONGEST_DAYS: Final = 366


class PeriodForm(PageForm):
    """Which days are to be compared."""

    first = DateField(lazy_gettext("From"), [InputRequired()])
    last = DateField(lazy_gettext("To"), [InputRequired()])

    @property
    def period(self) -> Period:
        """The days that were chosen, once the form is valid."""
        first, last = self.first.data, self.last.data
        if first is None or last is None:
            raise ValueError("the form was not validated")
        return Period(first=first, last=last)

    def validate_last(self, field: DateField) -> None:
        """Refuse a period that ends before it begins, or is too long."""
        first, last = self.first.data, field.data
        if not isinstance(first, date) or not isinstance(last, date):
            return
        if last < first:
            raise ValidationError(_("The period ends before it begins."))
        if (last - first).days > _LONGEST_DAYS:
            raise ValidationError(_("Compare a year at most at once."))


@dataclass(frozen=True, kw_only=True)
class FindingGroup:
    """Differences of one kind: how many there are, and some of them.

    Both addresses are empty where there are no others.
    """

    kind: DifferenceKind
    group: Group
    count: int
    shown: tuple[Finding, ...]
    first_url: str
    more_url: str


@blueprint.get("/reconciliation")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show what differs now, and the passes that were made."""
    usual = services().usual_period()
    form = PeriodForm(None, first=usual.first, last=usual.last)
    return _index(form)


@blueprint.post("/reconciliation")
@requires(Role.WATCHER)
def start() -> ResponseReturnValue:
    """Ask for a pass: over a period, or over what changed."""
    if request.form.get("kind") == PassKind.DAILY.value:
        return _ask(PassKind.DAILY, None)
    form = PeriodForm()
    if not form.validate():
        return _index(form), 422
    return _ask(PassKind.FULL, form.period)


@blueprint.get("/reconciliation/<row_id:pass_id>")
@requires(Role.WATCHER)
def show(pass_id: int) -> ResponseReturnValue:
    """Show one pass: what it found, and the totals of shop and books."""
    listing = services().reconciliation
    detail = listing.one(pass_id)
    if detail is None:
        abort(404)
    query, done = read_query(request.args), detail.done
    found = listing.counts_found_by(pass_id)
    counts = listing.counts_gone_during(done) if query.gone else found
    page = partial(url_for, "reconciliation.show", pass_id=pass_id)
    return render_template(
        "reconciliation/show.html",
        done=done,
        query=query,
        tabs=tuple(_tabs(found, query, page, gone=done.tally.resolved)),
        groups=tuple(_groups(counts, query, _found(done, query), page)),
        tables=tuple(_tables(detail.totals)),
        not_booked=_of(detail.totals, Axis.NOT_BOOKED),
        others=_of(detail.totals, Axis.OTHER_ORIGIN),
    )


@blueprint.get("/reconciliation/differences.csv")
@requires(Role.WATCHER)
def export_open() -> ResponseReturnValue:
    """Send what differs now as a file, of one kind if the address names it."""
    kind = read_query(request.args).kind
    return _differences_file(services().reconciliation.open(kind, limit=_ALL))


@blueprint.get("/reconciliation/<row_id:pass_id>/differences.csv")
@requires(Role.WATCHER)
def export_found(pass_id: int) -> ResponseReturnValue:
    """Send what one pass found as a file, or the part that the address names."""
    detail = services().reconciliation.one(pass_id)
    if detail is None:
        abort(404)
    query = read_query(request.args)
    return _differences_file(_found(detail.done, query)(query.kind, _ALL, 0))


@blueprint.get("/reconciliation/<row_id:pass_id>/totals.csv")
@requires(Role.WATCHER)
def export_totals(pass_id: int) -> ResponseReturnValue:
    """Send the totals of one pass as a file."""
    detail = services().reconciliation.one(pass_id)
    if detail is None:
        abort(404)
    header = (
        _("Total by"),
        _("Of"),
        _("Currency"),
        _("Shop"),
        _("Books"),
        _("Difference"),
        _("Number"),
    )
    rows = (
        (
            str(AXES[total.axis]),
            total.label,
            total.currency,
            total.shop,
            total.books,
            total.difference,
            total.count,
        )
        for total in detail.totals
    )
    return csv_download("totals", header, rows)


def _index(form: PeriodForm) -> str:
    listing = services().reconciliation
    page = listing.passes(
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = _beside(page)
    query = replace(read_query(request.args), gone=False)
    counts = listing.counts_open()
    show = partial(url_for, "reconciliation.index")
    return render_template(
        "reconciliation/index.html",
        form=form,
        query=query,
        open=sum(counts.values()),
        tabs=tuple(_tabs(counts, query, show)),
        groups=tuple(_groups(counts, query, _open, show)),
        last=listing.last_done(),
        passes=page.passes,
        previous_url=previous_url,
        next_url=next_url,
    )


def _ask(kind: PassKind, period: Period | None) -> ResponseReturnValue:
    pass_id = services().ask_pass(kind, period, signed_in().name)
    subject = (
        say("a comparison of what changed")
        if period is None
        else say(
            "a comparison of %(first)s to %(last)s",
            first=period.first,
            last=period.last,
        )
    )
    note(ActivityKind.RUN, "asked for", subject)
    flash(_("The comparison is asked for. Its page shows how far it is."), "good")
    return redirect(url_for("reconciliation.show", pass_id=pass_id))


def _open(kind: DifferenceKind | None, size: int, after: int) -> tuple[Finding, ...]:
    return services().reconciliation.open(kind, limit=size, after=after)


def _found(done: Pass, query: DifferenceQuery) -> Find:
    """Return how to find what a pass found, or what went while it ran."""
    listing = services().reconciliation

    def find(kind: DifferenceKind | None, size: int, after: int) -> tuple[Finding, ...]:
        if query.gone:
            return listing.gone_during(done, kind, limit=size, after=after)
        return listing.found_by(done.id, kind, limit=size, after=after)

    return find


def _tabs(
    counts: Mapping[DifferenceKind, int],
    query: DifferenceQuery,
    page: Callable[..., str],
    *,
    gone: int = 0,
) -> Iterator[CountedTab]:
    """Yield the kinds that were found, and what is *gone*, each with its list."""
    here = DifferenceQuery(kind=None if query.gone else query.kind, gone=query.gone)
    parts = [(_("All"), sum(counts.values()), DifferenceQuery())]
    for kind in DifferenceKind:
        if kind in counts or kind is here.kind:
            part = DifferenceQuery(kind=kind)
            parts.append((KINDS[kind].title, counts.get(kind, 0), part))
    if gone or query.gone:
        parts.append((_("Resolved"), gone, DifferenceQuery(gone=True)))
    for label, count, part in parts:
        yield CountedTab(
            label=label,
            count=number(count),
            href=page(**part.args()),
            here=part == here,
            bad=bool(count) and not part.gone,
        )


def _groups(
    counts: Mapping[DifferenceKind, int],
    query: DifferenceQuery,
    find: Find,
    page: Callable[..., str],
) -> Iterator[FindingGroup]:
    """Yield each kind that is asked for with its first differences, one alone more."""
    size = _SHOWN_OF_ONE if query.kind else _SHOWN
    for kind, count in counts.items():
        if query.kind not in {None, kind}:
            continue
        shown = find(kind, size + 1, query.after)
        more = len(shown) > size
        shown = shown[:size]
        first = replace(query, kind=kind, after=0)
        after = replace(first, after=shown[-1].id if query.kind and shown else 0)
        yield FindingGroup(
            kind=kind,
            group=KINDS[kind],
            count=count,
            shown=shown,
            first_url=_part_url(page, first) if query.after else "",
            more_url=_part_url(page, after) if more else "",
        )


def _part_url(page: Callable[..., str], query: DifferenceQuery) -> str:
    """Return *page* with those differences, from where they begin."""
    return page(**query.args(), _anchor="differences")


def _tables(totals: Sequence[Total]) -> Iterator[tuple[Axis, str, tuple[Total, ...]]]:
    """Yield the totals of each axis that has two sides."""
    for axis in (Axis.DAY, Axis.NET, Axis.TAX, Axis.METHOD):
        some = _of(totals, axis)
        if some:
            yield axis, AXES[axis], some


def _of(totals: Iterable[Total], axis: Axis) -> tuple[Total, ...]:
    return tuple(total for total in totals if total.axis is axis)


def _differences_file(findings: Iterable[Finding]) -> ResponseReturnValue:
    header = (
        _("Difference"),
        _("Cause"),
        _("Order"),
        _("Document"),
        _("Day"),
        _("Currency"),
        _("Shop"),
        _("Books"),
        _("What"),
        _("Found"),
        _("Resolved"),
    )
    return csv_download("differences", header, map(_row, findings))


def _row(finding: Finding) -> tuple[Cell, ...]:
    difference = finding.difference
    return (
        str(KINDS[difference.kind].title),
        difference.reason.value,
        finding.order_number,
        difference.number,
        difference.day.isoformat(),
        difference.currency,
        difference.shop,
        difference.books,
        difference.message,
        finding.found_at,
        finding.resolved_at,
    )


def _beside(page: PassList) -> tuple[str, str]:
    """Return the addresses of the pages before and after this one, if any."""
    if not page.passes:
        return "", ""
    first, last = page.passes[0].id, page.passes[-1].id
    return (
        url_for("reconciliation.index", before=first) if page.has_previous else "",
        url_for("reconciliation.index", after=last) if page.has_next else "",
    )
