"""`POST /intake/<shop>`: orders pushed by a shop, answered once they are stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard.domain.runs import Trigger
from dashboard.shops.protocol import NotJson
from dashboard.store.company import CompanyStore
from dashboard.sync.intake import Intake, Kept, Noted, Nothing, WrongSignature

_log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
_TO_BE_READ = "The order is read from the shop itself, now or with the next pull."


@dataclass(frozen=True, kw_only=True)
class IntakeServices:
    """What the intake works with; both calls come after the commit.

    *wake* says that an order is there, *look* that one is to be read from its shop.
    """

    company: CompanyStore
    intake: Intake
    wake: Callable[[Trigger], None]
    look: Callable[[], None]


def intake_blueprint(services: IntakeServices) -> Blueprint:
    """Return the routes of the intake."""
    blueprint = Blueprint("intake", __name__)

    @blueprint.post("/intake/<slug>")
    def receive(slug: str) -> ResponseReturnValue:
        # PostgreSQL refuses a text with a zero byte in it.
        shop = services.company.shop(slug) if slug.isprintable() else None
        if shop is None:
            return _error(404, f"There is no shop {slug!r} here.")
        body = _body()
        if body is None:
            return _error(413, f"The message is larger than {MAX_BYTES} bytes.")
        try:
            result = services.intake.receive(shop, dict(request.headers), body)
        except WrongSignature:
            _log.warning("wrong signature", extra={"shop": slug})
            return "", 401
        except NotJson as error:
            return _error(
                400,
                error.message,
                position={"line": error.line, "column": error.column},
            )
        return _answer(result, services)

    return blueprint


def _body() -> bytes | None:
    """Return the body of the current request, None if it is too large."""
    # One more than allowed: a body of unknown length is cut there without a word,
    # and would be taken for one with a wrong signature.
    request.max_content_length = MAX_BYTES + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= MAX_BYTES else None


def _answer(
    result: Kept | Noted | Nothing, services: IntakeServices
) -> ResponseReturnValue:
    match result:
        case Nothing(reason=reason):
            return jsonify(status="nothing to store", reason=reason), 200
        case Noted():
            services.look()
            return jsonify(status="noted", reason=_TO_BE_READ), 202
        case Kept():
            if result.news:
                services.wake(Trigger.ORDER)
            return _kept(result)


def _kept(result: Kept) -> ResponseReturnValue:
    if result.errors:
        fields = [{"path": e.path, "message": e.message} for e in result.errors]
        return _error(
            422,
            "The order is not understood. It is kept, and shown as needing attention.",
            fields=fields,
            order=result.order_id,
        )
    status = "stored" if result.news else "known"
    return jsonify(status=status, order=result.order_id), 202 if result.news else 200


def _error(code: int, message: str, **details: object) -> ResponseReturnValue:
    return jsonify(error=message, **details), code
