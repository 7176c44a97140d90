"""The client signs in when it must, and never sends the same thing twice by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from dashboard.accounting.protocol import BooksSilent
from dashboard.accounting.xero.client import Access, XeroBooks
from dashboard.domain.exchanges import Answered, Exchange, Found, NotProcessed, NotThere
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import PostingKind
from dashboard.outbound.transport import Transport
from tests.accounting.elements import a_claim, a_contact, an_invoice
from tests.fixtures.clocks import SettableClock

SECRET = "canary-secret"


class Api(ThreadingHTTPServer):
    """A tiny API: gives tokens 1, 2, 3... and answers from *answers* by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens = 0
        self.refused_tokens: set[int] = set()
        self.token_status = 200
        self.expires_in: object = 1800
        self.answers: dict[str, tuple[int, Any]] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def calls(self, start: str) -> int:
        return sum(path.startswith(start) for _method, path, _headers in self.seen)


class _Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        status, document = self._answer(self.path.split("?")[0])
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = handle_any  # noqa: N815 - the library's names

    def _answer(self, path: str) -> tuple[int, Any]:
        if path == "/connect/token":
            self.server.tokens += 1
            token = f"token-{self.server.tokens}"
            answer = {"access_token": token, "expires_in": self.server.expires_in}
            if self.server.token_status != 200:
                answer = {"error": "invalid_client"}
            return self.server.token_status, answer
        token = self.headers["Authorization"].rpartition("-")[2]
        refused = int(token) in self.server.refused_tokens
        if refused and path.startswith("/api.xro/"):
            return 401, {"Detail": "TokenExpired: token expired"}
        return self.server.answers.get(path.rpartition("/")[2], (404, {}))

    @override
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        api.answers["connections"] = (200, [{"tenantId": "tenant-1"}])
        api.answers["Contacts"] = (
            200,
            {"Contacts": [{"ContactID": "C1", "ContactNumber": "shop-c7"}]},
        )
        yield api
        api.shutdown()


@pytest.fixture
def books(api: Api, clock: SettableClock) -> Iterator[XeroBooks]:
    transport = Transport(clock, deadline_s=5.0, allow_inner=True)
    access = Access(base_url=api.url, client_id="demo", client_secret=SECRET)
    yield XeroBooks(access, transport, clock, nullcontext)
    transport._session.close()


@pytest.fixture
def log() -> list[Exchange]:
    return []


def send(books: XeroBooks, log: list[Exchange]) -> object:
    books.sign_in(log.append)
    outcome, exchange = books.send(a_claim(a_contact()))
    log.append(exchange)
    return outcome


def test_one_token_serves_many_calls(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    for _ in range(3):
        assert isinstance(send(books, log), Answered)

    assert api.tokens == 1
    method, _path, headers = api.seen[-1]
    assert method == "PUT"
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["Idempotency-Key"] == "key-1"
    assert headers["xero-tenant-id"] == "tenant-1"
    assert headers["Accept"] == "application/json"


def test_a_token_is_renewed_before_it_ends(
    api: Api, books: XeroBooks, log: list[Exchange], clock: SettableClock
) -> None:
    send(books, log)

    clock.advance(1800 - 30)
    send(books, log)

    assert api.tokens == 2


def test_a_token_that_ended_early_is_replaced_and_the_request_was_not_processed(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    api.refused_tokens = {1}

    first = send(books, log)
    second = send(books, log)

    assert first == NotProcessed(reason="The sign-in has expired", wait_s=0.0)
    assert isinstance(second, Answered)
    assert api.calls("/api.xro") == 2


def test_tokens_that_are_refused_one_after_the_other_close_the_gate(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    api.refused_tokens = set(range(100))

    outcomes = [send(books, log) for _ in range(3)]

    assert isinstance(outcomes[-1], NotProcessed)
    assert outcomes[-1].pause is Pause.SIGN_IN_REFUSED
    assert api.tokens == 3


def test_a_question_with_an_ended_token_was_not_answered(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    api.refused_tokens = {1}

    with pytest.raises(BooksSilent):
        books.look_up(PostingKind.CONTACT, [a_contact()], log.append)

    assert books.look_up(PostingKind.CONTACT, [a_contact()], log.append)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_sign_in_that_is_refused_closes_the_gate_and_says_where_to_look(
    api: Api, books: XeroBooks, log: list[Exchange], status: int
) -> None:
    api.token_status = status

    with pytest.raises(BooksSilent) as silent:
        books.sign_in(log.append)

    assert silent.value.failure.pause is Pause.SIGN_IN_REFUSED
    assert "Settings > Connection" in silent.value.failure.reason


@pytest.mark.parametrize("expires_in", [None, "soon", {}])
def test_a_token_that_is_none_is_no_sign_in(
    api: Api, books: XeroBooks, log: list[Exchange], expires_in: object
) -> None:
    api.expires_in = expires_in

    with pytest.raises(BooksSilent):
        books.sign_in(log.append)


def test_two_organisations_are_not_guessed_between(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    api.answers["connections"] = (200, [{"tenantId": "a"}, {"tenantId": "b"}])

    with pytest.raises(BooksSilent, match="2 organisations"):
        books.sign_in(log.append)


def test_several_threads_sign_in_once(api: Api, books: XeroBooks) -> None:
    barrier = threading.Barrier(6)

    def sign_in() -> None:
        barrier.wait()
        books.sign_in(lambda _exchange: None)

    threads = [threading.Thread(target=sign_in) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert api.tokens == 1


def test_no_secret_and_no_token_is_kept_in_an_exchange(
    books: XeroBooks, log: list[Exchange]
) -> None:
    send(books, log)

    kept = repr(log)
    assert len(log) == 3
    assert SECRET not in kept
    assert "token-1" not in kept
    assert "Basic " not in kept


def test_many_are_asked_for_in_several_questions(
    api: Api, books: XeroBooks, log: list[Exchange]
) -> None:
    api.answers["Invoices"] = (200, {"Invoices": []})
    members = [an_invoice(f"W-{n}") for n in range(60)]

    findings = books.look_up(PostingKind.INVOICE, members, log.append)

    assert set(findings.values()) == {NotThere()}
    assert api.calls("/api.xro/2.0/Invoices") == 3


def test_what_is_found_is_ours(books: XeroBooks, log: list[Exchange]) -> None:
    contact = a_contact()

    findings = books.look_up(PostingKind.CONTACT, [contact], log.append)

    assert findings == {contact.id: Found(document_id="C1")}


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}),
        (500, {}),
        (503, {}),
        (400, {}),
        (404, {}),
        (302, {}),
    ],
)
def test_a_question_without_a_usable_answer_decides_nothing(
    api: Api, books: XeroBooks, log: list[Exchange], answer: tuple[int, Any]
) -> None:
    api.answers["Invoices"] = answer

    with pytest.raises(BooksSilent):
        books.look_up(PostingKind.INVOICE, [an_invoice("W-2")], log.append)
