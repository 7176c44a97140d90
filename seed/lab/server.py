"""The lab's control over HTTP, on this machine alone, for who knows its token."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Flask, Response, jsonify, request
from typing_extensions import override
from werkzeug.serving import WSGIRequestHandler, make_server

from seed.lab.orders import Act, Item, LabOrder, Paying, acts, on_sale, product, total
from seed.lab.scenes import SCRIPTS
from seed.lab.stage import SPEEDS, Lab
from seed.problems import LabRefused
from seed.totals import cents

_NEWEST: Final = 60
_Choice = TypeVar("_Choice", bound=StrEnum)


class LabServer:
    """Serves a lab on a free port of this machine."""

    def __init__(self, lab: Lab, token: str) -> None:
        self._server = make_server(
            "127.0.0.1", 0, _app(lab, token), threaded=True, request_handler=_Quiet
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="lab", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer nothing any more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the demo's own lines are for people."""


def _app(lab: Lab, token: str) -> Flask:
    app = Flask("seed.lab")

    @app.before_request
    def guard() -> tuple[Response, int] | None:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return jsonify(error="The token of the lab is missing or wrong."), 401

    @app.errorhandler(LabRefused)
    def refused(error: LabRefused) -> tuple[Response, int]:
        return jsonify(error=str(error)), 409

    @app.get("/lab")
    def show() -> Response:
        return jsonify(_state(lab))

    @app.post("/lab/orders")
    def place() -> Response:
        told = _told()
        order = lab.place(_items(told), _choice(Paying, told.get("paying")))
        return jsonify(_order(order, lab))

    @app.post("/lab/orders/<int:number>/<act>")
    def act(number: int, act: str) -> Response:
        return jsonify(_order(lab.act(number, _choice(Act, act)), lab))

    @app.post("/lab/scenes/<scene>")
    def play(scene: str) -> Response:
        lab.play(scene)
        return jsonify(_state(lab))

    _add_controls(app, lab)
    return app


def _add_controls(app: Flask, lab: Lab) -> None:
    @app.post("/lab/clock")
    def advance() -> Response:
        lab.advance(_number(_told().get("advance_s")))
        return jsonify(_state(lab))

    @app.post("/lab/speed")
    def speed() -> Response:
        lab.set_speed(int(_number(_told().get("speed"))))
        return jsonify(_state(lab))

    @app.post("/lab/faults/clear")
    def clear_faults() -> Response:
        lab.books.clear_faults()
        return jsonify(_state(lab))

    @app.post("/lab/start")
    def start() -> tuple[Response, int]:
        lab.ask_for_start()
        return jsonify(status="going back"), 202


def _state(lab: Lab) -> dict[str, Any]:
    plays = lab.plays()
    orders = lab.orders()
    return {
        "now": lab.now().isoformat(),
        "ahead_s": lab.ahead_s,
        "speed": lab.speed,
        "speeds": list(SPEEDS),
        "faults": lab.books.faults(),
        "products": [
            {"sku": each.sku, "name": each.name, "price": _money(each.price)}
            for each in on_sale()
        ],
        "orders": [_order(order, lab) for order in orders[:_NEWEST]],
        "scenes": [
            {
                "key": key,
                "since": plays[key].since.isoformat() if key in plays else None,
                "running": key in plays and plays[key].running,
                "reason": plays[key].reason if key in plays else "",
                "orders": [str(it.number) for it in orders if it.scene == key],
            }
            for key in SCRIPTS
        ],
    }


def _order(order: LabOrder, lab: Lab) -> dict[str, Any]:
    return {
        "number": str(order.number),
        "scene": order.scene,
        "items": [
            {"name": product(item.sku).name, "quantity": item.quantity}
            for item in order.items
        ],
        "status": order.status.value,
        "total": _money(total(order, lab.seed, lab.shop)),
        "acts": [act.value for act in acts(order)],
    }


def _money(amount: Decimal) -> str:
    return str(cents(amount))


def _told() -> Mapping[str, Any]:
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise LabRefused("The body must be a JSON object.")
    return told


def _items(told: Mapping[str, Any]) -> tuple[Item, ...]:
    quantities = told.get("items")
    if not isinstance(quantities, dict):
        raise LabRefused("items must be an object of quantities by SKU.")
    return tuple(
        Item(sku=str(sku), quantity=int(_number(quantity)))
        for sku, quantity in quantities.items()
    )


def _choice(kind: type[_Choice], given: object) -> _Choice:
    try:
        return kind(str(given))
    except ValueError:
        wanted = ", ".join(kind)
        raise LabRefused(f"{given!r} is none of {wanted}.") from None


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise LabRefused(f"{given!r} is no number.")
    return float(given)
