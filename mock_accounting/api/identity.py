"""Tokens and connections: who calls, for which organisation."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qs, unquote_plus

from mock_accounting.dialect import answers
from mock_accounting.dialect.messages import Answer, Call, Rejected
from mock_accounting.dialect.rendering.settings import show_connection
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import IdSource, parse_id
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Client
from mock_accounting.traffic.tokens import (
    LIFETIME_S,
    Grant,
    TokenExpired,
    TokenInvalid,
    Tokens,
)

_SCOPES_2026 = (
    "accounting.invoices accounting.payments accounting.contacts accounting.settings"
)
_AREAS = frozenset(
    {
        "attachments",
        "banktransactions",
        "budgets",
        "contacts",
        "invoices",
        "journals",
        "manualjournals",
        "payments",
        "reports",
        "settings",
        "transactions",
    }
)
_SIGN_IN = frozenset({"openid", "profile", "email", "offline_access"})


class Identity:
    """Issues tokens, and tells from a token which books may be opened."""

    def __init__(
        self, organisations: Organisations, tokens: Tokens, ids: IdSource
    ) -> None:
        self._organisations = organisations
        self._tokens = tokens
        self._ids = ids

    def instance_id(self) -> str:
        """The identifier an error answer carries."""
        return self._ids.next()

    def token(self, call: Call) -> Answer:
        """POST /connect/token with `grant_type=client_credentials`."""
        if call.method != "POST":
            return answers.method_not_allowed()
        form = _form(call)
        client_id, secret = _credentials(call, form)
        if not client_id:
            return answers.token_error("invalid_request")
        client = self._organisations.client(client_id)
        if client is None or not _same(client.secret, secret):
            return answers.token_error("invalid_client")
        return self._granted(client, form)

    def authenticate(self, call: Call) -> Grant:
        """What the call's bearer token allows.

        Raises:
            Rejected: With 401 if there is no token, or not a good one.
        """
        scheme, _, token = call.header("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthorized("TokenMissing: no bearer token was sent")
        try:
            grant = self._tokens.read(token.strip())
        except TokenExpired as expired:
            raise self._unauthorized("TokenExpired: token expired") from expired
        except TokenInvalid as invalid:
            raise self._unauthorized("TokenInvalid: token is not known") from invalid
        if self._organisations.client(grant.client_id) is None:
            raise self._unauthorized("TokenInvalid: token is not known")
        return grant

    def books(self, call: Call, grant: Grant) -> Books:
        """The books the call is about: named by its header, or the only ones.

        Raises:
            Rejected: With 403 if the client is not connected to them.
        """
        given = call.header("Xero-Tenant-Id")
        tenant_id = parse_id(given) if given else grant.tenant_id
        books = self._organisations.find(tenant_id or "")
        if books is None or tenant_id != grant.tenant_id:
            raise Rejected(answers.forbidden(self.instance_id()))
        return books

    def connections(self, call: Call, grant: Grant) -> Answer:
        """GET /connections."""
        if call.method != "GET":
            return answers.method_not_allowed()
        books = self._organisations.find(grant.tenant_id)
        shown = [show_connection(books.organisation)] if books else []
        return answers.json_answer(200, list(shown))

    def _granted(self, client: Client, form: dict[str, str]) -> Answer:
        if form.get("grant_type") != "client_credentials":
            return answers.token_error("unsupported_grant_type")
        scope = form.get("scope", "").strip() or _SCOPES_2026
        if not all(map(_is_scope, scope.split())):
            return answers.token_error("invalid_scope")
        token = self._tokens.issue(client.client_id, client.tenant_id, scope)
        return answers.json_answer(
            200,
            {
                "access_token": token,
                "expires_in": LIFETIME_S,
                "token_type": "Bearer",
                "scope": scope,
            },
            {"Cache-Control": "no-store"},
        )

    def _unauthorized(self, detail: str) -> Rejected:
        return Rejected(answers.unauthorized(detail, self.instance_id()))


def _form(call: Call) -> dict[str, str]:
    content_type = call.header("Content-Type", "")
    if "application/x-www-form-urlencoded" not in content_type:
        return {}
    fields = parse_qs(call.body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _credentials(call: Call, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from the header or the form."""
    scheme, _, encoded = call.header("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _is_scope(scope: str) -> bool:
    family, _, area = scope.removesuffix(".read").partition(".")
    return scope in _SIGN_IN or (family == "accounting" and area in _AREAS)
