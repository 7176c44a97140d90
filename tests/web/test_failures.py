"""Every failure of docs/failures.md, made by the mock, from the order to the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from typing_extensions import override

from dashboard.domain.clock import SystemClock
from dashboard.domain.pauses import Pause
from dashboard.domain.runs import Trigger
from dashboard.domain.users import Role
from dashboard.store.company import Connection
from dashboard.store.schema import GateRow, RequestRow
from mock_accounting.testing.client import MockOrganisation
from tests.web.conftest import MakeScene
from tests.web.scene import RULES, Scene

INVOICES = {"method": "PUT", "path": "/Invoices"}
PAYMENTS = {"method": "PUT", "path": "/Payments"}
NOTHING_TO_SAY = ""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A row of the table.

    kind, match, options, times: the mock's fault.
    meanwhile: the order's status after one run. banner: what it says, if there is one.
    cause: of the problem, when a person is needed.
    counts: whether the attempt counts against the request.
    """

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)
    match: Mapping[str, str] = field(default_factory=lambda: INVOICES)
    times: int | None = 1
    meanwhile: str
    banner: str = NOTHING_TO_SAY
    cause: str = ""
    counts: bool = False

    @override
    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def status(code: int, **options: object) -> dict[str, object]:
    return {"status": code, **options}


BY_ITSELF = (
    Failure(
        name="slow answer", kind="delay", options={"seconds": 0.1}, meanwhile="paid"
    ),
    Failure(
        name="answer in drops",
        kind="drip",
        options={"seconds": 0.1, "chunk_bytes": 4096},
        meanwhile="paid",
    ),
    Failure(name="sign-in ended early", kind="expire_token", meanwhile="paid"),
    Failure(name="sign-in ended", kind="status", options=status(401), meanwhile="paid"),
    Failure(
        name="500, not booked",
        kind="status",
        options=status(500),
        meanwhile="checking",
        counts=True,
    ),
    Failure(
        name="500, but booked",
        kind="status",
        options=status(500, when="after"),
        meanwhile="checking",
        counts=True,
    ),
    Failure(
        name="answer lost",
        kind="lose_answer",
        meanwhile="checking",
        counts=True,
    ),
    Failure(
        name="connection closed, not booked",
        kind="lose_answer",
        options={"how": "close", "when": "before"},
        meanwhile="checking",
        counts=True,
    ),
    Failure(
        name="answer broken off", kind="truncate", meanwhile="checking", counts=True
    ),
    Failure(name="answer garbled", kind="malform", meanwhile="checking", counts=True),
    Failure(
        name="payment's answer lost",
        kind="lose_answer",
        match=PAYMENTS,
        meanwhile="checking",
        counts=True,
    ),
    Failure(
        name="too many calls at once",
        kind="status",
        options=status(429, problem="concurrent"),
        meanwhile="retrying",
    ),
    Failure(
        name="too many calls this minute",
        kind="status",
        options=status(429, problem="minute", retry_after=45),
        meanwhile="retrying",
        banner="The books allow no more calls this minute",
    ),
    Failure(
        name="day's calls used up",
        kind="status",
        options=status(429, problem="day", retry_after=3600),
        times=None,
        meanwhile="retrying",
        banner="The books allow no more calls today",
    ),
    Failure(
        name="disconnected",
        kind="status",
        options=status(403),
        times=None,
        meanwhile="retrying",
        banner="The books have disconnected us",
    ),
    Failure(
        name="wrong address",
        kind="status",
        options=status(404),
        times=None,
        meanwhile="retrying",
        banner="The address of the books is wrong",
    ),
    Failure(
        name="maintenance that says how long",
        kind="status",
        options=status(503, retry_after=300),
        times=None,
        meanwhile="checking",
        banner="The books are away",
    ),
    Failure(name="one 503", kind="status", options=status(503), meanwhile="checking"),
    Failure(name="a web page", kind="html", meanwhile="checking"),
)
BY_A_PERSON = (
    Failure(
        name="one element refused",
        kind="refuse_element",
        options={"message": "Account code '999' is not a valid code"},
        meanwhile="needs attention",
        cause="refused by the books",
    ),
    Failure(
        name="period locked",
        kind="lock_period",
        meanwhile="needs attention",
        cause="refused by the books",
    ),
    Failure(
        name="a cent off",
        kind="cent_off",
        meanwhile="needs attention",
        cause="lines do not add up",
    ),
    Failure(
        name="contact archived",
        kind="archive_contact",
        match={**INVOICES, "key": "W-1001"},
        options={"document": "Ada Sample"},
        meanwhile="needs attention",
        cause="contact archived in the books",
    ),
    Failure(
        name="invoice voided before its payment",
        kind="void_document",
        match={**PAYMENTS, "key": "W-1001"},
        meanwhile="needs attention",
        cause="refused by the books",
    ),
)
# What a person then does, and the books are as they should be.
HEALED_BY_RETRY = {"one element refused", "period locked"}


class MovedClock(SystemClock):
    """A clock that runs, and can be moved ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    @override
    def now(self) -> datetime:
        return super().now() + self.ahead

    @override
    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead.total_seconds()


class Shop:
    """A dashboard on the mock's books."""

    def __init__(
        self, scene: Scene, books: MockOrganisation, clock: MovedClock
    ) -> None:
        self.scene = scene
        self.books = books
        self._clock = clock

    def run(self) -> None:
        self.scene.program.engine.run_now(Trigger.PERSON)

    def pass_time(self, **how_long: float) -> None:
        self._clock.ahead += timedelta(**how_long)

    def connect(self, client_secret: str = "") -> None:
        """Set the connection to the books, with another secret if one is given."""
        self.scene.program.company.set_connection(
            Connection(
                kind="xero",
                base_url=self.books.url,
                client_id=self.books.client_id,
                client_secret=client_secret or self.books.client_secret,
                tenant_id=self.books.tenant_id,
                version=0,
            )
        )

    def run_until_settled(self, order_id: int) -> None:
        """Let time pass, and run as the engine would, until the order rests."""
        for _ in range(60):
            if self.scene.status(order_id) in {"paid", "needs attention"}:
                return
            self.pass_time(minutes=5)
            self.run()
        raise AssertionError(f"still {self.scene.status(order_id)}")

    def banner(self) -> str:
        """Return what the banner says of the connection, on any page."""
        text = self.scene.client().get("/problems").text
        titles = re.findall(r"<strong>([^<:]*): nothing is booked", text)
        return str(titles[0]) if titles else NOTHING_TO_SAY

    def attempts(self) -> int:
        """Return how many attempts count against requests that are not done."""
        open_ = RequestRow.state != "done"
        with self.scene.database.read() as session:
            counted = select(func.sum(RequestRow.attempts)).where(open_)
            return session.scalar(counted) or 0

    def causes(self) -> list[str]:
        summary = self.scene.program.listing.some([1])
        return [order.cause for order in summary]


@pytest.fixture
def shop(make_scene: MakeScene, mock_books: MockOrganisation) -> Iterator[Shop]:
    """A shop whose books have answered once: what they are is known."""
    clock = MovedClock()
    scene = make_scene(clock)
    scene.shop()
    scene.program.company.save_rules(RULES, expected_version=0)
    shop = Shop(scene, mock_books, clock)
    shop.connect()
    shop.run()
    return shop


def break_books(shop: Shop, failure: Failure) -> None:
    shop.books.fault(
        failure.kind,
        failure.match,
        times=failure.times,
        options=dict(failure.options),
    )


@pytest.mark.parametrize("failure", BY_ITSELF, ids=str)
def test_what_ends_by_itself_is_booked_once_and_needs_nobody(
    shop: Shop, failure: Failure
) -> None:
    break_books(shop, failure)
    order_id = shop.scene.order("1001")

    shop.run()

    assert shop.scene.status(order_id) == failure.meanwhile
    assert shop.banner() == failure.banner
    assert (shop.attempts() > 0) is failure.counts
    shop.books.clear_faults()
    shop.run_until_settled(order_id)
    assert shop.scene.status(order_id) == "paid"
    assert shop.banner() == NOTHING_TO_SAY
    shop.books.assert_one_invoice_each(["W-1001"])
    shop.books.assert_paid(["W-1001"])
    shop.books.assert_sound()


@pytest.mark.parametrize("failure", BY_A_PERSON, ids=str)
def test_what_needs_a_person_stands_in_its_group_and_says_what_to_do(
    shop: Shop, failure: Failure
) -> None:
    break_books(shop, failure)
    order_id = shop.scene.order("1001")

    shop.run()
    shop.run_until_settled(order_id)

    assert shop.scene.status(order_id) == failure.meanwhile
    assert shop.causes() == [failure.cause]
    assert shop.banner() == NOTHING_TO_SAY
    assert failure.cause.capitalize() in shop.scene.client().get("/problems").text
    if failure.name in HEALED_BY_RETRY:
        shop.books.clear_faults()
        shop.scene.program.actions.retry([order_id], "Robin")
        shop.run_until_settled(order_id)
        shop.books.assert_paid(["W-1001"])
        shop.books.assert_one_invoice_each(["W-1001"])


def test_a_pause_uses_up_no_order_however_long_it_lasts_and_costs_one_call_a_try(
    shop: Shop,
) -> None:
    shop.books.fault("status", None, times=None, options={"status": 403})
    order_ids = [shop.scene.order(str(number)) for number in range(1001, 1005)]

    for _ in range(30):
        shop.pass_time(hours=1)
        shop.run()

    calls = [call for call in shop.books.requests() if call["status"] == 403]
    assert len(calls) <= 31
    assert shop.attempts() == 0
    shop.books.clear_faults()
    for order_id in order_ids:
        shop.run_until_settled(order_id)
    assert {shop.scene.status(each) for each in order_ids} == {"paid"}


def test_a_refused_sign_in_ends_as_soon_as_a_person_puts_it_right(
    shop: Shop,
) -> None:
    shop.connect("not the secret")
    order_id = shop.scene.order("1001")

    shop.run()

    assert shop.banner() == "The books refuse our sign-in"
    assert "Settings &gt; Connection" in shop.scene.client().get("/").text
    shop.connect()
    shop.scene.program.engine.meet_books()
    assert shop.banner() == NOTHING_TO_SAY
    shop.run_until_settled(order_id)
    shop.books.assert_paid(["W-1001"])


def test_what_met_a_pause_is_tried_at_once_when_a_person_has_ended_it(
    shop: Shop,
) -> None:
    shop.books.fault("status", INVOICES, times=None, options=status(403))
    order_id = shop.scene.order("1001")
    shop.run()
    assert shop.scene.status(order_id) == "retrying"
    shop.books.clear_faults()

    shop.scene.program.engine.meet_books()
    shop.run()

    assert shop.scene.status(order_id) == "paid"


def test_what_may_be_in_the_books_settles_though_a_person_has_ended_the_pause(
    shop: Shop,
) -> None:
    away = status(503, retry_after=300, when="after")
    shop.books.fault("status", INVOICES, options=away)
    order_id = shop.scene.order("1001")
    shop.run()
    assert shop.scene.status(order_id) == "checking"

    shop.scene.program.engine.meet_books()
    shop.run()
    meanwhile = shop.scene.status(order_id)
    shop.pass_time(minutes=1)
    shop.run()

    assert (meanwhile, shop.scene.status(order_id)) == ("checking", "paid")
    shop.books.assert_one_invoice_each(["W-1001"])


def test_books_that_are_away_pause_the_connection_and_come_back(
    shop: Shop,
) -> None:
    rule = shop.books.fault("status", None, times=None, options={"status": 503})
    order_id = shop.scene.order("1001")

    for _ in range(8):
        shop.run()
        shop.pass_time(minutes=3)

    assert shop.banner() == "The books are away"
    assert shop.attempts() == 0
    shop.books.assert_fired(rule)
    shop.books.clear_faults()
    shop.run_until_settled(order_id)
    shop.books.assert_one_invoice_each(["W-1001"])


def test_a_manager_finds_out_before_its_time_that_the_books_are_back(
    shop: Shop,
) -> None:
    shop.books.fault("status", None, times=None, options={"status": 503})
    shop.scene.order("1001")
    for _ in range(8):
        shop.run()
        shop.pass_time(minutes=3)
    shop.books.clear_faults()
    manager, watcher = (shop.scene.client(r) for r in (Role.MANAGER, Role.WATCHER))

    page = manager.get("/orders?q=ada").text
    (action,) = re.findall(r'formaction="(/settings/connection/try[^"]*)"', page)
    answer = manager.post(action, {}, page="/orders")

    assert answer.headers["Location"] == "/orders?q=ada"
    assert shop.banner() == NOTHING_TO_SAY
    assert "before the pause ends" in manager.get("/activity").text
    assert "/settings/connection/try" not in watcher.get("/orders").text


@pytest.mark.parametrize("pause", [p for p in Pause if not p.may_be_over])
def test_what_no_try_can_end_is_not_tried(scene: Scene, pause: Pause) -> None:
    scene.close_gate("So it is.")
    with scene.database.write() as session:
        session.execute(update(GateRow).values(pause=pause.value))
    client = scene.client()
    calls = scene.contents()["exchanges"]

    page = client.get("/").text
    client.post("/settings/connection/try", {}, page="/")

    assert "/settings/connection/try" not in page
    assert scene.contents()["exchanges"] == calls
    assert "no pause any more that a try could end" in client.get("/").text


def test_an_order_that_never_gets_an_answer_is_told_and_never_sent_blindly(
    shop: Shop,
) -> None:
    shop.books.fault("status", INVOICES, times=None, options={"status": 500})
    order_id = shop.scene.order("1001")

    shop.run_until_settled(order_id)

    assert shop.causes() == ["no answer from the books"]
    sent = len(shop.books.requests(path="/Invoices", method="PUT"))
    asked = len(shop.books.requests(path="/Invoices", method="GET"))
    for _ in range(5):
        shop.pass_time(hours=1)
        shop.run()
    assert len(shop.books.requests(path="/Invoices", method="PUT")) == sent <= 10
    assert len(shop.books.requests(path="/Invoices", method="GET")) == asked + 5
    shop.books.clear_faults()
    shop.scene.program.actions.retry([order_id], "Robin")
    shop.run_until_settled(order_id)
    shop.books.assert_one_invoice_each(["W-1001"])
    shop.books.assert_paid(["W-1001"])


def test_one_order_the_books_choke_on_does_not_hold_up_its_batch(shop: Shop) -> None:
    shop.books.fault(
        "status",
        {**INVOICES, "key": "W-1004"},
        times=None,
        options={"status": 500},
    )
    order_ids = [shop.scene.order(str(number)) for number in range(1001, 1007)]

    for order_id in order_ids:
        shop.run_until_settled(order_id)

    choked = order_ids[3]
    assert shop.scene.status(choked) == "needs attention"
    others = {shop.scene.status(each) for each in order_ids if each != choked}
    assert others == {"paid"}
