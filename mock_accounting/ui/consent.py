"""The page where a user lets an app into organisations, as in OAuth 2."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.consents import (
    AuthorizationCodes,
    Consent,
    may_send_back,
    origin_of,
)
from mock_accounting.traffic.scopes import is_scope

PATH = "/identity/connect/authorize"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self' {origin}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """What an app asks a user for."""

    client_id: str
    scope: str
    redirect_uri: str
    state: str
    challenge: str | None


def consent_blueprint(
    organisations: Organisations, codes: AuthorizationCodes
) -> Blueprint:
    """The page that asks, and the answer that sends the user back to the app."""
    blueprint = Blueprint("consent", __name__, template_folder="templates")

    @blueprint.get(PATH)
    def ask() -> Response:
        wish = _wish()
        problem = _problem(organisations, wish)
        page = render_template(
            "mock/consent.html",
            wish=wish,
            problem=problem,
            all_books=organisations.all(),
        )
        response = Response(page, status=400 if problem else 200)
        origin = "" if problem else origin_of(wish.redirect_uri)
        response.headers["Content-Security-Policy"] = _POLICY.format(origin=origin)
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.post(PATH)
    def decide() -> AnyResponse:
        wish = _wish()
        if _problem(organisations, wish):
            return ask()
        chosen = [
            tenant_id
            for tenant_id in request.form.getlist("organisation")
            if organisations.find(tenant_id)
        ]
        if request.form.get("decision") != "allow" or not chosen:
            return _back(wish, {"error": "access_denied"})
        organisations.connect(wish.client_id, chosen)
        consent = Consent(
            client_id=wish.client_id,
            scope=wish.scope,
            redirect_uri=wish.redirect_uri,
            challenge=wish.challenge,
        )
        return _back(wish, {"code": codes.issue(consent), "scope": wish.scope})

    return blueprint


def _wish() -> _Wish:
    query = request.args
    return _Wish(
        client_id=query.get("client_id", ""),
        scope=" ".join(query.get("scope", "").split()),
        redirect_uri=query.get("redirect_uri", ""),
        state=query.get("state", ""),
        challenge=query.get("code_challenge") or None,
    )


def _problem(organisations: Organisations, wish: _Wish) -> str | None:
    """Why the app cannot be let in; it is told to the user, never sent on."""
    if request.args.get("response_type") != "code":
        return "unauthorized_client: response_type must be code."
    client = organisations.client(wish.client_id)
    if client is None:
        return f"unauthorized_client: there is no client {wish.client_id!r}."
    if not may_send_back(client, wish.redirect_uri):
        return (
            f"unauthorized_client: the redirect_uri {wish.redirect_uri!r} is not "
            f"registered. Send it to /__mock__/clients/{client.client_id}/redirects."
        )
    unknown = [it for it in wish.scope.split() if not is_scope(it)]
    if unknown or not wish.scope:
        return f"invalid_scope: {' '.join(unknown) or 'no scope was asked for'}."
    if wish.challenge and request.args.get("code_challenge_method") != "S256":
        return "invalid_request: code_challenge_method must be S256."
    return None


def _back(wish: _Wish, answer: dict[str, str]) -> AnyResponse:
    if wish.state:
        answer |= {"state": wish.state}
    joint = "&" if "?" in wish.redirect_uri else "?"
    return redirect(wish.redirect_uri + joint + urlencode(answer))
