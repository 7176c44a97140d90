"""Dashboards to look at: one as after the first start, one with a shop and rules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from dashboard.app import build, open_pages
from dashboard.config import Settings
from dashboard.domain.clock import Clock
from dashboard.store.database import db
from tests.fixtures.clocks import SettableClock
from tests.web.scene import RULES, Scene

MakeScene = Callable[..., Scene]
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[MakeScene]:
    """Return what makes a dashboard with the given clock; its tables are empty."""
    opened: list[Flask] = []

    def make(clock: Clock, **of_demo: str) -> Scene:
        settings = Settings(
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'sluice.db'}",
            secret_key=b"k" * 32,
            demo=True,
            allow_loopback_api=True,
            **of_demo,
        )
        program = build(settings, clock)
        with program.app.app_context():
            db.create_all()
        app = open_pages(program)
        opened.append(app)
        return Scene(program, app, clock)

    yield make
    for app in opened:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def empty(make_scene: MakeScene, clock: SettableClock) -> Scene:
    """A dashboard as it is after the first start: nobody and nothing."""
    return make_scene(clock)


@pytest.fixture
def scene(empty: Scene) -> Scene:
    """A dashboard with a shop, rules and a living engine."""
    empty.shop()
    empty.program.company.save_rules(RULES, expected_version=0)
    empty.connect()
    empty.beat()
    return empty


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        missing("Chromium was not found on this machine: the pages are NOT tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield browser
        browser.close()
