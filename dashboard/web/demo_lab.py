"""The Demo lab: a trainer is customer, bookkeeper and bad luck, and begins anew.

Only registered in a demonstration: a real installation has none of these addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.users import Role
from dashboard.lab.client import LabRefused, LabSilent
from dashboard.lab.state import LabOrder, LabState
from dashboard.store.order_summaries import OrderSummary
from dashboard.web.access import public, requires, signed_in
from dashboard.web.demo_scenes import SCENE_STATES, SCENES, shown_scenes
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.note import note
from dashboard.web.services import DemoLab, services
from dashboard.web.sign_in import start_session
from dashboard.web.tour import MOVES, left_at, tour_stop
from dashboard.web.words import Look

blueprint = Blueprint("demo_lab", __name__)

# The demo's shop, as the demo sets it up.
_SHOP: Final = "demo-shop"
_CURRENCY: Final = "EUR"
_RETURNING: Final = "demo-returning"
_MOST: Final = 99
_QUANTITY: Final = re.compile(r"\d{1,2}", re.ASCII)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

MOVES_OF_THE_CLOCK: Final = (
    (2 * _MINUTE, lazy_gettext("2 minutes")),
    (_HOUR, lazy_gettext("1 hour")),
    (_DAY, lazy_gettext("1 day")),
    (7 * _DAY, lazy_gettext("1 week")),
)
SPEEDS: Final = {
    0: lazy_gettext("No orders"),
    1: lazy_gettext("As usual"),
    4: lazy_gettext("4 times faster"),
    20: lazy_gettext("20 times faster"),
}
PAYING: Final = {
    "now": lazy_gettext("Pay now, by card"),
    "later": lazy_gettext("Pay later, by bank transfer"),
    "never": lazy_gettext("Never: leave at the payment page"),
}
ACTS: Final = {
    "pay": Look(label=lazy_gettext("Pay"), tone="quiet", icon="cash-coin"),
    "edit": Look(label=lazy_gettext("Add a mug"), tone="quiet", icon="plus-lg"),
    "refund-one": Look(
        label=lazy_gettext("Refund one item"), tone="quiet", icon="arrow-return-left"
    ),
    "refund": Look(
        label=lazy_gettext("Refund all"),
        tone="quiet",
        icon="arrow-counterclockwise",
    ),
    "cancel": Look(label=lazy_gettext("Cancel"), tone="quiet", icon="x-lg"),
}


@dataclass(frozen=True, kw_only=True)
class ShownOrder:
    """An order of the lab beside what we know of it; None while it is not received."""

    placed: LabOrder
    known: OrderSummary | None


@blueprint.get("/demo")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show the lab."""
    try:
        state = _lab().lab.state()
    except (LabSilent, LabRefused) as problem:
        return _page(None, problem=str(problem)), 502
    return _page(state)


@blueprint.get("/demo/newest")
@requires(Role.WATCHER)
def newest() -> ResponseReturnValue:
    """Lead to the newest order of the lab, to all orders while there is none."""
    try:
        numbers = [order.number for order in _lab().lab.state().orders]
    except (LabSilent, LabRefused):
        numbers = []
    known = services().orders.known(_SHOP, numbers)
    if not known:
        return redirect(url_for("orders.index"))
    return redirect(url_for("order.show", order_id=known[0].id))


@blueprint.post("/demo/orders")
@requires(Role.MANAGER)
def place() -> ResponseReturnValue:
    """Place an order like a customer."""
    entered = {
        name.removeprefix("item-"): text.strip()
        for name, text in request.form.items()
        if name.startswith("item-") and text.strip()
    }
    for sku, text in entered.items():
        if not _QUANTITY.fullmatch(text):
            flash(
                _(
                    "Nothing was ordered: of %(product)s, %(quantity)s is not a number "
                    "from 0 to %(most)s.",
                    product=sku,
                    quantity=text[:20],
                    most=_MOST,
                ),
                "bad",
            )
            return redirect(url_for("demo_lab.show", _anchor="order"))
    items = {sku: int(text) for sku, text in entered.items() if int(text)}
    if not items:
        flash(_("Choose at least one product."), "bad")
        return redirect(url_for("demo_lab.show", _anchor="order"))
    paying = request.form.get("paying", "now")

    def ask() -> str:
        number = _lab().lab.place(items, paying)
        note(ActivityKind.SETTINGS, "placed in the demo shop the order", number)
        return _("Order %(number)s is placed.", number=number)

    return _ask(ask, "orders")


@blueprint.post("/demo/orders/<row_id:number>/<act>")
@requires(Role.MANAGER)
def act(number: int, act: str) -> ResponseReturnValue:
    """Let something happen to an order."""
    if act not in ACTS:
        abort(404)

    def ask() -> str:
        _lab().lab.act(number, act)
        note(
            ActivityKind.SETTINGS,
            "changed in the demo shop the order",
            str(number),
            detail=act,
        )
        return _("The shop has sent order %(number)s as it is now.", number=number)

    return _ask(ask, "orders")


@blueprint.post("/demo/scenes/<scene>")
@requires(Role.MANAGER)
def play(scene: str) -> ResponseReturnValue:
    """Play a scene."""
    if scene not in SCENES:
        abort(404)

    def ask() -> str:
        _lab().lab.play(scene)
        note(ActivityKind.SETTINGS, "played the scene", scene)
        return _("The scene runs: %(title)s.", title=SCENES[scene].title)

    return _ask(ask, f"scene-{scene}")


@blueprint.post("/demo/clock")
@requires(Role.MANAGER)
def move_clock() -> ResponseReturnValue:
    """Move the clock of the whole demonstration forward."""
    seconds = request.form.get("seconds", 0, type=int)
    if seconds not in {choice for choice, _name in MOVES_OF_THE_CLOCK}:
        abort(400)

    def ask() -> str:
        _lab().advance(seconds)
        note(ActivityKind.SETTINGS, "moved the clock of the demo by", f"{seconds} s")
        return _("The clock of shop, dashboard and books was moved.")

    return _ask(ask, "controls")


@blueprint.post("/demo/speed")
@requires(Role.MANAGER)
def set_speed() -> ResponseReturnValue:
    """Let orders come faster, or not at all."""
    speed = request.form.get("speed", 1, type=int)

    def ask() -> str:
        _lab().lab.set_speed(speed)
        return _("Orders come at another pace.")

    return _ask(ask, "controls")


@blueprint.post("/demo/faults/clear")
@requires(Role.MANAGER)
def clear_faults() -> ResponseReturnValue:
    """Let the books fail no more."""

    def ask() -> str:
        _lab().lab.clear_faults()
        return _("Nothing fails any more.")

    return _ask(ask, "controls")


@blueprint.get("/demo/start")
@requires(Role.MANAGER)
def confirm_start() -> ResponseReturnValue:
    """Ask whether everything is to go back to the start."""
    return render_template("demo_lab/confirm.html")


@blueprint.post("/demo/start")
@requires(Role.MANAGER)
def go_back() -> ResponseReturnValue:
    """Go back to the start: the demo stops this process, empties all, starts it."""
    try:
        _lab().lab.go_back()
    except (LabSilent, LabRefused) as problem:
        flash(str(problem), "bad")
        return redirect(url_for("demo_lab.show"))
    # The session is forgotten with everything else; the signed cookie is not.
    user = signed_in()
    session[_RETURNING] = [user.email, user.created_at.isoformat()]
    return render_template("demo_lab/going.html")


@blueprint.post("/demo/returned")
@public
def come_back() -> ResponseReturnValue:
    """Sign in again whoever went back to the start from this browser."""
    email, created_at = session.pop(_RETURNING, ("", ""))
    user = next((it for it in services().users.all() if it.email == email), None)
    if user is None or not user.active:
        return redirect(url_for("sign_in.form", next=url_for("demo_lab.show")))
    start_session(user)
    # Who goes back is made anew, with everything else.
    if user.created_at.isoformat() == created_at:
        flash(
            _(
                "It did not go back to the start. What the demonstration writes where "
                "it was started says why; try it again."
            ),
            "bad",
        )
    else:
        flash(_("Everything is as it was at the start."), "good")
    return redirect(url_for("demo_lab.show"))


@blueprint.post("/demo/tour/<move>")
@requires(Role.WATCHER)
def tour(move: str) -> ResponseReturnValue:
    """Begin, go on with or leave the guided tour."""
    if move not in MOVES:
        abort(404)
    MOVES[move](session)
    stop = tour_stop(session)
    return redirect(stop.href if stop else url_for("demo_lab.show"))


def _lab() -> DemoLab:
    lab = services().demo_lab
    if lab is None:
        abort(404)
    return lab


def _ask(ask: Callable[[], str], anchor: str) -> ResponseReturnValue:
    """Have the lab do something and say how that went."""
    try:
        flash(ask(), "good")
    except (LabSilent, LabRefused) as problem:
        flash(str(problem), "bad")
    return redirect(url_for("demo_lab.show", _anchor=anchor))


def _page(state: LabState | None, problem: str = "") -> str:
    connection = services().company.connection()
    shown: dict[str, Any] = {}
    if state is not None:
        numbers = [order.number for order in state.orders]
        known = {it.number: it for it in services().orders.known(_SHOP, numbers)}
        shown = {
            "orders": [
                ShownOrder(placed=it, known=known.get(it.number)) for it in state.orders
            ],
            "scenes": shown_scenes(state.scenes, known),
        }
    return render_template(
        "demo_lab/show.html",
        state=state,
        problem=problem,
        books=connection.base_url if connection else "",
        scene_states=SCENE_STATES,
        clock_moves=MOVES_OF_THE_CLOCK,
        speeds=SPEEDS,
        paying=PAYING,
        acts=ACTS,
        currency=_CURRENCY,
        tour_left_at=left_at(session),
        now=services().clock.now().replace(second=0, microsecond=0),
        **shown,
    )
