"""Bearer tokens: who calls, when it is a program and not a browser."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from dashboard.store.api_tokens import ApiTokenStore


def token_holder(tokens: ApiTokenStore) -> str | None:
    """Return the name of the token the current request bears, None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return tokens.holder(token.strip())


def ask_for_token() -> ResponseReturnValue:
    """Answer that a token is wanted, or that the one given is not known (RFC 6750)."""
    challenge = 'Bearer realm="Sluice"'
    if "Authorization" in request.headers:
        challenge += ', error="invalid_token"'
    message = (
        "This needs the header Authorization: Bearer <token>. "
        "Make a token with: sluice tokens add --name <what it is for>"
    )
    return jsonify(error=message), 401, {"WWW-Authenticate": challenge}
