"""What the API answers, as verdicts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from dashboard.accounting.texts import storable
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
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import NAMES, Posting, PostingKind
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import say
from dashboard.outbound.transport import Reply

Element = Mapping[str, Any]

# Where each kind of element bears its own id.
_IDS = {
    PostingKind.CONTACT: "ContactID",
    PostingKind.INVOICE: "InvoiceID",
    PostingKind.PAYMENT: "PaymentID",
    PostingKind.CREDIT_NOTE: "CreditNoteID",
    PostingKind.ALLOCATION: "AllocationID",
    PostingKind.REFUND: "PaymentID",
    PostingKind.VOID: "InvoiceID",
}
# Refusals that may mean: it is there already, and it may be ours.
_CLASHES = (
    "must be unique",
    "already assigned",
    "already exists",
    "exceeds the amount outstanding",
    "exceeds the remaining credit",
)
# What a refusal says, what to do about it, and in which section of the settings.
_ADVICE = (
    ("TaxType", say("Choose another tax type under Settings > Taxes."), "taxes"),
    ("ccount", say("Choose another under Settings > Ledger accounts."), "accounts"),
    (
        "not subscribed to currency",
        say("Add the currency in the books, then try again."),
        "",
    ),
    ("lock date", say("Open the period in the books, then try again."), ""),
    ("", say("Put it right in the shop or in the books, then try again."), ""),
)
_MAX_ABOUT = 120
_SERVER_ERROR = 500
_UNAVAILABLE = 503
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
        case 401 | 403 | 404 | 429:
            return not_processed(reply)
        case _ if _is_away(reply):
            # They may have booked before they said so: nobody promises otherwise.
            return OutcomeUnknown(
                reason=_away(reply), wait_s=_retry_after_s(reply), pause=Pause.AWAY
            )
        case 200:
            return _read_verdicts(reply, kind, members)
        case 400 | 412 | 413 | 415 | 422:
            return _refused_whole(reply, members)
        case status:
            return OutcomeUnknown(
                reason=say("The books answered %(status)s", status=status)
            )


def is_web_page(reply: Reply) -> bool:
    """Tell whether something else than the API answered, a maintenance page for one."""
    return "html" in _header(reply, "content-type")


def _is_away(reply: Reply) -> bool:
    """Tell whether the books are closed for everybody, for maintenance perhaps."""
    asks_to_wait = reply.status >= _SERVER_ERROR and "retry-after" in _headers(reply)
    return reply.status == _UNAVAILABLE or is_web_page(reply) or asks_to_wait


def _away(reply: Reply) -> str:
    if is_web_page(reply):
        return say("The books are closed for now: they answered with a web page")
    return say(
        "The books are closed for now: they answered %(status)s", status=reply.status
    )


def not_processed(reply: Reply) -> NotProcessed:
    """Return how long to wait after an answer to a call that changed nothing."""
    match reply.status:
        case 401:
            return NotProcessed(reason=say("The sign-in has expired"), wait_s=0.0)
        case 403:
            return NotProcessed(
                reason=say(
                    "The books refuse access: the connection was removed or lacks a "
                    "permission"
                ),
                wait_s=_PAUSE_S,
                pause=Pause.DISCONNECTED,
            )
        case 404:
            return NotProcessed(
                reason=say("The address of the books is wrong: it answers 404"),
                wait_s=_PAUSE_S,
                pause=Pause.WRONG_ADDRESS,
            )
        case 429:
            return _too_many_calls(reply)
        case _ if _is_away(reply):
            return NotProcessed(
                reason=_away(reply), wait_s=_retry_after_s(reply), pause=Pause.AWAY
            )
        case status:
            return NotProcessed(
                reason=say("The books answered %(status)s", status=status)
            )


def _too_many_calls(reply: Reply) -> NotProcessed:
    limit = _header(reply, "x-rate-limit-problem")
    reason = say(
        "The books allow no more calls for now (%(limit)s)", limit=limit or "limit"
    )
    asked_s = _retry_after_s(reply)
    if limit == "day":
        wait_s = _DAY_PAUSE_S if asked_s is None else asked_s
        return NotProcessed(reason=reason, wait_s=wait_s, pause=Pause.DAY_LIMIT)
    # Too many in flight at once is over as soon as one of them ends.
    pause = Pause.MINUTE_LIMIT if "retry-after" in _headers(reply) else None
    wait_s = 1.0 if asked_s is None else asked_s
    return NotProcessed(reason=reason, wait_s=wait_s, pause=pause)


def _retry_after_s(reply: Reply) -> float | None:
    text = _header(reply, "retry-after")
    return float(text) if text.isdecimal() else None


def _header(reply: Reply, name: str) -> str:
    return _headers(reply).get(name, "").lower()


def _headers(reply: Reply) -> Mapping[str, str]:
    """Return the headers by their names in small letters."""
    return {name.lower(): value for name, value in reply.headers.items()}


def _read_verdicts(
    reply: Reply, kind: PostingKind, members: Sequence[Posting]
) -> Outcome:
    try:
        elements = elements_of(read_document(reply), COLLECTIONS[kind])
        if len(elements) != len(members):
            return OutcomeUnknown(
                reason=say(
                    "%(members)s elements were sent, %(elements)s came back",
                    members=len(members),
                    elements=len(elements),
                )
            )
        pairs = zip(elements, members, strict=True)
        verdicts = tuple(_verdict(element, kind, member) for element, member in pairs)
    except NotUnderstood as error:
        return OutcomeUnknown(reason=str(error))
    return Answered(verdicts=verdicts)


def _verdict(element: Element, kind: PostingKind, member: Posting) -> Verdict:
    messages = _messages(element)
    if messages:
        return _refusal(" ".join(messages), member)
    document_id = element.get(_IDS[kind])
    if element.get("StatusAttributeString") == "ERROR" or document_id == _NOBODY:
        return _refusal(say("The books give no reason."), member)
    if not document_id or not _speaks_of(element, member):
        raise NotUnderstood("The answer speaks of other documents")
    return Accepted(document_id=str(document_id), total=_total(element, kind))


def _speaks_of(element: Element, member: Posting) -> bool:
    """Tell whether an element of an answer is the one that was sent."""
    match member.kind:
        case PostingKind.CONTACT:
            return bool(element.get("ContactNumber") == member.natural_key)
        case PostingKind.INVOICE:
            return bool(element.get("InvoiceNumber") == member.natural_key)
        case PostingKind.CREDIT_NOTE:
            return bool(element.get("CreditNoteNumber") == member.natural_key)
        case PostingKind.PAYMENT | PostingKind.REFUND:
            return bool(element.get("Reference") == member.natural_key)
        case PostingKind.ALLOCATION:
            return invoice_id_of(element) == member.also_required_document_id
        case PostingKind.VOID:
            return bool(
                element.get("InvoiceID") == member.required_document_id
                and element.get("Status") == "VOIDED"
            )


def invoice_id_of(element: Element) -> str:
    """Return the id of the invoice that an element is for."""
    invoice = element.get("Invoice")
    return str(invoice.get("InvoiceID", "")) if isinstance(invoice, dict) else ""


def _total(element: Element, kind: PostingKind) -> Decimal | None:
    has_total = kind in {PostingKind.INVOICE, PostingKind.CREDIT_NOTE}
    return amount_of(element.get("Total")) if has_total else None


def _messages(element: Any) -> list[str]:  # noqa: ANN401 - JSON
    errors = element.get("ValidationErrors") if isinstance(element, dict) else None
    if not isinstance(errors, list):
        return []
    return [storable(str(e.get("Message", ""))) for e in errors if isinstance(e, dict)]


def _refusal(message: str, member: Posting) -> Verdict:
    if any(sign in message for sign in _CLASHES):
        return Clash(message=message)
    return Refused(problem=explain(message, member))


def explain(message: str, member: Posting) -> Problem:
    """Turn the API's words into what a shop manager can do."""
    if "archived" in message:
        return Problem(
            cause=Cause.ARCHIVED_CONTACT,
            message=say(
                "The customer is archived in the books. Restore the contact "
                "there, then try again."
            ),
        )
    _, advice, section = next(row for row in _ADVICE if row[0] in message)
    return Problem(
        cause=Cause.REFUSED,
        message=say(
            "The books refuse %(kind)s %(natural_key)s: %(message)s %(advice)s",
            kind=NAMES[member.kind],
            natural_key=member.natural_key,
            message=_ended(message),
            advice=advice,
        ),
        # The same words about other documents are the same problem.
        about=message.replace(member.natural_key, "it")[:_MAX_ABOUT],
        settings_section=section,
    )


def _ended(message: str) -> str:
    """Return *message* with the stop that some of the API's lack."""
    return message if message.endswith((".", "!", "?")) else f"{message}."


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
    text = " ".join(messages) or storable(
        str(document.get("Message") or document.get("Detail") or f"HTTP {reply.status}")
    )
    if len(members) == 1:
        verdict = _refusal(text, members[0])
        if isinstance(verdict, Clash):
            return Answered(verdicts=(verdict,))
    return RefusedWhole(problem=explain(text, members[0]))
