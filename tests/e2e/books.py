"""The mock's books, looked at as any client of the API sees them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import requests

_PAGE_SIZE = 1000
# Long enough for a machine that has too much to do.
_TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class BookedPayment:
    """A payment on an invoice."""

    amount: Decimal
    reference: str


@dataclass(frozen=True, kw_only=True)
class BookedInvoice:
    """An invoice in the books; lines are (net, tax, description)."""

    number: str
    status: str
    currency: str
    total: Decimal
    due: Decimal
    contact_id: str
    lines: tuple[tuple[Decimal, Decimal, str], ...]
    payments: tuple[BookedPayment, ...]


@dataclass(frozen=True, kw_only=True)
class BookedCreditNote:
    """A credit note in the books, and what it was used for."""

    number: str
    status: str
    total: Decimal
    left: Decimal
    allocated: tuple[tuple[str, Decimal], ...]
    paid_out: tuple[BookedPayment, ...]


class Books:
    """Talks to a mock at *url*: its API with a token, and its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def control(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call `/__mock__/path` and return its answer."""
        answer = self._http.request(
            method, f"{self.url}/__mock__/{path}", json=body, timeout=_TIMEOUT_S
        )
        assert answer.ok, answer.text
        return _read(answer)

    def fault(self, kind: str, **fields: Any) -> None:
        """Add a fault."""
        self.control("POST", "faults", {"kind": kind, **fields})

    def calls(
        self, path: str = "", method: str = "", *, since: int = 0
    ) -> list[dict[str, Any]]:
        """Return the newest requests of the API: those after the one with id *since*.

        The mock keeps the last 2,000.
        """
        asked = f"path={path}&method={method}&since={since}&limit=5000"
        return list(self.control("GET", f"requests?{asked}")["requests"])

    def put(
        self, collection: str, element: dict[str, Any], *, path: str = ""
    ) -> dict[str, Any]:
        """Create one document, at *path* if that is not its collection; return it."""
        answer = self._api("PUT", path or collection, {collection: [element]})
        (created,) = answer[collection]
        assert isinstance(created, dict)
        return created

    def change(self, collection: str, document_id: str, fields: dict[str, Any]) -> None:
        """Change one document."""
        self._api("POST", f"{collection}/{document_id}", {collection: [fields]})

    def read(self, path: str, collection: str) -> dict[str, Any]:
        """Return one document."""
        (found,) = self._api("GET", path, None)[collection]
        assert isinstance(found, dict)
        return found

    def contacts(self) -> list[dict[str, Any]]:
        """Return all contacts, archived ones too."""
        found = self._api("GET", "Contacts?page=1&pageSize=1000&includeArchived=true")
        return list(found["Contacts"])

    def invoices(self) -> list[BookedInvoice]:
        """Return all invoices, voided ones too."""
        return [_invoice(element) for element in self._all("Invoices")]

    def credit_notes(self) -> dict[str, BookedCreditNote]:
        """Return all credit notes by number."""
        notes = map(_credit_note, self._all("CreditNotes"))
        return {note.number: note for note in notes}

    def payments(self) -> list[dict[str, Any]]:
        """Return all payments."""
        return list(self._api("GET", "Payments?page=1&pageSize=1000")["Payments"])

    def check(self, numbers: Iterable[str] = (), paid: Iterable[str] = ()) -> None:
        """Ask the mock itself what is wrong with its books.

        Raises:
            AssertionError: If it finds anything.
        """
        live = sorted(numbers)
        checks: list[dict[str, Any]] = [
            {"check": "books_add_up"},
            {"check": "no_duplicate_numbers"},
            {"check": "no_payment_twice"},
        ]
        if live:
            checks += [
                {"check": "one_live_invoice_each", "numbers": live},
                {"check": "no_other_invoices", "numbers": live},
                {"check": "all_paid", "numbers": sorted(paid)},
            ]
        found = self.control("POST", "assertions", {"checks": checks})
        assert found["ok"], found["checks"]

    def repeated_payments(self) -> list[str]:
        """Return what the mock itself says of payments that are booked twice."""
        asked = {"checks": [{"check": "no_payment_twice"}]}
        (finding,) = self.control("POST", "assertions", asked)["checks"]
        return list(finding["problems"])

    def _all(self, collection: str) -> Iterator[dict[str, Any]]:
        for page in itertools.count(1):
            asked = f"{collection}?page={page}&pageSize={_PAGE_SIZE}&unitdp=4"
            found = self._api("GET", asked)[collection]
            yield from found
            if len(found) < _PAGE_SIZE:
                return

    def _api(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        token = self._http.post(
            f"{self.url}/connect/token",
            data={"grant_type": "client_credentials"},
            auth=("demo", "demo"),
            timeout=_TIMEOUT_S,
        ).json()["access_token"]
        answer = self._http.request(
            method,
            f"{self.url}/api.xro/2.0/{path}",
            data=None if body is None else json.dumps(body, default=float),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
            timeout=_TIMEOUT_S,
        )
        assert answer.status_code == 200, answer.text
        return _read(answer)


def _read(answer: requests.Response) -> dict[str, Any]:
    content = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)
    assert isinstance(content, dict)
    return content


def _invoice(element: dict[str, Any]) -> BookedInvoice:
    return BookedInvoice(
        number=element["InvoiceNumber"],
        status=element["Status"],
        currency=element["CurrencyCode"],
        total=element["Total"],
        due=element["AmountDue"],
        contact_id=element["Contact"]["ContactID"],
        lines=tuple(
            (line["LineAmount"], line["TaxAmount"], line["Description"])
            for line in element["LineItems"]
        ),
        payments=_payments(element),
    )


def _credit_note(element: dict[str, Any]) -> BookedCreditNote:
    return BookedCreditNote(
        number=element["CreditNoteNumber"],
        status=element["Status"],
        total=element["Total"],
        left=element["RemainingCredit"],
        allocated=tuple(
            (allocation["Invoice"]["InvoiceNumber"], allocation["Amount"])
            for allocation in element["Allocations"]
        ),
        paid_out=_payments(element),
    )


def _payments(element: dict[str, Any]) -> tuple[BookedPayment, ...]:
    return tuple(
        BookedPayment(amount=payment["Amount"], reference=payment.get("Reference", ""))
        for payment in element.get("Payments", ())
    )
