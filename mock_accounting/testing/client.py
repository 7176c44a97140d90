"""A running mock and an organisation in it, as a test handles them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import urlencode

import requests

_TIMEOUT_S = 30
_EVERY = 2000
"""The request log holds no more."""

Json: TypeAlias = dict[str, Any]


class ControlRefused(Exception):
    """The control API refused a call; the message says why."""


@dataclass(frozen=True, slots=True)
class MockServer:
    """A mock that is running at *url*."""

    url: str

    def control(self, method: str, path: str, body: object = None) -> Json:
        """Call `/__mock__/path`; see docs/mock.md for what there is.

        Raises:
            ControlRefused: If the call makes no sense.
        """
        answer = requests.request(
            method, f"{self.url}/__mock__/{path}", json=body, timeout=_TIMEOUT_S
        )
        content: Json = answer.json()
        if not answer.ok:
            raise ControlRefused(content["error"])
        return content

    def open(self, name: str = "Test Company") -> MockOrganisation:
        """A new organisation with empty books and a client of its own."""
        opened = self.control("POST", "organisations", {"name": name})
        return MockOrganisation(
            server=self,
            tenant_id=opened["organisation"],
            client_id=opened["client_id"],
            client_secret=opened["client_secret"],
        )

    def freeze(self, at: str | None = None) -> None:
        """Stop the clock, now or at a moment in ISO form."""
        self.control("POST", "clock", {"freeze": at or True})

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self.control("POST", "clock", {"advance_s": seconds})

    def limits(self, mode: str = "real", **limits: int) -> None:
        """Switch the rate limits: `concurrent`, `minute`, `day`, `app_minute`."""
        self.control("POST", "limits", {"mode": mode} | limits)

    def settle(self) -> None:
        """Let the clock go and switch the limits off, for the next test."""
        self.control("POST", "clock", {"reset": True})
        self.limits("off", concurrent=5, minute=60, day=5000, app_minute=10_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class MockOrganisation:
    """One organisation of a mock: what a program under test is pointed at."""

    server: MockServer
    tenant_id: str
    client_id: str
    client_secret: str

    @property
    def url(self) -> str:
        """Where the API is, without a path."""
        return self.server.url

    def headers(self) -> dict[str, str]:
        """Headers for a call of one's own, with a fresh token."""
        answer = requests.post(
            f"{self.url}/connect/token",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, self.client_secret),
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        return {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "Accept": "application/json",
            "xero-tenant-id": self.tenant_id,
        }

    def call(
        self, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> Json:
        """Call the imitated API, for example `call("GET", "Invoices/W-1")`.

        Raises:
            requests.RequestException: If no good answer came.
        """
        answer = requests.request(
            method,
            f"{self.url}/api.xro/2.0/{path}",
            json=body,
            headers=self.headers() | ({"Idempotency-Key": key} if key else {}),
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        content: Json = answer.json()
        return content

    def put_invoice(
        self, number: str, amount: Decimal | str, *, key: str | None = None
    ) -> Json:
        """Write an approved invoice of one line, which costs *amount* without tax.

        Raises:
            requests.RequestException: If no good answer came.
        """
        line = {"Description": "Mug", "UnitAmount": str(amount), "AccountCode": "200"}
        body = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": number,
            "Contact": {"Name": "Buyer"},
            "LineItems": [line],
        }
        invoice: Json = self.call("PUT", "Invoices", body, key=key)["Invoices"][0]
        return invoice

    def fault(
        self, kind: str, match: Mapping[str, str] | None = None, **rule: object
    ) -> int:
        """Set a fault rule for this organisation; gives its number."""
        where = {"organisation": self.tenant_id} | dict(match or {})
        rule_id: int = self.server.control(
            "POST", "faults", {"kind": kind, "match": where} | rule
        )["id"]
        return rule_id

    def preset(self, name: str, key: str | None = None) -> list[int]:
        """Switch on a ready-made fault; gives the numbers of its rules."""
        body = {"organisation": self.tenant_id, "key": key}
        rules = self.server.control("POST", f"presets/{name}", body)["faults"]
        return [rule["id"] for rule in rules]

    def faults(self) -> list[Json]:
        """The rules of this organisation, with what each has hit."""
        found: list[Json] = self._control("GET", "faults")["faults"]
        return found

    def clear_faults(self) -> None:
        """Take the rules of this organisation out."""
        self._control("DELETE", "faults")

    def invoices(self) -> list[Json]:
        """Every invoice in the books, as the books hold it."""
        return self._documents("invoices")

    def payments(self) -> list[Json]:
        """Every payment in the books, deleted ones too."""
        return self._documents("payments")

    def contacts(self) -> list[Json]:
        """Every contact in the books."""
        return self._documents("contacts")

    def requests(self, *, path: str = "", method: str = "") -> list[Json]:
        """The requests that came in for this organisation, oldest first."""
        query = urlencode(
            {
                "organisation": self.tenant_id,
                "path": path,
                "method": method,
                "limit": _EVERY,
            }
        )
        found: list[Json] = self.server.control("GET", f"requests?{query}")["requests"]
        return found

    def assert_sound(self) -> None:
        """The books add up; no number and no payment is there twice."""
        self._assert(self._control("GET", "assertions"))

    def assert_one_invoice_each(self, numbers: Iterable[str]) -> None:
        """Every order number has exactly one live invoice, and no other is there."""
        each = list(numbers)
        self.assert_that(
            {"check": "one_live_invoice_each", "numbers": each},
            {"check": "no_other_invoices", "numbers": each},
        )

    def assert_paid(self, numbers: Iterable[str]) -> None:
        """Every one of these invoices is paid in full."""
        self.assert_that({"check": "all_paid", "numbers": list(numbers)})

    def assert_sum(self, total: Decimal | str, currency: str = "EUR") -> None:
        """The live invoices of a currency come to *total*."""
        self.assert_that({"check": "sum", "currency": currency, "total": str(total)})

    def assert_that(self, *checks: Mapping[str, object]) -> None:
        """Every one of these checks of the control API holds."""
        self._assert(self._control("POST", "assertions", {"checks": list(checks)}))

    def assert_fired(self, *rule_ids: int) -> None:
        """Every one of these rules hit a request; without any, every rule did."""
        quiet = [
            f"rule {rule['id']} ({rule['kind']})"
            for rule in self.faults()
            if not rule["fired"] and rule["id"] in (rule_ids or {rule["id"]})
        ]
        _hold(quiet, "These faults did not fire")

    def close(self) -> None:
        """Throw the organisation away, with its faults."""
        self.clear_faults()
        self.server.control("DELETE", f"organisations/{self.tenant_id}")

    def _documents(self, name: str) -> list[Json]:
        found: list[Json] = self._control("GET", "state")[name]
        return found

    def _control(self, method: str, path: str, body: object = None) -> Json:
        query = f"{path}?organisation={self.tenant_id}"
        return self.server.control(method, query, body)

    def _assert(self, findings: Json) -> None:
        wrong = [
            f"{check['check']}: {problem}"
            for check in findings["checks"]
            for problem in check["problems"]
        ]
        _hold(wrong, "The books are wrong")


def _hold(problems: Sequence[str], heading: str) -> None:
    if problems:
        raise AssertionError("\n  ".join([f"{heading}:", *problems]))
