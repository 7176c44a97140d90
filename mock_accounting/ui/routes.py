"""Pages: invoice list, one invoice, request inbox. They only show; none writes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from mock_accounting.dialect import jsontext
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.log import LogEntry, RequestLog
from mock_accounting.ui.listing import Tab, invoice_listing
from mock_accounting.ui.paper import paper_of

_INBOX_SIZE = 100
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def ui_blueprint(organisations: Organisations, log: RequestLog) -> Blueprint:
    """The pages over these books and this log."""
    blueprint = Blueprint(
        "ui",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/mock-static",
    )
    _add_frame(blueprint, organisations)
    _add_book_pages(blueprint, organisations)
    _add_request_pages(blueprint, log)
    return blueprint


def _add_frame(blueprint: Blueprint, organisations: Organisations) -> None:
    """What every page shares: filters, the bar on top, headers, a way back."""
    blueprint.add_app_template_filter(_money, "money")
    blueprint.add_app_template_filter(_quantity, "quantity")
    blueprint.add_app_template_filter(_price, "price")
    blueprint.add_app_template_filter(_day, "day")
    blueprint.add_app_template_filter(_moment, "moment")
    blueprint.add_app_template_filter(_pretty, "pretty")

    @blueprint.errorhandler(404)
    def missing(_error: HTTPException) -> tuple[str, int]:
        return render_template("mock/missing.html"), 404

    @blueprint.context_processor
    def frame() -> dict[str, object]:
        tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
        return {
            "books": organisations.find(tenant_id) or organisations.all()[0],
            "all_books": organisations.all(),
            "link": _link,
            "marks": _marks,
        }

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers.update(_HEADERS)
        if request.endpoint != "ui.static":
            response.headers["Cache-Control"] = "no-store"
        return response


def _add_book_pages(blueprint: Blueprint, organisations: Organisations) -> None:
    @blueprint.get("/")
    def invoices() -> Response:
        books = _books(organisations)
        today = organisations.clock.now().date()
        version = f"{books.organisation.organisation_id} {books.revision} {today}"
        return _live(
            "invoices",
            version,
            listing=invoice_listing(
                books,
                tab=_tab(),
                search=request.args.get("q", ""),
                page=request.args.get("page", 1, type=int),
                today=today,
            ),
        )

    @blueprint.get("/invoices/<identifier>")
    def invoice(identifier: str) -> str:
        books = _books(organisations)
        try:
            found = require_invoice(books, identifier)
        except NoSuchDocument:
            abort(404)
        today = organisations.clock.now().date()
        with books.lock:
            paper = paper_of(books, found, today)
        return render_template("mock/invoice.html", paper=paper)


def _add_request_pages(blueprint: Blueprint, log: RequestLog) -> None:
    @blueprint.get("/requests")
    def requests_inbox() -> Response:
        entries = log.entries()
        newest = entries[-1].entry_id if entries else 0
        return _live(
            "requests",
            str(newest),
            entries=entries[: -_INBOX_SIZE - 1 : -1],
            count=len(entries),
        )

    @blueprint.get("/requests/<int:entry_id>")
    def one_request(entry_id: int) -> str:
        entry = log.find(entry_id)
        if entry is None:
            abort(404)
        return render_template("mock/request.html", entry=entry)


def _live(name: str, version: str, **values: object) -> Response:
    """A page, or only its living part when the page asks for what is new.

    The page sends the version it shows; while that is current the answer is an
    empty 204.
    """
    shown = request.headers.get("X-Shown-Version")
    if shown == version:
        return Response(status=204)
    template = f"mock/_{name}.html" if shown is not None else f"mock/{name}.html"
    response = Response(render_template(template, version=version, **values))
    response.headers["X-Version"] = version
    return response


def _books(organisations: Organisations) -> Books:
    tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
    return organisations.find(tenant_id) or abort(404)


def _tab() -> Tab:
    try:
        return Tab(request.args.get("tab", Tab.ALL))
    except ValueError:
        return Tab.ALL


def _link(endpoint: str, **values: str | int | None) -> str:
    """An address that stays in the organisation being looked at."""
    tenant_id = request.args.get("organisation")
    given: dict[str, Any] = {name: it for name, it in values.items() if it}
    if tenant_id:
        given["organisation"] = tenant_id
    return url_for(endpoint, **given)


def _marks(entry: LogEntry) -> list[tuple[str, str]]:
    """What is special about a request, with the colour of its badge."""
    marks = [(f"fault {fault}", "danger") for fault in entry.faults]
    if not entry.delivered:
        marks.append(("answer lost", "danger"))
    if entry.replayed:
        marks.append(("replay", "info"))
    return marks


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _price(amount: Decimal) -> str:
    """At least two decimals, more if they are there."""
    plain = f"{amount.normalize():,f}"
    decimals = len(plain.partition(".")[2])
    return _money(amount) if decimals <= len("00") else plain


def _quantity(quantity: Decimal) -> str:
    return f"{quantity.normalize():,f}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _pretty(body: str) -> str:
    """JSON with indents; anything else as it is."""
    try:
        return jsontext.indented(jsontext.loads(body)) if body else ""
    except ValueError:
        return body
