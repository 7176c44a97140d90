"""The compose file names only things that exist, and closes what it should."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SETTING = re.compile(r'"((?:SLUICE|MOCK|DEMO|DASHBOARD)_[A-Z_]+)"')
CONFIGS = {
    "sluice": ROOT / "dashboard" / "config.py",
    "mock-accounting": ROOT / "mock_accounting" / "config.py",
    "sluice-seed": ROOT / "seed" / "config.py",
}
SERVICES = ("dashboard", "mock", "demo")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    file = ROOT / "docker-compose.yml"
    return dict(yaml.safe_load(file.read_text("utf-8")))


def test_the_services_are_those_of_the_demo(compose: dict[str, Any]) -> None:
    assert tuple(compose["services"]) == SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_named_is_a_setting_of_that_program(
    compose: dict[str, Any], service: str
) -> None:
    ours = compose["services"][service]
    config = CONFIGS[commands(ours)[-1][0]]

    known = set(SETTING.findall(config.read_text("utf-8")))

    assert set(ours.get("environment", {})) <= known


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_and_option_exists(compose: dict[str, Any], service: str) -> None:
    for program, *arguments in commands(compose["services"][service]):
        words = [word for word in arguments if not word.startswith(("-", "/", "0"))]
        words = [word for word in words if not word.isdecimal()]
        options = [word for word in arguments if word.startswith("--")]

        shown = help_of(program, *words)

        assert shown.returncode == 0, shown.stderr
        assert all(option in shown.stdout for option in options)


@pytest.mark.parametrize("service", SERVICES)
def test_data_is_kept_on_volumes_that_are_declared(
    compose: dict[str, Any], service: str
) -> None:
    ours = compose["services"][service]
    mounted = dict(volume.split(":") for volume in ours["volumes"])

    assert set(mounted) <= set(compose["volumes"])
    assert data_folder(ours) in mounted.values()


def test_the_demonstration_can_start_its_own_dashboard_anew(
    compose: dict[str, Any],
) -> None:
    demo = compose["services"]["demo"]

    assert commands(demo) == [["sluice-seed", "demo"]]
    assert demo["environment"]["DEMO_HOST"] == "0.0.0.0"  # noqa: S104 - in a container
    for setting in ("DASHBOARD_PORT", "MOCK_PORT"):
        port = demo["environment"][setting]
        assert f"127.0.0.1:{port}:{port}" in demo["ports"]


def test_services_stand_in_each_others_way_nowhere(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    ports = [port for service in services for port in service.get("ports", [])]
    volumes = [volume for service in services for volume in service["volumes"]]

    assert len(set(ports)) == len(ports)
    assert len(set(volumes)) == len(volumes)


def test_ports_are_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for port in service.get("ports", []):
            host, outside, inside = port.split(":")
            assert host == "127.0.0.1"
            assert outside == inside


@pytest.mark.parametrize(
    ("name", "path", "open_at"),
    [
        ("dashboard", "/healthz", "dashboard"),
        ("mock", "/__mock__/health", "dashboard"),
        ("demo", "/healthz", "demo"),
    ],
)
def test_health_is_asked_at_the_port_that_is_served(
    compose: dict[str, Any], name: str, path: str, open_at: str
) -> None:
    service = compose["services"][name]
    command = commands(service)[-1]
    told = service["environment"].get("DASHBOARD_PORT")
    port = told or command[command.index("--port") + 1]

    asked = " ".join(service["healthcheck"]["test"])

    assert f"http://127.0.0.1:{port}{path}'" in asked
    assert f"127.0.0.1:{port}:{port}" in compose["services"][open_at]["ports"]


def test_no_secret_stands_in_the_files() -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        text = (ROOT / name).read_text("utf-8")
        assert not re.search(r"(?i)(password|secret|token)[\w-]*\s*[:=]", text)


def test_the_image_runs_as_a_user_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    final_stage = lines[max(i for i, line in enumerate(lines) if "FROM" in line) :]

    assert "USER sluice" in final_stage


def test_the_image_is_built_from_files_that_are_let_in() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile(), re.MULTILINE)
    copied = {name for line in copies for name in line.split()}

    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_a_folder_for_every_data_volume(
    compose: dict[str, Any],
) -> None:
    made = re.search(r"install -d .*", dockerfile())

    assert made
    folders = set(made[0].split())
    for name in ("dashboard", "mock", "demo"):
        assert data_folder(compose["services"][name]) in folders


def commands(service: dict[str, Any]) -> list[list[str]]:
    """Return the commands a service runs, a shell's chain taken apart."""
    command = list(service["command"])
    if command[:2] != ["sh", "-c"]:
        return [command]
    return [part.removeprefix("exec ").split() for part in command[2].split(" && ")]


def data_folder(service: dict[str, Any]) -> str:
    command = commands(service)[-1]
    if "--data" in command:
        return command[command.index("--data") + 1]
    return str(service["environment"]["SLUICE_DATA_DIR"])


def help_of(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name(program), *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text("utf-8")
