"""The mock's books, as the lab needs them: its controls, and a bookkeeper's hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import requests

from seed.problems import LabRefused

_TIMEOUT_S: Final = 10
_CLIENT: Final = ("demo", "demo")
_BANK_ACCOUNT: Final = "090"

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice of the books, as far as a scene waits for it."""

    invoice_id: str
    number: str
    status: str
    total: Decimal


class LabBooks:
    """Calls the mock; safe to be used by several threads.

    *control_token* is what calls of its control API bear, empty if they need nothing.
    """

    def __init__(self, url: str, control_token: str = "") -> None:
        self.control_token = control_token
        self._url = url
        self._bears = {"X-Mock-Token": control_token} if control_token else {}

    def begin_anew(self, seed: int) -> None:
        """Forget everything; the same *seed* gives the same identifiers."""
        self._control("POST", "load", {"format": 1, "seed": seed})

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._control("POST", "clock", {"advance_s": seconds})

    def add_fault(self, fault: Json) -> None:
        """Let calls fail as docs/mock.md describes."""
        self._control("POST", "faults", fault)

    def switch_on(self, preset: str) -> None:
        """Switch on a failure that is ready-made."""
        self._control("POST", f"presets/{preset}", {})

    def faults(self) -> list[str]:
        """Return what fails at present, in the mock's words."""
        rules = self._control("GET", "faults")["faults"]
        return [rule.get("title") or rule["kind"] for rule in rules if rule["active"]]

    def clear_faults(self) -> None:
        """Let nothing fail any more."""
        self._control("DELETE", "faults")

    def invoice(self, number: str) -> Invoice | None:
        """Return an invoice, None while there is none of that number."""
        # Not through the API, which a fault may hit.
        invoices = self._control("GET", "state")["invoices"]
        found = next((it for it in invoices if it["number"] == number), None)
        if found is None:
            return None
        return Invoice(
            invoice_id=found["invoice_id"],
            number=number,
            status=found["status"],
            total=Decimal(str(found["total"])),
        )

    def pay_by_hand(self, invoice: Invoice, on: date) -> None:
        """Book a payment of the whole invoice, as a bookkeeper does."""
        payment = {
            "Invoice": {"InvoiceID": invoice.invoice_id},
            "Account": {"Code": _BANK_ACCOUNT},
            "Amount": str(invoice.total),
            "Date": on.isoformat(),
            "Reference": "Bank transfer",
        }
        try:
            with _session() as session:
                _content(
                    session.put(
                        f"{self._url}/api.xro/2.0/Payments",
                        json={"Payments": [payment]},
                        headers=self._headers(session),
                        timeout=_TIMEOUT_S,
                    )
                )
        except requests.RequestException as error:
            raise LabRefused("The bookkeeper's payment got no answer.") from error

    def _headers(self, session: requests.Session) -> dict[str, str]:
        token = _content(
            session.post(
                f"{self._url}/connect/token",
                data={"grant_type": "client_credentials"},
                auth=_CLIENT,
                timeout=_TIMEOUT_S,
            )
        )["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        answer = session.get(
            f"{self._url}/connections", headers=headers, timeout=_TIMEOUT_S
        )
        return headers | {"Xero-Tenant-Id": answer.json()[0]["tenantId"]}

    def _control(self, method: str, path: str, body: Json | None = None) -> Json:
        try:
            with _session() as session:
                return _content(
                    session.request(
                        method,
                        f"{self._url}/__mock__/{path}",
                        json=body,
                        headers=self._bears,
                        timeout=_TIMEOUT_S,
                    )
                )
        except requests.RequestException as error:
            raise LabRefused(f"The books do not answer at {self._url}.") from error


def _session() -> requests.Session:
    session = requests.Session()
    # Loopback: a proxy of the machine has no say.
    session.trust_env = False
    return session


def _content(answer: requests.Response) -> Json:
    """Return what was answered.

    Raises:
        LabRefused: If it is an error.
    """
    if not answer.ok:
        said = " ".join(answer.text.split())[:200]
        raise LabRefused(f"The books answered {answer.status_code}: {said}")
    content = answer.json()
    assert isinstance(content, dict)  # noqa: S101 - the type checker is told
    return content
