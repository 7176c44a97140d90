"""Tokens and connections: who calls, for which organisation."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qs, unquote_plus

from mock_accounting.dialect import answers
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.dialect.messages import Answer, Call, Rejected
from mock_accounting.dialect.rendering.settings import show_connection
from mock_accounting.faults.rules import API_ROOT
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import IdSource, derived_id, parse_id
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Client
from mock_accounting.traffic.consents import (
    AuthorizationCodes,
    GrantInvalid,
    RefreshTokens,
)
from mock_accounting.traffic.scopes import DEFAULT_SCOPES, OFFLINE, allows, is_scope
from mock_accounting.traffic.tokens import (
    LIFETIME_S,
    Grant,
    TokenExpired,
    TokenInvalid,
    Tokens,
)


class Identity:
    """Issues tokens, and tells from a token which books may be opened."""

    def __init__(
        self,
        organisations: Organisations,
        tokens: Tokens,
        codes: AuthorizationCodes,
        refresh_tokens: RefreshTokens,
        ids: IdSource,
    ) -> None:
        self._organisations = organisations
        self._tokens = tokens
        self._codes = codes
        self._refresh_tokens = refresh_tokens
        self._ids = ids

    def instance_id(self) -> str:
        """The identifier an error answer carries."""
        return self._ids.next()

    def token(self, call: Call) -> Answer:
        """POST /connect/token, for each kind of grant."""
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
            Rejected: With 403 if the client is not connected to them, or the
                token's scope does not open what is called.
        """
        given = call.header("Xero-Tenant-Id")
        tenant_id = parse_id(given) if given else grant.tenant_id
        books = self._organisations.find(tenant_id or "")
        if (
            books is None
            or tenant_id not in self._tenant_ids(grant)
            or not allows(grant.scope, call.method, call.path[len(API_ROOT) :])
        ):
            raise Rejected(answers.forbidden(self.instance_id()))
        return books

    def connections(self, call: Call, grant: Grant) -> Answer:
        """GET /connections, DELETE /connections/{id}."""
        found = {
            derived_id(grant.client_id, tenant_id): self._organisations.find(tenant_id)
            for tenant_id in self._tenant_ids(grant)
        }
        _, _, connection_id = call.path.strip("/").partition("/")
        if call.method != ("DELETE" if connection_id else "GET"):
            return answers.method_not_allowed()
        if not connection_id:
            shown: list[JsonValue] = [
                show_connection(its_id, books.organisation)
                for its_id, books in found.items()
                if books is not None
            ]
            return answers.json_answer(200, shown)
        books = found.get(parse_id(connection_id) or "")
        if books is None:
            return answers.not_found()
        tenant_id = books.organisation.organisation_id
        self._organisations.disconnect(grant.client_id, tenant_id)
        return Answer(status=204)

    def _tenant_ids(self, grant: Grant) -> tuple[str, ...]:
        client = self._organisations.client(grant.client_id)
        return client.tenant_ids if client else ()

    def _granted(self, client: Client, form: dict[str, str]) -> Answer:
        try:
            match form.get("grant_type"):
                case "client_credentials":
                    return self._by_credentials(client, form)
                case "authorization_code":
                    return self._by_code(client, form)
                case "refresh_token":
                    return self._by_refresh(client, form)
                case _:
                    return answers.token_error("unsupported_grant_type")
        except GrantInvalid:
            return answers.token_error("invalid_grant")

    def _by_credentials(self, client: Client, form: dict[str, str]) -> Answer:
        scope = form.get("scope", "").strip() or DEFAULT_SCOPES
        if not all(map(is_scope, scope.split())):
            return answers.token_error("invalid_scope")
        return self._token_answer(client, scope, refreshable=False)

    def _by_code(self, client: Client, form: dict[str, str]) -> Answer:
        consent = self._codes.redeem(
            form.get("code", ""),
            client_id=client.client_id,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
        refreshable = OFFLINE in consent.scope.split()
        return self._token_answer(client, consent.scope, refreshable=refreshable)

    def _by_refresh(self, client: Client, form: dict[str, str]) -> Answer:
        token = form.get("refresh_token", "")
        scope = self._refresh_tokens.use(token, client.client_id)
        asked = form.get("scope", "").split()
        if not set(asked) <= set(scope.split()):
            return answers.token_error("invalid_scope")
        return self._token_answer(client, scope, refreshable=True)

    def _token_answer(self, client: Client, scope: str, *, refreshable: bool) -> Answer:
        tenant_id = next(iter(client.tenant_ids), "")
        content: JsonObject = {
            "access_token": self._tokens.issue(client.client_id, tenant_id, scope),
            "expires_in": LIFETIME_S,
            "token_type": "Bearer",
            "scope": scope,
        }
        if refreshable:
            content["refresh_token"] = self._refresh_tokens.issue(
                client.client_id, scope
            )
        return answers.json_answer(200, content, {"Cache-Control": "no-store"})

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
