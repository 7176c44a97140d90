"""The connector: signs in, sends what is frozen, and asks; no blind retries."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, urlencode, urlsplit

from dashboard.accounting.masking import mask_body, mask_headers, mask_query
from dashboard.accounting.protocol import BooksSilent, Log, Pacer
from dashboard.accounting.texts import storable
from dashboard.accounting.xero.decode import (
    Element,
    NotUnderstood,
    elements_of,
    is_web_page,
    not_processed,
    outcome_of,
    read_document,
)
from dashboard.accounting.xero.encode import API, freeze
from dashboard.accounting.xero.facts import read_facts
from dashboard.accounting.xero.lookup import (
    credit_note_filter,
    credit_note_id_filter,
    judge_contacts,
    judge_credit_notes,
    judge_invoices,
    judge_payments,
    judge_uses,
    judge_voids,
    name_filter,
    number_filter,
)
from dashboard.accounting.xero.reading import (
    PAGE_SIZE,
    Question,
    bank_question,
    document_question,
    read_bank_entry,
    read_booked,
)
from dashboard.domain.booked import (
    BankPage,
    ChangedSince,
    Dated,
    DocumentKind,
    DocumentPage,
    Selection,
)
from dashboard.domain.books import BooksFacts
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import (
    Claim,
    Exchange,
    Finding,
    FrozenRequest,
    NotProcessed,
    Outcome,
    OutcomeUnknown,
)
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.sentences import say
from dashboard.outbound.echoes import without_echoes
from dashboard.outbound.transport import NoAnswer, NotSent, Reply, Transport

SCOPES = (
    "accounting.invoices accounting.payments accounting.contacts accounting.settings"
)
# A token that ends within this time is renewed before it is used.
_RENEW_BEFORE_S = 60.0
# Addresses have a length that servers accept; 25 names of 50 characters stay below.
_ASKED_AT_ONCE = 25
# What calls are for that bring whole pages of documents.
_READ = "read"
# A page of a thousand documents, each with many lines.
_MAX_PAGE_BYTES = 40_000_000
_PAUSE_S = 300.0
# A token can end early; one that is refused as soon as it is given will be again.
_REFUSED_TOKENS_TO_PAUSE = 3
_SHORT_PAUSE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the API is and how to sign in; *tenant_id* empty means the only one."""

    base_url: str
    client_id: str
    client_secret: str
    tenant_id: str = ""


@dataclass(frozen=True, kw_only=True)
class _Token:
    value: str
    ends_at_s: float  # on the monotonic clock
    tenant_id: str


class XeroBooks:
    """The books of one organisation; may be shared by threads."""

    def __init__(
        self, access: Access, transport: Transport, clock: Clock, pacer: Pacer
    ) -> None:
        self._access = access
        self._transport = transport
        self._clock = clock
        self._pacer = pacer
        self._token: _Token | None = None
        self._refused_tokens = 0  # in a row
        self._signing_in = threading.Lock()

    def freeze(self, kind: PostingKind, postings: Sequence[Posting]) -> FrozenRequest:
        """Return the exact request that books *postings*."""
        books = f"{self._access.base_url} {self._access.tenant_id}"
        return freeze(kind, postings, books=books)

    def sign_in(self, log: Log) -> None:
        """Get a token if there is none, or it is about to end.

        Raises:
            BooksSilent: If the books do not give one.
        """
        with self._signing_in:
            if self._token is not None and not self._ends_soon(self._token):
                return
            self._token = None
            value, lasts_s = self._fetch_token(log)
            tenant_id = self._access.tenant_id or self._fetch_tenant(value, log)
            self._token = _Token(
                value=value,
                ends_at_s=self._clock.monotonic_s() + lasts_s,
                tenant_id=tenant_id,
            )

    def send(self, claim: Claim) -> tuple[Outcome, Exchange]:
        """Send the claimed bytes once, without any retry; never raises."""
        token = self._token
        headers = _headers(token) | {
            "Content-Type": "application/json",
            "Idempotency-Key": claim.idempotency_key,
        }
        url = self._access.base_url + claim.path
        attempt = _Attempt(self._clock, "book", claim.method, url, headers, claim.body)
        try:
            reply = self._transport.call(claim.method, url, headers, claim.body)
        except NotSent as error:
            outcome: Outcome = _away(error)
            return outcome, attempt.failed(str(error))
        except NoAnswer as error:
            return OutcomeUnknown(reason=str(error)), attempt.failed(str(error))
        refusal = self._after(reply, token)
        outcome = refusal or outcome_of(reply, claim.kind, claim.members)
        return outcome, attempt.answered(reply)

    def prove(self, log: Log) -> None:
        """Make the smallest call there is.

        Raises:
            BooksSilent: If the books did not answer it.
        """
        self._ask("Organisation", {}, log, collection="Organisations")

    def look_up(
        self, kind: PostingKind, members: Sequence[Posting], log: Log
    ) -> Mapping[int, Finding]:
        """Ask the books by natural key; return what they have, by posting id.

        Raises:
            BooksSilent: If they did not answer.
        """
        findings: dict[int, Finding] = {}
        for start in range(0, len(members), _ASKED_AT_ONCE):
            some = members[start : start + _ASKED_AT_ONCE]
            try:
                findings |= self._look_up_some(kind, some, log)
            except NotUnderstood as error:
                raise BooksSilent(NotProcessed(reason=str(error))) from error
        return findings

    def _look_up_some(
        self, kind: PostingKind, members: Sequence[Posting], log: Log
    ) -> dict[int, Finding]:
        found: dict[int, Finding]
        match kind:
            case PostingKind.CONTACT:
                found = self._look_up_contacts(members, log)
            case PostingKind.INVOICE:
                numbers = {"InvoiceNumbers": ",".join(m.natural_key for m in members)}
                found = judge_invoices(members, self._ask("Invoices", numbers, log))
            case PostingKind.PAYMENT:
                found = judge_payments(members, self._ask_required(members, log))
            case PostingKind.CREDIT_NOTE:
                notes = self._ask_notes(credit_note_filter(members), log)
                found = judge_credit_notes(members, notes)
            case PostingKind.ALLOCATION:
                ids = {"IDs": ",".join(m.also_required_document_id for m in members)}
                invoices = self._ask("Invoices", ids, log)
                notes = self._ask_notes(credit_note_id_filter(members), log)
                found = judge_uses(members, notes, invoices)
            case PostingKind.REFUND:
                notes = self._ask_notes(credit_note_id_filter(members), log)
                found = judge_uses(members, notes)
            case PostingKind.VOID:
                found = judge_voids(members, self._ask_required(members, log))
        return found

    def _ask_notes(self, where: str, log: Log) -> list[Element]:
        return self._ask("CreditNotes", {"where": where}, log)

    def _ask_required(self, members: Sequence[Posting], log: Log) -> list[Element]:
        """Return the invoices that members wait for."""
        ids = ",".join(member.required_document_id for member in members)
        return self._ask("Invoices", {"IDs": ids}, log)

    def facts(self, log: Log) -> tuple[BooksFacts, str]:
        """Return what the books say of themselves, and the organisation's id.

        Raises:
            BooksSilent: If they did not answer.
        """
        answers = (
            self._ask("Organisation", {}, log, collection="Organisations"),
            self._ask("Accounts", {}, log),
            self._ask("TaxRates", {}, log),
            self._ask("Currencies", {}, log),
        )
        try:
            facts = read_facts(*answers)
        except NotUnderstood as error:
            raise BooksSilent(NotProcessed(reason=str(error))) from error
        return facts, self._token.tenant_id if self._token else ""

    def read_documents(
        self, kind: DocumentKind, selection: Selection, page: int, log: Log
    ) -> DocumentPage:
        """Return a page (from 1) of documents, whoever wrote them, with their lines.

        Raises:
            BooksSilent: If they did not answer.
        """
        question = document_question(kind, selection, page)
        try:
            elements, has_next = self._read_page(question, page, log)
            documents = tuple(read_booked(kind, element) for element in elements)
        except NotUnderstood as error:
            raise BooksSilent(NotProcessed(reason=str(error))) from error
        return DocumentPage(documents=documents, has_next=has_next)

    def read_bank_entries(
        self, selection: Dated | ChangedSince, page: int, log: Log
    ) -> BankPage:
        """Return a page (from 1) of payments with the bank accounts they are on.

        Raises:
            BooksSilent: If they did not answer.
        """
        question = bank_question(selection, page)
        try:
            elements, has_next = self._read_page(question, page, log)
            entries = tuple(read_bank_entry(element) for element in elements)
        except NotUnderstood as error:
            raise BooksSilent(NotProcessed(reason=str(error))) from error
        return BankPage(entries=entries, has_next=has_next)

    def _read_page(
        self, question: Question, page: int, log: Log
    ) -> tuple[list[Element], bool]:
        """Return the elements of a page, and whether there is another one."""
        parameters = urlencode(question.query, quote_via=quote, safe=",")
        url = f"{self._access.base_url}{API}{question.collection}?{parameters}"
        reply = self._get(url, log, question.headers, purpose=_READ)
        if question.headers and reply.status == 304:  # noqa: PLR2004
            return [], False
        elements = self._elements(reply, question.collection)
        pagination = read_document(reply).get("pagination")
        if isinstance(pagination, dict) and "pageCount" in pagination:
            return elements, page < int(pagination["pageCount"])
        return elements, len(elements) >= PAGE_SIZE

    def _look_up_contacts(
        self, members: Sequence[Posting], log: Log
    ) -> dict[int, Finding]:
        archived = {"includeArchived": "true"}
        where = {"where": number_filter(members)}
        by_number = self._ask("Contacts", archived | where, log)
        known = {element.get("ContactNumber") for element in by_number}
        rest = [member for member in members if member.natural_key not in known]
        names = name_filter(rest)
        by_name: list[Element] = []
        if names:
            by_name = self._ask("Contacts", archived | {"where": names}, log)
        return judge_contacts(members, by_number, by_name)

    def _ask(
        self,
        path: str,
        query: Mapping[str, str],
        log: Log,
        *,
        collection: str = "",
    ) -> list[Element]:
        """Return the elements a GET brings; pages hold more than is ever asked for."""
        paging = {"page": "1", "pageSize": "1000"} if query else {}
        parameters = urlencode({**query, **paging}, quote_via=quote, safe=",")
        url = f"{self._access.base_url}{API}{path}"
        if parameters:
            url += f"?{parameters}"
        return self._elements(self._get(url, log), collection or path)

    def _get(
        self,
        url: str,
        log: Log,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        purpose: str = "ask",
    ) -> Reply:
        """Sign in, wait for a place and ask."""
        self.sign_in(log)
        with self._pacer():
            token = self._token
            sent = {**_headers(token), **headers}
            reply = self._call(purpose, "GET", url, sent, log)
        refusal = self._after(reply, token)
        if refusal is not None:
            raise BooksSilent(refusal)
        return reply

    def _elements(self, reply: Reply, collection: str) -> list[Element]:
        if reply.status != 200 or is_web_page(reply):  # noqa: PLR2004
            raise BooksSilent(not_processed(reply))
        try:
            return elements_of(read_document(reply), collection)
        except NotUnderstood as error:
            raise BooksSilent(NotProcessed(reason=str(error))) from error

    def _fetch_token(self, log: Log) -> tuple[str, float]:
        pair = f"{self._access.client_id}:{self._access.client_secret}"
        headers = {
            "Accept": "application/json",
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = {"grant_type": "client_credentials", "scope": SCOPES}
        url = _identity_url(self._access.base_url) + "/connect/token"
        body = urlencode(form).encode()
        reply = self._call("sign in", "POST", url, headers, log, body)
        try:
            document = read_document(reply)
            if reply.status == 200:  # noqa: PLR2004
                return str(document["access_token"]), float(document["expires_in"])
        except (NotUnderstood, KeyError, TypeError, ValueError) as error:
            raise BooksSilent(_no_token(reply, "the answer is no token")) from error
        raise BooksSilent(_no_token(reply, storable(str(document.get("error", "")))))

    def _fetch_tenant(self, token: str, log: Log) -> str:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        url = self._access.base_url + "/connections"
        reply = self._call("sign in", "GET", url, headers, log)
        connections = _read_connections(reply)
        if len(connections) != 1:
            reason = say(
                "The sign-in opens %(connections)s organisations, and one is "
                "wanted. Name its tenant id under Settings > Connection",
                connections=len(connections),
            )
            raise BooksSilent(
                NotProcessed(
                    reason=reason, wait_s=_PAUSE_S, pause=Pause.ORGANISATION_UNCLEAR
                )
            )
        return connections[0]

    def _call(
        self,
        purpose: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        log: Log,
        body: bytes = b"",
    ) -> Reply:
        """Make a call that changes nothing, and keep it.

        Raises:
            BooksSilent: If no complete answer came.
        """
        attempt = _Attempt(self._clock, purpose, method, url, headers, body)
        try:
            limit = {"max_bytes": _MAX_PAGE_BYTES} if purpose == _READ else {}
            reply = self._transport.call(method, url, headers, body, **limit)
        except (NotSent, NoAnswer) as error:
            log(attempt.failed(str(error)))
            raise BooksSilent(_away(error)) from error
        log(attempt.answered(reply))
        return reply

    def _after(self, reply: Reply, token: _Token | None) -> NotProcessed | None:
        """Forget *token* if the API refused it; after several in a row, pause."""
        with self._signing_in:
            if reply.status != 401:  # noqa: PLR2004
                self._refused_tokens = 0
                return None
            if self._token is token:
                self._token = None
                self._refused_tokens += 1
            if self._refused_tokens < _REFUSED_TOKENS_TO_PAUSE:
                return not_processed(reply)
        reason = say("The books refuse the sign-in that they have just given")
        return NotProcessed(reason=reason, wait_s=_PAUSE_S, pause=Pause.SIGN_IN_REFUSED)

    def _ends_soon(self, token: _Token) -> bool:
        return token.ends_at_s - self._clock.monotonic_s() < _RENEW_BEFORE_S


def _headers(token: _Token | None) -> dict[str, str]:
    return {
        "Accept": "application/json",  # the API answers XML otherwise
        "Authorization": f"Bearer {token.value if token else ''}",
        "xero-tenant-id": token.tenant_id if token else "",
    }


class _Attempt:
    """A call under way, to become an exchange."""

    def __init__(
        self,
        clock: Clock,
        purpose: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self._clock = clock
        self._started_s = clock.monotonic_s()
        self._headers, self._body = headers, body
        self._exchange = Exchange(
            at=clock.now(),
            purpose=purpose,
            method=method,
            url=mask_query(url),
            request_headers=mask_headers(headers),
            request_body=mask_body(body, headers.get("Content-Type", "")),
        )

    def failed(self, error: str) -> Exchange:
        """Return the exchange of a call that got no answer."""
        return self._ended(error=error)

    def answered(self, reply: Reply) -> Exchange:
        """Return the exchange of a call that got one.

        To mask and keep a page of documents would take longer than to read it.
        """
        brief = self._exchange.purpose == _READ and reply.status == 200  # noqa: PLR2004
        return self._ended(
            status=reply.status,
            response_headers=mask_headers(reply.headers),
            response_body=f"{len(reply.body)} bytes, not kept."
            if brief
            else mask_body(reply.body, "application/json"),
        )

    def _ended(self, **fields: object) -> Exchange:
        took_s = self._clock.monotonic_s() - self._started_s
        ended = Exchange(
            **{**vars(self._exchange), **fields, "duration_ms": round(took_s * 1000)}
        )
        return without_echoes(ended, self._headers, self._body)


def _identity_url(base_url: str) -> str:
    """Return where tokens are given: a host of its own at the real thing."""
    parts = urlsplit(base_url)
    host = parts.netloc.replace("api.xero.com", "identity.xero.com")
    return f"{parts.scheme}://{host}"


def _away(error: Exception) -> NotProcessed:
    return NotProcessed(
        reason=say("The books are away: %(error)s", error=str(error)), pause=Pause.AWAY
    )


def _no_token(reply: Reply, error: str) -> NotProcessed:
    if reply.status in {400, 401, 403}:
        return NotProcessed(
            reason=say(
                "The books refuse our sign-in (%(error)s). Check client id and "
                "secret under Settings > Connection",
                error=error,
            ),
            wait_s=_PAUSE_S,
            pause=Pause.SIGN_IN_REFUSED,
        )
    return NotProcessed(
        reason=say(
            "Signing in to the books failed: %(status)s %(error)s",
            status=reply.status,
            error=error,
        ),
        wait_s=_SHORT_PAUSE_S,
    )


def _read_connections(reply: Reply) -> list[str]:
    try:
        # The API answers with a bare list here; nowhere else.
        document = read_document(
            Reply(status=reply.status, body=b'{"all":' + reply.body + b"}")
        )
        return [str(element["tenantId"]) for element in elements_of(document, "all")]
    except (NotUnderstood, KeyError) as error:
        raise BooksSilent(
            NotProcessed(reason=say("The list of organisations is not readable"))
        ) from error
