"""Takes our own secrets out of an answer: some servers say back what they were told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from dashboard.domain.exchanges import MASK, Exchange

_SECRET_HEADERS: Final = {"authorization", "x-shopify-access-token"}
_SECRET_FIELDS: Final = ("client_secret", "refresh_token")
# A shorter one is a word of its own: masked everywhere, it would hide what happened.
_SHORTEST: Final = 8


def without_echoes(
    exchange: Exchange, headers: Mapping[str, str], body: bytes = b""
) -> Exchange:
    """Return *exchange* without the secrets that its request was sent with.

    *headers* and *body* are those of the request, as they were sent.
    """
    secrets = {*_in_headers(headers), *_in_form(headers, body)}
    known = sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in known:
            text = text.replace(secret, MASK)
        return text

    return replace(
        exchange,
        response_headers={
            name: clean(value) for name, value in exchange.response_headers.items()
        },
        response_body=clean(exchange.response_body),
        error=clean(exchange.error),
    )


def _in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            scheme, _, given = value.rpartition(" ")
            yield given
            if scheme == "Basic":
                yield from _in_basic(given)


def _in_basic(given: str) -> Iterator[str]:
    try:
        yield from base64.b64decode(given).decode().split(":", 1)
    except (binascii.Error, UnicodeDecodeError):
        return


def _in_form(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    kinds = (v for k, v in headers.items() if k.lower() == "content-type")
    if not any("form-urlencoded" in kind for kind in kinds):
        return
    fields = parse_qs(body.decode("utf-8", "replace"))
    for name in _SECRET_FIELDS:
        yield from fields.get(name, ())
