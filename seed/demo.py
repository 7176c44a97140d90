"""The demo: mock, dashboard and a shop whose orders flow from one to the other."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Final

import click
import requests

from seed.catalogue import Rounding, Shop
from seed.company import EMAIL, SHOP_SLUG, set_up
from seed.config import Settings, environment
from seed.lab.books import LabBooks
from seed.lab.server import LabServer
from seed.lab.stage import Lab
from seed.memory import Memory, is_lost, keep, recall
from seed.preflight import check_folder, check_ports
from seed.problems import DataFolderUnusable, DemoProblem, ProgramEnded
from seed.processes import Programs, script
from seed.send import Intake
from seed.story import Pace, Sent, Storyteller, numbers

# Prices with tax and rounding at the subtotal: lines that do not add up to the
# total by a cent come up often enough to be seen.
DEMO_SHOP: Final = Shop(
    url="https://demo-shop.example",
    prices_include_tax=True,
    rounding=Rounding.SUBTOTAL,
)
_HEALTHY_WITHIN_S: Final = 60
_ASK_EVERY_S: Final = 0.1
# The dashboard answers the page that asked for the start before it is stopped.
_LAST_ANSWERS_S: Final = 0.7
_SETTLE_S: Final = "10"
_BEFORE_AGAIN_S: Final = 2.0


def run_demo(settings: Settings, pace: Pace, stop: Event) -> None:
    """Run the demo until *stop* is set; end every program started.

    Raises:
        DemoProblem: If it cannot start, or a program ended by itself.
    """
    check_ports(settings)
    check_folder(settings)
    memory = _memory(settings)
    token = secrets.token_urlsafe(24)
    lab = _lab(settings, memory)
    server = LabServer(lab, token)
    programs = Programs(stop, settings.data_dir)
    try:
        server.start()
        env = _dashboard_environment(settings) | {
            "SLUICE_DEMO_LAB_URL": server.url,
            "SLUICE_DEMO_LAB_TOKEN": token,
        }
        if _start(programs, settings, memory, lab, env):
            _introduce(settings, memory, pace, lab.books.control_token)
            _play(programs, settings, memory, pace, lab, env)
    finally:
        lab.close()
        server.close()
        programs.end()


def _lab(settings: Settings, memory: Memory) -> Lab:
    intake = Intake.of(settings.dashboard_url, SHOP_SLUG, memory.shop_secret)
    # Others may reach the mock then: it wants one, for who controls it.
    token = "" if settings.is_local else secrets.token_urlsafe(24)
    books = LabBooks(settings.mock_url, token)
    return Lab(settings.data_dir, DEMO_SHOP, intake, books, seed=memory.seed)


def _play(
    programs: Programs,
    settings: Settings,
    memory: Memory,
    pace: Pace,
    lab: Lab,
    env: Mapping[str, str],
) -> None:
    """Tell the story until the demo ends; from the start again when asked to."""
    _tell(programs, settings, memory, pace, lab)
    while lab.wants_start and not programs.wait(_LAST_ANSWERS_S):
        memory = memory.anew()
        if not _go_back(programs, settings, memory, lab, env):
            return
        click.echo("Back at the start.")
        _tell(programs, settings, memory, pace, lab)


def _go_back(
    programs: Programs,
    settings: Settings,
    memory: Memory,
    lab: Lab,
    env: Mapping[str, str],
) -> bool:
    """Begin anew, once more if that fails half-way; False if stopped meanwhile.

    Raises:
        DemoProblem: If it fails again.
    """
    click.echo("Going back to the start ...")
    try:
        return _begin_anew(programs, settings, memory, lab, env)
    except DemoProblem as problem:
        click.echo(f"{problem}\nThat failed half-way. Trying it again ...", err=True)
    if programs.wait(_BEFORE_AGAIN_S):
        return False
    return _begin_anew(programs, settings, memory, lab, env)


def _begin_anew(
    programs: Programs,
    settings: Settings,
    memory: Memory,
    lab: Lab,
    env: Mapping[str, str],
) -> bool:
    programs.stop("dashboard")
    _forget_dashboard(settings.data_dir / "dashboard")
    lab.begin_anew()
    # Last: a demo that is killed before this goes on with what is left.
    keep(settings.data_dir, memory)
    set_up(programs, settings, memory, env)
    return not programs.wait(0) and _start_dashboard(programs, settings, lab, env)


def _forget_dashboard(folder: Path) -> None:
    """Remove the databases of all organisations; the key of the cookies stays."""
    for file in folder.glob("sluice.db*"):
        file.unlink()
    shutil.rmtree(folder / "organisations", ignore_errors=True)


def _memory(settings: Settings) -> Memory:
    folder = settings.data_dir
    if is_lost(folder):
        raise DataFolderUnusable(
            f"{folder} holds data but no demo.json, so its sign-in is lost. "
            "Remove the folder to begin anew."
        )
    memory = recall(folder, seed=settings.seed)
    if memory.seed != settings.seed:
        click.echo(
            f"The data in {settings.data_dir} began with DEMO_SEED={memory.seed}; "
            "the story goes on with that."
        )
    return memory


def _start(
    programs: Programs,
    settings: Settings,
    memory: Memory,
    lab: Lab,
    env: Mapping[str, str],
) -> bool:
    """Start both programs and set up the company; False if stopped meanwhile."""
    click.echo("Starting Sluice ...")
    books = settings.data_dir / "mock"
    port = str(settings.mock_port)
    mock = [script("mock-accounting"), "serve", "--port", port, "--data", str(books)]
    programs.start("mock", mock, environment(_heard_on(settings, lab)))
    if not _healthy(programs, "mock", settings.mock_health_url):
        return False
    lab.catch_up()
    set_up(programs, settings, memory, env)
    if programs.wait(0):
        return False
    return _start_dashboard(programs, settings, lab, env)


def _heard_on(settings: Settings, lab: Lab) -> dict[str, str]:
    """Return what the mock is told of where it listens, and who controls it."""
    if settings.is_local:
        return {"MOCK_HOST": settings.host}
    return {
        "MOCK_HOST": settings.host,
        # Names it is called by from elsewhere: none but those of this machine.
        "MOCK_ALLOW_REMOTE": "127.0.0.1",
        "MOCK_CONTROL_TOKEN": lab.books.control_token,
    }


def _start_dashboard(
    programs: Programs, settings: Settings, lab: Lab, env: Mapping[str, str]
) -> bool:
    """Start the dashboard on the demo's clock; False if stopped meanwhile."""
    port = str(settings.dashboard_port)
    dashboard = [script("sluice"), "serve", "--host", settings.host, "--port", port]
    clock = {"SLUICE_DEMO_AHEAD_SECONDS": str(int(lab.ahead_s))}
    programs.start("dashboard", dashboard, {**env, **clock})
    return _healthy(programs, "dashboard", settings.dashboard_health_url)


def _dashboard_environment(settings: Settings) -> dict[str, str]:
    # What becomes of a lost answer is to be seen while people watch.
    settle = {"SLUICE_SETTLE_SECONDS": _SETTLE_S}
    return settle | environment(
        {
            "SLUICE_DATA_DIR": str(settings.data_dir / "dashboard"),
            "SLUICE_DEMO": "1",
            "SLUICE_ALLOW_LOOPBACK_API": "1",
        }
    )


def _healthy(programs: Programs, name: str, url: str) -> bool:
    """Wait until a program says at *url* that it is well; False if stopped meanwhile.

    Raises:
        ProgramEnded: If it ends, or does not say so within a minute.
    """
    until = time.monotonic() + _HEALTHY_WITHIN_S
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < until:
            try:
                if session.get(url, timeout=2).ok:
                    return True
            except requests.RequestException:
                pass  # Not listening yet: that is what is being waited for.
            if programs.wait(_ASK_EVERY_S):
                return False
    raise ProgramEnded(f"The {name} did not answer {url} within {_HEALTHY_WITHIN_S} s.")


def _introduce(
    settings: Settings, memory: Memory, pace: Pace, control_token: str
) -> None:
    click.echo(
        f"""
  Dashboard    {settings.dashboard_url}
  The books    {settings.mock_url}
  Sign in      {EMAIL}
  Password     {memory.password}
  Data, logs   {_short(settings.data_dir)}
"""
    )
    if control_token:
        click.echo(f"  To work the books by hand, their token: {control_token}\n")
    opening = pace.opening - memory.orders_sent
    if opening > 0:
        click.echo(f"{opening} orders come in over the next {pace.over_s:g} seconds,")
        click.echo(f"then one every {pace.every_s:g} seconds. Ctrl-C ends it.\n")
    else:
        click.echo(f"{memory.orders_sent} orders have come in so far; the next ones")
        click.echo(f"come every {pace.every_s:g} seconds. Ctrl-C ends it.\n")


def _short(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _tell(
    programs: Programs,
    settings: Settings,
    memory: Memory,
    pace: Pace,
    lab: Lab,
) -> None:
    """Tell the story until the demo ends, or is to go back to the start."""
    intake = Intake.of(settings.dashboard_url, SHOP_SLUG, memory.shop_secret)
    teller = Storyteller(
        DEMO_SHOP, intake, seed=memory.seed, placed=dict(memory.placed)
    )
    opening_left = max(0, pace.opening - memory.orders_sent)
    in_opening = memory.last_number + opening_left
    rest = replace(pace, opening=opening_left)

    def wait(seconds: float) -> bool:
        return _wait(programs, lab, seconds)

    for number in numbers(memory.last_number + 1, rest, wait):
        sent = teller.tell(number, at=lab.now())
        memory = memory.after(number, teller.placed)
        keep(settings.data_dir, memory)
        for one in sent:
            if not one.delivery.taken or number > in_opening:
                click.echo(line_about(one))
        if number == in_opening:
            click.echo(f"{memory.orders_sent} orders sent.")
    teller.close()
    while not wait(_ASK_EVERY_S):
        """Nothing more to send: the programs run on."""


def _wait(programs: Programs, lab: Lab, seconds: float) -> bool:
    """Wait so long in the story's time; True if it is not to go on."""
    left = seconds
    while left > 0:
        step = min(left, _ASK_EVERY_S)
        if programs.wait(step) or lab.wants_start:
            return True
        left -= step * lab.speed
    return programs.wait(0) or lab.wants_start


def line_about(sent: Sent) -> str:
    """Return what a person wants to know of one delivery, in one line."""
    snapshot = sent.snapshot
    order = snapshot.order
    what = f"{snapshot.modified_at:%H:%M:%S} UTC  order {order.number}"
    if not sent.delivery.taken:
        return f"{what} was not taken: {sent.delivery.reason}"
    event = order.scene.name if snapshot.is_new else "news"
    return f"{what}  {snapshot.status.value}  ({event})"
