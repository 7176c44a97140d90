"""Asks the lab of a demonstration to do something, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from dashboard.lab.state import LabState, read_state
from dashboard.outbound.transport import NoAnswer, NotSent, Transport

_CONFLICT: Final = 409


class LabSilent(Exception):
    """The lab does not answer, or not as it should; the message says what to do."""


class LabRefused(Exception):
    """The lab cannot do what it was asked; the message says why."""


class Lab:
    """The lab at an address, for who knows its token."""

    def __init__(self, url: str, token: str, transport: Transport) -> None:
        self._url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        self._transport = transport

    def state(self) -> LabState:
        """Return how things stand.

        Raises:
            LabSilent: If it does not answer.
        """
        try:
            return read_state(self._call("GET", "/lab"))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise LabSilent(_not_ours(self._url)) from error

    def place(self, items: Mapping[str, int], paying: str) -> str:
        """Place an order of so many of each SKU and return its number.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If that cannot be ordered.
        """
        told = self._call(
            "POST", "/lab/orders", {"items": dict(items), "paying": paying}
        )
        return str(told.get("number", ""))

    def act(self, number: int, act: str) -> None:
        """Let something happen to an order.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If that cannot happen to it.
        """
        self._call("POST", f"/lab/orders/{number}/{act}")

    def play(self, scene: str) -> None:
        """Begin a scene.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If it is being played, or there is none of that name.
        """
        self._call("POST", f"/lab/scenes/{scene}")

    def advance(self, seconds: int) -> float:
        """Move the clock of shop and books; return how far it is ahead now.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If it does not go there.
        """
        told = self._call("POST", "/lab/clock", {"advance_s": seconds})
        return float(told.get("ahead_s", 0))

    def set_speed(self, speed: int) -> None:
        """Let orders come faster, or not at all.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If it is no speed there is.
        """
        self._call("POST", "/lab/speed", {"speed": speed})

    def clear_faults(self) -> None:
        """Let the books fail no more.

        Raises:
            LabSilent: If it does not answer.
            LabRefused: If the books do not answer.
        """
        self._call("POST", "/lab/faults/clear")

    def go_back(self) -> None:
        """Begin to go back to the start: this process is stopped in a moment.

        Raises:
            LabSilent: If it does not answer.
        """
        self._call("POST", "/lab/start")

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        raw = json.dumps(body).encode() if body is not None else b""
        try:
            reply = self._transport.call(method, self._url + path, self._headers, raw)
        except (NotSent, NoAnswer) as error:
            raise LabSilent(
                f"The demo shop does not answer at {self._url}: is sluice-seed demo "
                "still running?"
            ) from error
        try:
            told = json.loads(reply.body)
        except ValueError as error:
            raise LabSilent(_not_ours(self._url)) from error
        if reply.status == _CONFLICT and isinstance(told, dict):
            raise LabRefused(str(told.get("error", "")))
        if reply.status >= 300 or not isinstance(told, dict):  # noqa: PLR2004 - not taken
            raise LabSilent(_not_ours(self._url))
        return told


def _not_ours(url: str) -> str:
    return (
        f"What answers at {url} is not the demo shop this dashboard was started by. "
        "Start the demo again."
    )
