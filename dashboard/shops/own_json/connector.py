"""Orders in our own format: who signed them and what they bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.domain.sentences import say
from dashboard.shops.own_json.order import read_order
from dashboard.shops.own_json.schema import schema_errors
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import (
    Deleted,
    FieldError,
    Message,
    NotUnderstood,
    Received,
)
from dashboard.shops.signatures import is_signed

_SCHEME = "sha256="


class OwnJson:
    """Reads orders that follow ``order.schema.json``."""

    kind = "json"
    kept_headers = frozenset[str]()

    def signature_is_valid(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
    ) -> bool:
        """Tell whether one of the active *secrets* signed exactly these bytes."""
        given = header(headers, "X-Sluice-Signature").lower()
        return is_signed(given, body, secrets, _written)

    def is_unsigned_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Return False: in our own format everything is signed."""
        del headers, body
        return False

    def read(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return the order; its errors are those of the schema, each with its field.

        Raises:
            NotJson: If *body* is not a JSON object.
        """
        del headers
        payload, repeated = parse_object(body)
        errors = [
            *(FieldError(path=key, message=say("is there twice")) for key in repeated),
            *schema_errors(payload),
        ]
        if not errors:
            if payload["status"] == "deleted":
                return Deleted(external_id=payload["id"])
            order = read_order(payload, errors)
            if not errors:
                return Received(order=order)
        return _not_understood(payload, errors)


def _not_understood(
    payload: Mapping[str, Any], errors: Sequence[FieldError]
) -> NotUnderstood:
    """Return the errors with the id and number, as far as these can be read."""
    wrong = {error.path for error in errors}
    external_id = "" if "id" in wrong else payload["id"]
    number = external_id if "number" in wrong else payload.get("number", external_id)
    return NotUnderstood(external_id=external_id, number=number, errors=tuple(errors))


def _written(digest: bytes) -> bytes:
    return f"{_SCHEME}{digest.hex()}".encode()
