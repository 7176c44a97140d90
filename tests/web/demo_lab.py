"""A lab that only writes down what it is asked, for tests of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from dashboard.lab.client import Lab, LabRefused, LabSilent

SCENES = ("answers-lost", "books-down", "unknown-tax", "paid-twice", "edited")


class LabDouble(Lab):
    """Answers like the demo shop; *orders* and *scenes* are what it tells."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any] | None]] = []
        self.orders: list[dict[str, Any]] = []
        self.scenes: dict[str, dict[str, Any]] = {}
        self.faults: list[str] = []
        self.ahead_s = 0.0
        self.refusal = ""
        self.is_away = False

    def has(self, number: str, scene: str = "", *acts: str) -> None:
        """Let the shop have an order."""
        order = {"number": number, "scene": scene, "status": "processing"}
        items = [{"name": "Stoneware mug", "quantity": 2}]
        self.orders.append(
            {**order, "items": items, "total": "31.89", "acts": list(acts)}
        )
        if scene:
            self.scenes[scene] = {"orders": [number], "since": _SINCE}

    @override
    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        if self.is_away:
            raise LabSilent("The demo shop does not answer.")
        if method == "GET":
            return self._state()
        self.asked.append((path, body))
        if self.refusal:
            raise LabRefused(self.refusal)
        if path == "/lab/clock" and body is not None:
            self.ahead_s += body["advance_s"]
            return self._state()
        return {"number": "500001"}

    def _state(self) -> dict[str, Any]:
        nothing = {"since": None, "running": False, "reason": "", "orders": []}
        return {
            "ahead_s": self.ahead_s,
            "speed": 1,
            "speeds": [0, 1, 4, 20],
            "faults": self.faults,
            "products": [
                {"sku": "MUG-01", "name": "Stoneware mug", "price": "12.95"},
                {"sku": "LAMP-07", "name": "Desk lamp", "price": "64.95"},
            ],
            "orders": self.orders,
            "scenes": [
                {"key": key, **nothing, **self.scenes.get(key, {})} for key in SCENES
            ],
        }


_SINCE = "2026-11-22T10:30:00+00:00"
