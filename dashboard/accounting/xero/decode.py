"""What the API answers, as verdicts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from dashboard.accounting.xero.encode import COLLECTIONS
from dashboard.domain.exchanges import (
    Accepted,
    Answered,
    Clash,
    NotProcessed,
    Outcome,
    OutcomeUnknown,
    Refused,
    RefusedWhole,
    Verdict,
)
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.problems import Cause, Problem
from dashboard.outbound.transport import Reply

Element = Mapping[str, Any]

# Where each kind of element bears our natural key, and its own id.
_KEYS = {
    PostingKind.CONTACT: ("ContactNumber", "ContactID"),
    PostingKind.INVOICE: ("InvoiceNumber", "InvoiceID"),
    PostingKind.PAYMENT: ("Reference", "PaymentID"),
}
# Refusals that may mean: it is there already, and it may be ours.
_CLASHES = (
    "must be unique",
    "already assigned",
    "already exists",
    "exceeds the amount outstanding",
)
_NOBODY = "00000000-0000-0000-0000-000000000000"
_PAUSE_S = 300.0
_DAY_PAUSE_S = 3600.0


class NotUnderstood(ValueError):
    """An answer that is not what the API promises."""


def read_document(reply: Reply) -> Element:
    """Return the JSON object a reply carries, with exact decimals.

    Raises:
        NotUnderstood: If it carries anything else.
    """
    try:
        document = json.loads(
            reply.body, parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The answer is not JSON") from error
    if not isinstance(document, dict):
        raise NotUnderstood("The answer is not a JSON object")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def amount_of(value: Any) -> Decimal | None:  # noqa: ANN401 - JSON
    """Return an amount of an answer, None if it has none.

    Raises:
        NotUnderstood: If it is something else.
    """
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise NotUnderstood(f"The answer has {value!r} for an amount") from error
    if not amount.is_finite():
        raise NotUnderstood(f"The answer has {value!r} for an amount")
    return amount


def elements_of(
    document: Mapping[str, Any], collection: str
) -> list[Mapping[str, Any]]:
    """Return the elements of an answer's collection.

    Raises:
        NotUnderstood: If there is no such collection.
    """
    elements = document.get(collection)
    if not isinstance(elements, list) or not all(isinstance(e, dict) for e in elements):
        raise NotUnderstood(f"The answer has no {collection}")
    return elements


def outcome_of(reply: Reply, kind: PostingKind, members: Sequence[Posting]) -> Outcome:
    """Return what *reply* says of the *members* that were sent."""
    match reply.status:
        case 200:
            return _read_verdicts(reply, kind, members)
        case 401 | 403 | 404 | 429:
            return not_processed(reply)
        case 400 | 412 | 413 | 415 | 422:
            return _refused_whole(reply, members)
        case status:
            return OutcomeUnknown(reason=f"The books answered {status}")


def not_processed(reply: Reply) -> NotProcessed:
    """Return how long to wait after an answer that certainly changed nothing."""
    match reply.status:
        case 401:
            return NotProcessed(reason="The sign-in has expired", wait_s=0.0)
        case 403:
            return NotProcessed(
                reason=(
                    "The books refuse access: the connection was removed or lacks a "
                    "permission. Renew it in the books"
                ),
                wait_s=_PAUSE_S,
                closes_gate=True,
            )
        case 429:
            return _too_many_calls(reply)
        case status:
            return NotProcessed(
                reason=f"The address of the books is wrong: it answers {status}",
                wait_s=_PAUSE_S,
                closes_gate=True,
            )


def _too_many_calls(reply: Reply) -> NotProcessed:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    limit = headers.get("x-rate-limit-problem", "").lower()
    retry_after = headers.get("retry-after", "")
    if retry_after.isdecimal():
        wait_s = float(retry_after)
    elif limit == "day":
        wait_s = _DAY_PAUSE_S
    else:
        wait_s = 1.0
    return NotProcessed(
        reason=f"The books allow no more calls for now ({limit or 'limit'})",
        wait_s=wait_s,
        # Too many in flight at once is over as soon as one of them ends.
        closes_gate=bool(retry_after) or limit == "day",
    )


def _read_verdicts(
    reply: Reply, kind: PostingKind, members: Sequence[Posting]
) -> Outcome:
    try:
        elements = elements_of(read_document(reply), COLLECTIONS[kind])
        if len(elements) != len(members):
            return OutcomeUnknown(
                reason=f"{len(members)} elements were sent, {len(elements)} came back"
            )
        pairs = zip(elements, members, strict=True)
        verdicts = tuple(_verdict(element, kind, member) for element, member in pairs)
    except NotUnderstood as error:
        return OutcomeUnknown(reason=str(error))
    return Answered(verdicts=verdicts)


def _verdict(element: Element, kind: PostingKind, member: Posting) -> Verdict:
    key_field, id_field = _KEYS[kind]
    messages = _messages(element)
    if messages:
        return _refusal(" ".join(messages), member)
    document_id = element.get(id_field)
    if element.get("StatusAttributeString") == "ERROR" or document_id == _NOBODY:
        return _refusal("The books give no reason.", member)
    if element.get(key_field) != member.natural_key or not document_id:
        raise NotUnderstood("The answer speaks of other documents")
    return Accepted(document_id=str(document_id), total=_total(element, kind))


def _total(element: Element, kind: PostingKind) -> Decimal | None:
    return amount_of(element.get("Total")) if kind is PostingKind.INVOICE else None


def _messages(element: Any) -> list[str]:  # noqa: ANN401 - JSON
    errors = element.get("ValidationErrors") if isinstance(element, dict) else None
    if not isinstance(errors, list):
        return []
    return [str(e.get("Message", "")) for e in errors if isinstance(e, dict)]


def _refusal(message: str, member: Posting) -> Verdict:
    if any(sign in message for sign in _CLASHES):
        return Clash(message=message)
    return Refused(problem=explain(message, member))


def explain(message: str, member: Posting) -> Problem:
    """Turn the API's words into what a shop manager can do."""
    what = f"{member.kind.value} {member.natural_key}"
    said = f"The books refuse {what}: {message}"
    if "archived" in message:
        return Problem(
            cause=Cause.ARCHIVED_CONTACT,
            message=(
                "The customer is archived in the books. "
                "Restore the contact there, then try again."
            ),
        )
    if "TaxType" in message:
        return Problem(
            cause=Cause.REFUSED,
            message=f"{said} Choose another tax type under Settings > Taxes.",
            settings_section="taxes",
        )
    if "ccount" in message:
        return Problem(
            cause=Cause.REFUSED,
            message=f"{said} Choose another under Settings > Ledger accounts.",
            settings_section="accounts",
        )
    if "not subscribed to currency" in message:
        return Problem(
            cause=Cause.REFUSED,
            message=f"{said} Add the currency in the books, then try again.",
        )
    if "lock date" in message:
        return Problem(
            cause=Cause.REFUSED,
            message=f"{said} Open the period in the books, then try again.",
        )
    return Problem(
        cause=Cause.REFUSED,
        message=f"{said} Put it right in the shop or in the books, then try again.",
    )


def _refused_whole(reply: Reply, members: Sequence[Posting]) -> Outcome:
    try:
        document = read_document(reply)
    except NotUnderstood:
        document = {}
    elements = document.get("Elements")
    messages = [
        message
        for element in (elements if isinstance(elements, list) else [])
        for message in _messages(element)
    ]
    text = " ".join(messages) or str(
        document.get("Message") or document.get("Detail") or f"HTTP {reply.status}"
    )
    if len(members) == 1:
        verdict = _refusal(text, members[0])
        if isinstance(verdict, Clash):
            return Answered(verdicts=(verdict,))
    return RefusedWhole(problem=explain(text, members[0]))
