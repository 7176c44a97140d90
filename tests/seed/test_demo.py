"""The demo starts, tells, ends and starts again; stand-ins play both programs."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

STAND_IN = Path(__file__).parent / "stand_in.py"
PATIENCE_S = 30


@dataclass
class Stage:
    """A folder with stand-in programs, two free ports, and demos run there."""

    folder: Path
    dashboard_port: int
    mock_port: int
    demos: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *options: str, **settings: str) -> subprocess.Popen[str]:
        """Start ``sluice-seed demo`` as a person would."""
        demo = subprocess.Popen(
            [
                self.folder / "bin" / "python",
                "-c",
                "from seed.cli import main; main()",
                "demo",
                *(options or ("--over", "0.5", "--every", "60")),
            ],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(sys.path),
                "PYTHONUNBUFFERED": "1",
                "DASHBOARD_PORT": str(self.dashboard_port),
                "MOCK_PORT": str(self.mock_port),
                "DEMO_ORDERS": "12",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.demos.append(demo)
        return demo

    @property
    def data(self) -> Path:
        return self.folder / ".data" / "demo"

    def noted(self, name: str) -> list[Any]:
        path = self.data / f"{name}.jsonl"
        if not path.exists():
            return []
        whole_lines = path.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole_lines.splitlines()]

    def new_orders(self) -> list[str]:
        """Return the numbers the intake was sent, each once, as first seen."""
        return list(dict.fromkeys(number for _, _, number, _ in self.noted("orders")))

    def pid(self, name: str) -> int:
        """Return the process id of the latest program *name* that serves."""
        calls = [c for c in self.noted("calls") if c["name"] == name]
        return int([c for c in calls if c["arguments"][0] == "serve"][-1]["pid"])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    for name in ("sluice", "mock-accounting"):
        script = programs / name
        script.write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}")
        script.chmod(0o755)
    stage = Stage(folder=tmp_path, dashboard_port=free_port(), mock_port=free_port())
    yield stage
    for demo in stage.demos:
        if demo.poll() is None:
            demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=PATIENCE_S)


def test_a_start_sets_up_a_company_and_sends_its_orders(stage: Stage) -> None:
    stage.start()

    until(lambda: len(stage.new_orders()) == 12)

    calls = stage.noted("calls")
    assert [call["arguments"][:2] for call in calls] == [
        ["serve", "--port"],
        ["db", "upgrade"],
        ["users", "add"],
        ["connection", "set"],
        ["shops", "add"],
        ["serve", "--host"],
    ]
    assert all(good for _, good, _, _ in stage.noted("orders"))
    assert calls[-1]["env"]["SLUICE_DEMO"] == "1"
    assert calls[-1]["env"]["SLUICE_DATA_DIR"] == str(stage.data / "dashboard")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_that_was_started(
    stage: Stage, number: signal.Signals
) -> None:
    demo = stage.start()
    until(lambda: len(stage.new_orders()) == 12)

    demo.send_signal(number)
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 0
    assert "Traceback" not in output
    assert output.endswith("Everything ended.\n")
    assert not is_running(stage.pid("sluice"))
    assert not is_running(stage.pid("mock-accounting"))


def test_the_sign_in_is_told_and_stays_the_same(stage: Stage) -> None:
    first = stage.start()
    until(lambda: len(stage.new_orders()) == 12)
    outputs = [ended(first)]
    second = stage.start("--every", "0.1")
    until(lambda: len(stage.new_orders()) > 12)
    outputs.append(ended(second))

    memory = json.loads((stage.data / "demo.json").read_text("utf-8"))
    typed = {call["stdin"] for call in stage.noted("calls") if call["stdin"]}
    assert typed == {memory["password"]}
    for output in outputs:
        assert memory["password"] in output
        assert "demo@sluice.example" in output
        assert f"http://127.0.0.1:{stage.dashboard_port}" in output
        assert f"http://127.0.0.1:{stage.mock_port}" in output


def test_the_memory_is_for_its_owner_only(stage: Stage) -> None:
    stage.start()

    until((stage.data / "demo.json").exists)

    assert stat.S_IMODE((stage.data / "demo.json").stat().st_mode) == 0o600


def test_a_second_start_goes_on_where_the_first_ended(stage: Stage) -> None:
    first = stage.start()
    until(lambda: len(stage.new_orders()) == 12)
    ended(first)

    stage.start("--over", "0.5", "--every", "0.1")
    until(lambda: len(stage.new_orders()) >= 16)

    told = [(number, status) for _, _, number, status in stage.noted("orders")]
    assert len(set(told)) == len(told)
    assert stage.new_orders()[:14] == [str(number) for number in range(1001, 1015)]


def test_an_opening_cut_short_is_finished_at_the_next_start(stage: Stage) -> None:
    first = stage.start("--over", "6", "--every", "60")
    until(lambda: len(stage.new_orders()) >= 3)
    ended(first)
    assert len(stage.new_orders()) < 12

    stage.start("--over", "0.2", "--every", "60")

    until(lambda: len(stage.new_orders()) == 12)


def test_another_seed_does_not_mix_two_stories(stage: Stage) -> None:
    first = stage.start()
    until(lambda: len(stage.new_orders()) == 12)
    ended(first)

    second = stage.start(DEMO_SEED="5")
    until(lambda: len(stage.noted("calls")) == 12)

    assert "began with DEMO_SEED=1" in ended(second)


def test_a_refused_order_is_one_line_and_the_rest_goes_on(stage: Stage) -> None:
    stage.data.mkdir(parents=True)
    (stage.data / "refuse").touch()
    demo = stage.start()

    until(lambda: len(stage.new_orders()) == 12)
    output = ended(demo)

    assert demo.returncode == 0
    assert "order 1012 was not taken: HTTP 500" in output


@pytest.mark.parametrize("name", ["sluice", "mock-accounting"])
def test_a_program_that_dies_is_named_and_ends_the_demo(
    stage: Stage, name: str
) -> None:
    demo = stage.start()
    until(lambda: len(stage.new_orders()) == 12)

    os.kill(stage.pid(name), signal.SIGKILL)
    output = demo.communicate(timeout=PATIENCE_S)[0]

    spoken = {"sluice": "dashboard", "mock-accounting": "mock"}[name]
    assert demo.returncode == 1
    assert f"Error: The {spoken} ended by itself (signal 9)." in output
    assert "Traceback" not in output
    other = {"sluice", "mock-accounting"} - {name}
    assert not is_running(stage.pid(other.pop()))


def test_a_program_that_cannot_start_shows_its_last_lines(stage: Stage) -> None:
    stage.data.mkdir(parents=True)
    (stage.data / "fail-serve").touch()

    demo = stage.start()
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert "Error: The mock ended by itself (exit status 3)." in output
    assert "  This went wrong." in output


def test_a_failing_set_up_is_named_and_leaves_nothing_running(stage: Stage) -> None:
    stage.data.mkdir(parents=True)
    (stage.data / "fail-users").touch()

    demo = stage.start()
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert "Error: 'sluice users add' ended with exit status 3" in output
    assert not is_running(stage.pid("mock-accounting"))


def test_a_return_to_the_start_that_fails_half_way_is_tried_again(
    stage: Stage,
) -> None:
    demo = stage.start()
    until(lambda: len(stage.new_orders()) == 12)
    first = stage.pid("sluice")
    (stage.data / "fail-users").write_text("once")
    env = next(c["env"] for c in stage.noted("calls") if c["pid"] == first)

    token = env["SLUICE_DEMO_LAB_TOKEN"]
    requests.post(
        f"{env['SLUICE_DEMO_LAB_URL']}/lab/start",
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_S,
    )
    until(lambda: stage.pid("sluice") != first)
    demo.send_signal(signal.SIGTERM)
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert "'sluice users add' ended with exit status 3" in output
    assert "That failed half-way. Trying it again ..." in output
    assert demo.returncode == 0


@pytest.mark.parametrize(
    ("setting", "program"),
    [("DASHBOARD_PORT", "the dashboard"), ("MOCK_PORT", "the mock accounting package")],
)
def test_a_port_in_use_is_one_line(stage: Stage, setting: str, program: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        demo = stage.start(**{setting: str(port)})
        output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert output.startswith(f"Error: Port {port} for {program} cannot be used")
    assert f"{setting}=" in output
    assert output.count("\n") == 1
    assert stage.noted("calls") == []


def test_a_data_folder_that_cannot_be_written_is_one_line(stage: Stage) -> None:
    (stage.folder / "file").touch()

    demo = stage.start(SLUICE_DATA_DIR=str(stage.folder / "file" / "data"))
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert output.startswith("Error: The data folder ")
    assert "cannot be written" in output
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("setting", "value"), [("DEMO_ORDERS", "many"), ("MOCK_PORT", "70000")]
)
def test_a_setting_that_makes_no_sense_is_one_line(
    stage: Stage, setting: str, value: str
) -> None:
    demo = stage.start(**{setting: value})
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert output.startswith(f"Error: {setting} is '{value}'")
    assert output.count("\n") == 1


def test_data_without_its_memory_is_not_touched(stage: Stage) -> None:
    (stage.data / "dashboard").mkdir(parents=True)

    demo = stage.start()
    output = demo.communicate(timeout=PATIENCE_S)[0]

    assert demo.returncode == 1
    assert "no demo.json" in output
    assert stage.noted("calls") == []


def test_programs_listen_where_they_are_told_to(stage: Stage) -> None:
    stage.start(DEMO_HOST="0.0.0.0")  # noqa: S104 - as in a container

    until(lambda: bool(stage.new_orders()))

    calls = {c["name"]: c for c in stage.noted("calls") if c["arguments"][0] == "serve"}
    assert "0.0.0.0" in calls["sluice"]["arguments"]  # noqa: S104 - see above
    assert calls["mock-accounting"]["env"]["MOCK_HOST"] == "0.0.0.0"  # noqa: S104


def test_settings_of_another_installation_stay_out(stage: Stage) -> None:
    stage.start(SLUICE_DATABASE_URL="postgresql://db.example/books", MOCK_HOST="::")

    until(lambda: len(stage.noted("calls")) == 6)

    assert not any(
        "SLUICE_DATABASE_URL" in call["env"] for call in stage.noted("calls")
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool]) -> None:
    """Look again and again until *holds*; fail after a while."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.02)


def ended(demo: subprocess.Popen[str]) -> str:
    """End a demo and return everything it printed."""
    demo.send_signal(signal.SIGINT)
    return demo.communicate(timeout=PATIENCE_S)[0]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
