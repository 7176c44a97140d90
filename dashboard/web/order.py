"""One order: how it stands, what it holds and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from dashboard.domain.activity import ActivityKind
from dashboard.domain.money import ZERO
from dashboard.domain.order import Customer
from dashboard.domain.postings import PostingState
from dashboard.domain.rules import Correction
from dashboard.domain.sentences import say
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.mapping.vat_numbers import vat_number
from dashboard.store.listing_order import OrderDetail
from dashboard.sync.actions import Outcome
from dashboard.web.access import requires, signed_in
from dashboard.web.exchange_view import pretty
from dashboard.web.forms import PageForm, labelled
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, said
from dashboard.web.note import note
from dashboard.web.order_lines import beside, paid_in_the_books, unpaid
from dashboard.web.order_query import OrderQuery, read_query
from dashboard.web.outcome import tell_outcome
from dashboard.web.proposals import propose
from dashboard.web.services import services
from dashboard.web.timeline import timeline

blueprint = Blueprint("order", __name__)

_SETTLED: Final = frozenset({OrderStatus.PAID, OrderStatus.CREDITED})
_WAYS: Final = (Correction.RENEW, Correction.ADJUST)
_UNDER_WAY: Final = frozenset({OrderStatus.IN_PROGRESS, OrderStatus.CHECKING})


class ReasonForm(PageForm):
    """Why an order is ignored, or restored."""

    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(), Length(min=3, max=300)]
    )


class NoteForm(PageForm):
    """What one person wants the others to know."""

    text = TextAreaField(lazy_gettext("Add a note"), [DataRequired(), Length(max=2000)])


class CorrectionForm(PageForm):
    """How the books are to follow a change, and the version of the order it is for."""

    revision_id = IntegerField(validators=[InputRequired()])
    correction = RadioField(
        choices=labelled(*((way.value, way.value) for way in _WAYS))
    )


@dataclass(frozen=True, kw_only=True)
class Possible:
    """What a person may do with an order right now."""

    retry: bool
    ignore: bool
    restore: bool


@blueprint.get("/orders/<row_id:order_id>")
@requires(Role.WATCHER)
def show(order_id: int) -> ResponseReturnValue:
    """Show an order, within the list its reader came from."""
    return _page(_found(order_id))


@blueprint.post("/orders/<row_id:order_id>/retry")
@requires(Role.WATCHER)
def retry(order_id: int) -> ResponseReturnValue:
    """Plan an order anew and send again what was refused."""
    order = _found(order_id)
    if not possible(order).retry:
        return _tell(order, Outcome(done=0, skipped=1), "")
    outcome = services().actions.retry([order_id], signed_in().name)
    _note("retried", order)
    return _tell(order, outcome, _("The order is tried again."))


@blueprint.post("/orders/<row_id:order_id>/ignore")
@requires(Role.WATCHER)
def ignore(order_id: int) -> ResponseReturnValue:
    """Ignore an order, with a reason."""
    order = _found(order_id)
    entered = ReasonForm()
    if not entered.validate():
        return _page(order, ignore_form=entered), 422
    if not possible(order).ignore:
        return _tell(order, Outcome(done=0, skipped=1), "")
    reason = (entered.reason.data or "").strip()
    outcome = services().actions.ignore(order_id, reason, signed_in().name)
    _note("ignored", order, reason)
    return _tell(order, outcome, _("The order is ignored."))


@blueprint.post("/orders/<row_id:order_id>/restore")
@requires(Role.WATCHER)
def restore(order_id: int) -> ResponseReturnValue:
    """Restore an order that was ignored, with a reason."""
    order = _found(order_id)
    entered = ReasonForm()
    if not entered.validate():
        return _page(order, restore_form=entered), 422
    reason = (entered.reason.data or "").strip()
    outcome = services().actions.restore(order_id, reason, signed_in().name)
    _note("restored", order, reason)
    return _tell(order, outcome, _("The order is restored."))


@blueprint.post("/orders/<row_id:order_id>/notes")
@requires(Role.WATCHER)
def add_note(order_id: int) -> ResponseReturnValue:
    """Add a note to the order's story."""
    order = _found(order_id)
    entered = NoteForm()
    if not entered.validate():
        return _page(order, note_form=entered), 422
    text = (entered.text.data or "").replace("\0", "").strip()
    outcome = services().actions.add_note(order_id, text, signed_in().name)
    _note("wrote a note on", order)
    return _tell(order, outcome, _("The note is added."))


@blueprint.post("/orders/<row_id:order_id>/correct")
@requires(Role.MANAGER)
def correct(order_id: int) -> ResponseReturnValue:
    """Let the books follow a change of the order as a person chose."""
    order = _found(order_id)
    chosen = CorrectionForm()
    if not chosen.validate():
        abort(400)
    correction = Correction(chosen.correction.data)
    outcome = services().actions.correct(
        order_id, chosen.revision_id.data or 0, correction, signed_in().name
    )
    if outcome.done:
        _note("corrected", order, correction.value)
    return _tell(order, outcome, _("The books follow the change."))


@blueprint.get("/orders/<row_id:order_id>/revisions/<row_id:revision_id>")
@requires(Role.MANAGER)
def revision(order_id: int, revision_id: int) -> ResponseReturnValue:
    """Show what the shop sent, as it came."""
    order = _found(order_id)
    payload = services().order.payload(order_id, revision_id)
    if payload is None:
        abort(404)
    return render_template(
        "order/revision.html",
        order=order,
        revision=next(r for r in order.revisions if r.id == revision_id),
        payload=pretty(payload.decode(errors="replace")),
    )


def vat_words(customer: Customer) -> str:
    """Return the customer's VAT number and whether it can be right."""
    number = vat_number(customer)
    if number is None:
        return ""
    if number.wrong is not None:
        return _(
            "%(number)s, not valid: %(why)s",
            number=number.text,
            why=said(number.wrong),
        )
    if number.is_valid:
        return _("%(number)s, valid", number=number.text)
    return _("%(number)s, not checked", number=number.text)


def possible(order: OrderDetail) -> Possible:
    """Tell what may be done with an order as it stands."""
    status = order.summary.status
    return Possible(
        retry=status is OrderStatus.NEEDS_ATTENTION,
        ignore=not (order.ignored_by and status is OrderStatus.IGNORED)
        and status not in _SETTLED
        and status not in _UNDER_WAY,
        restore=bool(order.ignored_by) and status is OrderStatus.IGNORED,
    )


def _found(order_id: int) -> OrderDetail:
    order = services().order.one(order_id)
    if order is None:
        abort(404)
    return order


def _page(
    order: OrderDetail,
    *,
    ignore_form: ReasonForm | None = None,
    restore_form: ReasonForm | None = None,
    note_form: NoteForm | None = None,
) -> str:
    query = read_query(request.args)
    drafts = [
        posting.draft
        for posting in order.postings
        if posting.state is not PostingState.CANCELLED
    ]
    confirmed = [
        posting.draft
        for posting in order.postings
        if posting.state is PostingState.CONFIRMED
    ]
    told = services().actions.as_told(order.summary.id)
    rules = services().company.rules(order.shop)
    left = ZERO
    # Who matches the bank's lines by hand is not told here what is paid.
    if order.summary.status is OrderStatus.INVOICED and rules.mark_as_paid:
        left = unpaid(drafts)
    return render_template(
        "order/show.html",
        order=order,
        summary=order.summary,
        told=told,
        vat_words=vat_words,
        lines=beside(told, drafts, confirmed, rules),
        rules=rules,
        unpaid=left,
        # A shop may call the whole of an order paid that grew after it was.
        paid=min(order.paid, paid_in_the_books(drafts)) if left else order.paid,
        steps=timeline(order),
        possible=possible(order),
        options=services().actions.options(order.summary.id),
        ignore_form=ignore_form or ReasonForm(formdata=None),
        restore_form=restore_form or ReasonForm(formdata=None),
        note_form=note_form or NoteForm(formdata=None),
        proposal=propose(order.summary.cause, order.summary.about, [order.shop]),
        query=query,
        neighbours=services().orders.neighbours(
            order.summary.id, query.wanted, query.sort
        ),
    )


def _tell(order: OrderDetail, outcome: Outcome, done: str) -> ResponseReturnValue:
    if outcome.skipped:
        moved_on = said(services().actions.moved_on(order.summary.id))
        flash(_("Nothing was done. %(why)s", why=moved_on), "quiet")
    else:
        tell_outcome(outcome, done=done)
    query: OrderQuery = read_query(request.args)
    return redirect(url_for("order.show", order_id=order.summary.id, **query.args()))


def _note(action: str, order: OrderDetail, detail: str = "") -> None:
    note(
        ActivityKind.ORDER,
        action,
        say("order %(number)s", number=order.summary.number),
        subject_id=order.summary.id,
        detail=detail,
    )
