"""Every scene of the Demo lab with the real programs, and again after a reset.

Used as a trainer does: signed in to the dashboard, pressing its buttons.
"""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from seed.lab.scenes import SCRIPTS
from tests.seed.test_real_demo import free_port, invoices_at, script

pytestmark = pytest.mark.e2e

PATIENCE_S = 90
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_SCENE = re.compile(r'id="scene-([a-z-]+)-live"(.*?)</section>', re.DOTALL)
_BADGE = re.compile(r'scene-head">.*?badge-tone[^>]*>.*?</svg>([^<]+)', re.DOTALL)
_ORDER = re.compile(
    r'order-link" href="[^"]+">(\d+)</a>.*?amount">([^<]+)<.*?</svg>([^<]+)<',
    re.DOTALL,
)


@dataclass
class Trainer:
    """Somebody at a browser, signed in to a demo's dashboard."""

    url: str
    mock: str
    data: Path
    browser: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        self.browser.trust_env = False
        memory = json.loads((self.data / "demo.json").read_text("utf-8"))
        entered = {"email": "demo@sluice.example", "password": memory["password"]}
        assert "Demo lab" in self.press("/sign-in", entered, page="/sign-in")

    def see(self, path: str = "/demo") -> str:
        return self.browser.get(self.url + path, timeout=20).text

    def press(
        self, path: str, form: dict[str, Any] | None = None, *, page: str = "/demo"
    ) -> str:
        token = _TOKEN.findall(self.see(page))[0]
        answer = self.browser.post(
            self.url + path, data={**(form or {}), "csrf_token": token}, timeout=20
        )
        assert answer.ok, f"{path}: {answer.status_code}"
        return answer.text

    def scenes(self) -> dict[str, tuple[str, list[tuple[str, str, str]]]]:
        """Return state and orders (number, total, status) of the scenes played."""
        return {
            key: (
                found.group(1).strip(),
                [
                    (number, html.unescape(total).strip(), status.strip())
                    for number, total, status in _ORDER.findall(shown)
                ],
            )
            for key, shown in _SCENE.findall(self.see())
            if (found := _BADGE.search(shown))
        }

    def play_all(self) -> dict[str, tuple[str, list[tuple[str, str, str]]]]:
        """Play every scene until none runs, moving the clock over the outage."""
        for scene in SCRIPTS:
            if scene != "books-down":
                self.press(f"/demo/scenes/{scene}")
        until(lambda: self._rest(but={"books-down"}))
        self.press("/demo/scenes/books-down")
        until(lambda: len(self.scenes()["books-down"][1]) == 3)
        assert self.scenes()["books-down"][0] == "Running"
        self.press("/demo/clock", {"seconds": "120"})
        until(lambda: self._rest(but=set()))
        return self.scenes()

    def _rest(self, *, but: set[str]) -> bool:
        scenes = self.scenes()
        return (set(SCRIPTS) - but) <= set(scenes) and not any(
            state == "Running" for state, _orders in scenes.values()
        )

    def booked(self) -> dict[str, tuple[Any, ...]]:
        """Return what the books hold: invoices by number, with whom and how much."""
        return {
            number: (
                invoice["Contact"]["Name"],
                invoice["Total"],
                invoice["AmountDue"],
                [line["LineAmount"] for line in invoice["LineItems"]],
                invoice["InvoiceID"],
            )
            for number, invoice in invoices_at(self.mock).items()
        }


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainer]:
    folder = tmp_path_factory.mktemp("lab")
    dashboard, mock = free_port(), free_port()
    demo = subprocess.Popen(
        [script("sluice-seed"), "demo", "--over", "0", "--every", "600"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "SLUICE_DATA_DIR": str(folder / "data"),
            "SLUICE_SETTLE_SECONDS": "1",
            "MOCK_LIMITS": "off",
            "DASHBOARD_PORT": str(dashboard),
            "MOCK_PORT": str(mock),
            "DEMO_ORDERS": "0",
            # As in the compose file: then the mock wants a token of who controls it.
            "DEMO_HOST": "0.0.0.0",  # noqa: S104
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    trainer = Trainer(
        url=f"http://127.0.0.1:{dashboard}",
        mock=f"http://127.0.0.1:{mock}",
        data=folder / "data",
    )
    try:
        until(lambda: demo.poll() is not None or answers(trainer.url))
        trainer.sign_in()
        yield trainer
    finally:
        trainer.browser.close()
        demo.send_signal(signal.SIGINT)
        output = demo.communicate(timeout=PATIENCE_S)[0]
    assert demo.returncode == 0, output
    assert "Traceback" not in output


def test_every_scene_ends_as_its_text_says_and_the_same_after_a_reset(
    trainer: Trainer,
) -> None:
    first, books = trainer.play_all(), trainer.booked()

    ended = {key: state for key, (state, _orders) in first.items()}
    assert ended == {
        "answers-lost": "Ended well",
        "books-down": "Ended well",
        "unknown-tax": "Your turn",
        "paid-twice": "Your turn",
        "edited": "Your turn",
    }
    orders = [order for _state, found in first.values() for order in found]
    assert {status for *_order, status in orders} == {"Paid", "Needs attention"}
    # One invoice an order, paid once; the tax that nobody knows is not booked.
    numbers = {f"W-{number}" for number, *_rest in orders}
    assert set(books) == numbers - {"W-503001"}
    assert {invoice[2] for invoice in books.values()} == {0}

    reset(trainer)
    again, books_again = trainer.play_all(), trainer.booked()

    assert again == first
    without_ids = {number: facts[:-1] for number, facts in books.items()}
    assert {n: facts[:-1] for n, facts in books_again.items()} == without_ids


def reset(trainer: Trainer) -> None:
    """Go back to the start from the same browser, as its page does."""
    going = trainer.press("/demo/start", page="/demo/start")
    token = _TOKEN.findall(going)[0]
    until(lambda: not answers(trainer.url))
    until(lambda: answers(trainer.url))
    back = trainer.browser.post(
        f"{trainer.url}/demo/returned", data={"csrf_token": token}, timeout=20
    )
    assert "Everything is as it was at the start." in back.text
    assert trainer.scenes() == {}
    assert trainer.booked() == {}
    assert 'data-ahead="0"' in back.text


def answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def until(holds: Callable[[], bool]) -> None:
    """Look again and again until *holds*; fail after a while."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.1)
