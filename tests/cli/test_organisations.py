"""Organisations from the command line: made, named by commands, upgraded, removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask_migrate import downgrade

from dashboard.app import Program
from dashboard.domain.organisations import Organisation, slug_of
from dashboard.installation import open_organisation
from dashboard.store.database import MIGRATIONS

ACME = Organisation(slug="acme", name="Acme Trading")
SHOP = ("shops", "add", "--kind", "json", "--secret", "secret-of-shop")


@pytest.fixture
def acme(company: Any) -> Any:
    """A terminal on an installation with a second organisation."""
    company.facts("organisations", "add", "Acme Trading", "--slug", "acme")
    return company


def test_an_organisation_is_added_once_with_a_link_for_its_administrator(
    company: Any, tmp_path: Path
) -> None:
    first = company.facts("organisations", "add", "Acme Trading")
    again = company.facts("organisations", "add", "Acme Trading")

    assert first["added"]
    assert first["path"] == "/at/acme-trading"
    assert "/at/acme-trading/welcome/" in first["link"]
    assert first["data"] == str(
        tmp_path / "data" / "organisations" / "acme-trading" / "sluice.db"
    )
    assert not again["added"]
    (listed,) = company.facts("organisations", "list")["organisations"]
    assert (listed["name"], listed["problem"]) == ("Acme Trading", "")


def test_a_name_that_makes_no_slug_needs_one(company: Any) -> None:
    assert "--slug" in company.error("organisations", "add", "Ωμέγα")

    added = company.facts("organisations", "add", "Ωμέγα", "--slug", "omega")

    assert added["slug"] == "omega"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Trading", "acme-trading"),
        ("  Zoë & Søn, B.V. ", "zoe-sn-b-v"),
        ("Ωμέγα", ""),
        ("x" * 50, "x" * 40),
    ],
)
def test_a_slug_resembles_its_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_command_is_about_the_organisation_it_names(
    acme: Any, program: Program
) -> None:
    told = acme.facts(*SHOP, "--slug", "main", "--organisation", "acme")

    assert told["intake"] == "/at/acme/intake/main"
    assert program.company.shops() == ()
    assert len(open_organisation(program, ACME).company.shops()) == 1


def test_the_setting_names_an_organisation_and_the_option_wins(
    acme: Any, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_ORGANISATION", "acme")

    by_setting = acme.facts(*SHOP, "--slug", "main")
    by_option = acme.facts(*SHOP, "--slug", "main", "--organisation", "")

    assert by_setting["intake"] == "/at/acme/intake/main"
    assert by_option["intake"] == "/intake/main"
    assert len(program.company.shops()) == 1


def test_an_organisation_that_is_not_there_is_named(company: Any) -> None:
    error = company.error("orders", "--organisation", "acne")

    assert error.startswith("There is no organisation acne.")


def test_upgrading_is_about_all_and_one_that_fails_keeps_no_other_from_it(
    acme: Any, program: Program
) -> None:
    acme.facts("organisations", "add", "Bad", "--slug", "bad")
    further = open_organisation(program, ACME)
    with further.app.app_context():
        downgrade(directory=str(MIGRATIONS), revision="0001")
    further.close()
    data = program.settings.data_dir / "organisations"
    (data / "bad" / "sluice.db").unlink()
    before = acme.facts("organisations", "list", exit_code=1)["organisations"]

    upgraded = acme.facts("db", "upgrade", exit_code=1)

    assert ["sluice db upgrade" in each["problem"] for each in before] == [True, False]
    assert list(upgraded["problems"]) == ["bad"]
    assert "is not there" in upgraded["problems"]["bad"]
    after = acme.facts("organisations", "list", exit_code=1)["organisations"]
    assert [bool(each["problem"]) for each in after] == [False, True]


def test_what_is_removed_keeps_its_data_and_comes_back(
    acme: Any, program: Program
) -> None:
    acme.facts(*SHOP, "--slug", "main", "--organisation", "acme")

    removed = acme.facts("organisations", "remove", "acme")

    assert Path(removed["data"]).exists()
    assert acme.facts("organisations", "list")["organisations"] == []
    assert acme.error("organisations", "remove", "acme")
    assert acme.facts("organisations", "add", "Acme", "--slug", "acme")["added"]
    again = open_organisation(program, ACME)
    assert len(again.company.shops()) == 1


def test_an_old_key_stays_until_no_organisation_needs_it(acme: Any) -> None:
    acme.facts(*SHOP, "--slug", "main", "--organisation", "acme")
    acme.facts("secrets", "new-key")

    refused = acme.error("secrets", "forget-old-key")
    rotated = acme.facts("secrets", "rotate")

    assert refused.startswith("1 secrets are encrypted with the old key still.")
    assert rotated["renewed"] == 1
    assert acme.facts("secrets", "forget-old-key") == {"deleted": True}
    assert acme.facts("secrets", "show") == {"current": 1, "old": 0, "unreadable": 0}


def test_books_that_another_organisation_has_are_refused(
    acme: Any, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    books = ("connection", "set", "--kind", "xero", "--base-url", "http://127.0.0.1:9")
    client = ("--client-id", "demo", "--client-secret", "a-secret-of-books")
    acme.facts(*books, *client, "--tenant-id", "one")

    without = acme.error(*books, *client, "--organisation", "acme")
    same = acme.error(*books, *client, "--organisation", "acme", "--tenant-id", "one")
    other = acme.facts(*books, *client, "--organisation", "acme", "--tenant-id", "two")

    assert without == same
    assert "are those of the organisation at / already" in same
    assert other["organisation"] is None
    connection = open_organisation(program, ACME).company.connection()
    assert connection is not None
    assert connection.tenant_id == "two"


def test_a_link_begins_with_the_address_that_browsers_use(
    company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_PUBLIC_URL", "https://books.company.example")

    added = company.facts("organisations", "add", "Acme Trading", "--slug", "acme")

    root = "https://books.company.example/at/acme/welcome/"
    assert added["link"].startswith(root)
