"""Alarms and channels from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.domain.notices import Encryption
from tests.cli.conftest import Terminal
from tests.fixtures.receivers import (
    PASSWORD,
    USER,
    a_chat_program,
    a_mail_server,
    make_certificate,
)

MAIL = (
    *("channels", "add", "--kind", "email", "--name", "Office"),
    *("--from", "sluice@company.example", "--to", "ann@company.example"),
)


def test_a_company_that_nobody_works_for_is_told_so(company: Terminal) -> None:
    alarms = company.facts("alarms", exit_code=1)["alarms"]

    assert [(alarm["kind"], alarm["subject"]) for alarm in alarms] == [
        ("worker silent", "engine"),
        ("worker silent", "scheduler"),
    ]
    assert "Start the program again" in company.run("alarms").stdout


def test_a_mail_channel_is_set_up_and_tried_out(
    company: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "localhost.pem"
    make_certificate(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with a_mail_server(Encryption.STARTTLS, certificate) as box:
        server = ("--host", "localhost", "--port", str(box.port), "--user", USER)
        typed = f"{PASSWORD}\n"
        company.facts(*MAIL, *server, "--password-stdin", typed=typed)

        company.facts("channels", "test", "--name", "Office")

        assert box.subjects() == ["Sluice: this is a test"]
    shown = company.run("channels", "list", "--json").stdout
    assert "Office" in shown
    assert PASSWORD not in shown
    assert "cannot be reached" in company.error("channels", "test", "--name", "Office")


def test_a_webhook_leads_to_the_internet_or_nowhere(
    company: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_chat_program() as chat:
        hook = ("channels", "add", "--kind", "webhook", "--name", "Chat")
        refused = company.error(*hook, "--url", chat.url)
        monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
        company.facts(*hook, "--url", chat.url, "--of", "no orders")

        company.facts("channels", "test", "--name", "Chat")

        assert "is not https" in refused
        assert chat.subjects() == ["Sluice: this is a test"]
    (channel,) = company.facts("channels", "list")["channels"]
    assert channel["of"] == ["no orders"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (MAIL, "needs --host, --from and --to"),
        (
            (*MAIL, "--host", "m.example", "--user", "u", "--encryption", "none"),
            "starttls or tls",
        ),
        (("channels", "test", "--name", "Nobody"), "no channel Nobody"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    company: Terminal, command: tuple[str, ...], said: str
) -> None:
    assert said in company.error(*command)


def test_a_name_is_given_once(company: Terminal) -> None:
    company.facts(*MAIL, "--host", "m.example")

    assert "Office" in company.error(*MAIL, "--host", "m.example")
