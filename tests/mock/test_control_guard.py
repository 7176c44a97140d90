"""Who may use the control API, and from where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from mock_accounting import app as program
from mock_accounting.app import create_app, main
from mock_accounting.config import Settings

TOKEN = "only-for-tests"


@pytest.fixture
def guarded() -> FlaskClient:
    return create_app(Settings(control_token=TOKEN)).test_client()


def test_without_the_token_nothing_is_switched_or_told(guarded: FlaskClient) -> None:
    answers = [
        guarded.get("/__mock__/requests"),
        guarded.post("/__mock__/reset"),
        guarded.post("/__mock__/reset", headers={"X-Mock-Token": "guessed"}),
        guarded.get("/__mock__/no-such-route"),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 404]


def test_with_the_token_it_is(guarded: FlaskClient) -> None:
    answer = guarded.post("/__mock__/reset", headers={"X-Mock-Token": TOKEN})

    assert answer.status_code == 200


def test_health_is_told_to_everyone(guarded: FlaskClient) -> None:
    assert guarded.get("/__mock__/health").status_code == 200


def test_pages_keep_secrets_back_when_a_token_is_wanted(guarded: FlaskClient) -> None:
    page = guarded.get("/organisations").text

    assert "Secret" not in page
    assert "data-asks-token" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://shop.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "rebound.example"},
    ],
)
def test_a_page_of_another_origin_cannot_use_it(
    api: Any, headers: dict[str, str]
) -> None:
    for method, path in (("POST", "reset"), ("GET", "requests")):
        answer = api.http.open(f"/__mock__/{path}", method=method, headers=headers)
        assert answer.status_code in {400, 403}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What the command says when it begins to serve."""

    class _Served:
        url = "http://0.0.0.0:1"

        def __init__(self, *_: object) -> None:
            self.run = self.close = lambda: None

    monkeypatch.setattr(program, "Server", _Served)

    def run(*arguments: str, **environment: str) -> str:
        result = CliRunner().invoke(
            main, ["serve", "--memory", *arguments], env=environment, color=True
        )
        return result.output

    return run


def test_a_mock_that_others_reach_makes_a_token_and_says_so_in_red(
    told: Callable[..., str],
) -> None:
    said = told("--host", "0.0.0.0", MOCK_ALLOW_REMOTE="mock")  # noqa: S104

    assert "\x1b[31m" in said
    assert "Whoever has this token" in said


def test_a_token_of_ones_own_is_used(told: Callable[..., str]) -> None:
    said = told(
        "--host",
        "0.0.0.0",  # noqa: S104
        MOCK_ALLOW_REMOTE="mock",
        MOCK_CONTROL_TOKEN=TOKEN,
    )

    assert TOKEN in said


def test_a_mock_of_this_machine_alone_makes_none(told: Callable[..., str]) -> None:
    assert "token" not in told()


def test_a_seed_file_that_makes_no_sense_ends_the_command_with_one_line(
    told: Callable[..., str], tmp_path: Any
) -> None:
    path = tmp_path / "seed.json"
    path.write_text('{"presets": ["flood"]}')

    said = told("--seed-file", str(path))

    assert said == f"mock-accounting: {path}: There is no preset flood.\n"
