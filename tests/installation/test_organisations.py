"""Organisations of one installation have nothing in common but the process."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask_migrate import check, downgrade
from sqlalchemy.exc import ProgrammingError

from dashboard.app import Program
from dashboard.domain.organisations import Organisation
from dashboard.domain.users import Role
from dashboard.installation import (
    Installation,
    add_organisation,
    further_organisations,
    open_organisation,
    upgrade_organisation,
)
from dashboard.store.database import MIGRATIONS
from dashboard.store.health import read_health
from dashboard.store.organisations import home_of
from tests.e2e.processes import eventually
from tests.installation.conftest import ACME, Scene

ANN = "ann@company.example"

# What does not depend on the kind of database.
on_sqlite = pytest.mark.parametrize("maker", ["sqlite"], indirect=True)


def test_an_order_lands_in_the_books_of_the_organisation_it_was_sent_to(
    two: Scene,
) -> None:
    two.set_up("", "secret of the first")
    two.set_up("acme", "secret of acme")
    assert two.push("/intake/shop", "1", "secret of the first").status_code == 202
    assert two.push("/at/acme/intake/shop", "2", "secret of acme").status_code == 202

    two.book("")
    two.book("acme")

    assert two.books["first"].invoices() == ["W-1"]
    assert two.books["acme"].invoices() == ["W-2"]


@on_sqlite
def test_a_message_signed_for_one_organisation_is_refused_by_another(
    two: Scene,
) -> None:
    two.set_up("", "secret of the first")
    two.set_up("acme", "secret of acme")

    at_first = two.push("/intake/shop", "1", "secret of acme")
    at_acme = two.push("/at/acme/intake/shop", "2", "secret of the first")

    assert (at_first.status_code, at_acme.status_code) == (401, 401)


@on_sqlite
def test_a_shop_of_one_organisation_is_unknown_to_another(two: Scene) -> None:
    two.set_up("", "secret")

    answer = two.push("/at/acme/intake/shop", "1", "secret")

    assert answer.status_code == 404


@on_sqlite
def test_books_that_are_away_keep_only_their_own_organisation_waiting(
    two: Scene,
) -> None:
    two.set_up("", "secret")
    two.set_up("acme", "secret")
    two.push("/intake/shop", "1", "secret")
    two.push("/at/acme/intake/shop", "2", "secret")
    two.books["first"].silent_sign_ins = 10

    two.book("")
    two.book("acme")

    assert two.books["first"].invoices() == []
    assert two.books["acme"].invoices() == ["W-2"]


def test_an_organisation_is_added_once_with_tables_as_the_first_one_has(
    two: Scene,
) -> None:
    assert not add_organisation(two.first, ACME)

    assert further_organisations(two.first).all() == (ACME,)
    with two.program("acme").app.app_context():
        check(directory=str(MIGRATIONS))


# People ---------------------------------------------------------------------------


@on_sqlite
def test_who_signs_in_at_one_organisation_is_nobody_at_another(two: Scene) -> None:
    two.add_user("acme", ANN)

    answer = two.sign_in("/at/acme", ANN)

    assert answer.location == "/at/acme/orders"
    assert two.is_signed_in("/at/acme")
    assert not two.is_signed_in("")
    assert two.sign_in("", ANN).status_code == 401


@on_sqlite
def test_signing_in_and_out_leaves_the_other_organisation_as_it_was(
    two: Scene,
) -> None:
    for slug in ("", "acme"):
        two.visit(slug, ANN)
    assert two.is_signed_in("")
    assert two.is_signed_in("/at/acme")

    two.sign_out("/at/acme")

    assert two.is_signed_in("")
    assert not two.is_signed_in("/at/acme")


@on_sqlite
def test_a_session_of_one_organisation_is_worth_nothing_under_the_name_of_another(
    two: Scene,
) -> None:
    two.visit("", ANN, Role.ADMINISTRATOR)
    stolen = two.client.get_cookie("sluice")
    assert stolen is not None

    two.client.set_cookie("sluice-acme", stolen.value)

    assert not two.is_signed_in("/at/acme")


@on_sqlite
def test_whoever_has_to_sign_in_comes_back_to_the_page_of_that_organisation(
    two: Scene,
) -> None:
    answer = two.client.get("/at/acme/orders?status=paid")

    assert answer.status_code == 302
    assert answer.location == ("/at/acme/sign-in?next=/at/acme/orders?status%3Dpaid")


@on_sqlite
def test_addresses_on_a_page_stay_within_the_organisation(two: Scene) -> None:
    two.set_up("acme", "secret")
    two.visit("acme", ANN, Role.ADMINISTRATOR)

    page = two.client.get("/at/acme/settings").text

    assert "http://localhost/at/acme/intake/shop" in page
    for start in ('href="/', 'action="/', 'src="/', 'formaction="/'):
        after = [part.partition('"')[0] for part in page.split(start)[1:]]
        assert all(address.startswith("at/acme/") for address in after), after


# Opened, closed, broken -----------------------------------------------------------


@on_sqlite
def test_there_is_nobody_beside_the_only_organisation(alone: Scene) -> None:
    alone.installation.look()

    assert alone.installation.standings() == ()
    assert alone.client.get("/at/acme/").status_code == 404


def test_a_removed_organisation_is_gone_and_comes_back_with_its_data(
    two: Scene,
) -> None:
    two.set_up("acme", "secret")
    two.push("/at/acme/intake/shop", "1", "secret")
    further_organisations(two.first).remove("acme")
    two.installation.look()
    assert two.push("/at/acme/intake/shop", "2", "secret").status_code == 404

    two.add()

    assert two.push("/at/acme/intake/shop", "1", "secret").status_code == 200


def test_tables_of_another_version_are_left_alone_until_they_are_upgraded(
    alone: Scene,
) -> None:
    alone.make(ACME)
    further = open_organisation(alone.first, ACME)
    with further.app.app_context():
        downgrade(directory=str(MIGRATIONS), revision="-1")
    further.close()
    alone.installation.look()
    before = alone.installation.standings()[1].problem

    upgrade_organisation(alone.first, ACME)
    alone.installation.look()

    assert before.endswith("Bring them up to it with: sluice db upgrade")
    assert alone.installation.standings()[1].problem == ""
    assert alone.opened == ["acme"]


@on_sqlite
def test_a_worker_begins_with_an_organisation_that_is_added_while_it_works(
    alone: Scene,
) -> None:
    worker = Installation(alone.first, Program.start)
    worker.start()
    alone.make(ACME)
    further = open_organisation(alone.first, ACME)

    worker.wake()

    eventually(
        lambda: read_health(further.database).roles == {"engine", "scheduler"},
        "the new organisation is worked for",
        within_s=10,
    )
    worker.stop()
    further.close()


@on_sqlite
def test_organisations_stand_in_the_order_of_their_names(two: Scene) -> None:
    two.add(Organisation(slug="zz", name="Aardvark"))

    names = [each.name for each in two.installation.standings()]

    assert names == ["", "Aardvark", "Acme Trading"]


@on_sqlite
def test_one_that_cannot_begin_is_told_of_and_tried_again(alone: Scene) -> None:
    alone.refuses = {"acme"}
    alone.add()

    (_first, acme) = alone.installation.standings()
    away = alone.client.get("/at/acme/")
    health = alone.client.get("/healthz")
    alone.refuses = set()
    alone.installation.look()

    assert acme.problem == "It cannot be opened: It will not begin."
    assert (away.status_code, away.headers["Retry-After"]) == (503, "15")
    assert health.status_code == 503
    assert health.get_json()["organisations"] == {"acme": "away"}
    assert alone.client.get("/readyz").status_code == 200
    assert alone.client.get("/at/acme/readyz").status_code == 200


@on_sqlite
def test_health_tells_how_each_organisation_is(two: Scene) -> None:
    for slug in ("", "acme"):
        for role in ("engine", "scheduler"):
            two.program(slug).engine.runs.beat(role)

    both = two.client.get("/healthz")
    own = two.client.get("/at/acme/healthz")

    assert both.status_code == 200
    assert both.get_json()["organisations"] == {"acme": "ok"}
    assert own.status_code == 200
    assert "organisations" not in own.get_json()


@pytest.mark.parametrize("maker", ["postgres"], indirect=True)
def test_a_table_that_is_missing_is_not_taken_from_the_first_organisation(
    two: Scene,
) -> None:
    two.set_up("", "secret")
    program = two.program("acme")
    with program.database.write() as session:
        session.execute(sa.text("DROP TABLE shops, orders CASCADE"))

    two.installation.look()

    with pytest.raises(ProgrammingError):
        program.company.shops()
    assert [bool(each.problem) for each in two.installation.standings()] == [
        False,
        True,
    ]
    assert len(two.first.company.shops()) == 1


@on_sqlite
def test_a_database_file_that_is_gone_is_not_made_anew(
    alone: Scene,
) -> None:
    alone.make(ACME)
    settings = alone.first.settings
    file = home_of(ACME, settings.database_url, settings.data_dir).file
    assert file is not None
    file.unlink()

    alone.installation.look()

    assert "Put it back from a backup" in alone.installation.standings()[1].problem
    assert alone.opened == []
    assert not file.exists()
    assert alone.client.get("/readyz").status_code == 200


# Pages ----------------------------------------------------------------------------


@on_sqlite
def test_the_switcher_names_the_organisations_that_know_the_reader(two: Scene) -> None:
    two.set_up("", "secret")
    two.push("/intake/shop", "1", "secret")
    two.book("")
    for slug in ("", "acme"):
        two.visit(slug, ANN)
    two.installation.look()

    page = two.client.get("/at/acme/").text

    assert "<title>Overview · Acme Trading · Sluice</title>" in page
    assert re.search(r'href="/" data-key="/">\s*<span>Books of first<', page)
    assert re.search(r'href="/at/acme/" [^>]*aria-current="true"', page)


@on_sqlite
@pytest.mark.parametrize("page", ["/at/acme/sign-in", "/at/acme/nothing-here"])
def test_pages_without_a_frame_name_their_organisation_too(
    two: Scene, page: str
) -> None:
    answer = two.client.get(page)

    assert " · Acme Trading · Sluice</title>" in answer.text
    assert '<p class="organisation-name">Acme Trading</p>' in answer.text


@on_sqlite
def test_who_is_unknown_elsewhere_does_not_learn_what_is_there(two: Scene) -> None:
    two.visit("acme", ANN)
    two.visit("", "pat@company.example")
    two.installation.look()

    page = two.client.get("/at/acme/").text

    assert "Acme Trading" in page
    assert "First organisation" not in page


@on_sqlite
def test_the_switcher_counts_what_waits_for_somebody_elsewhere(two: Scene) -> None:
    for slug in ("", "acme"):
        two.visit(slug, ANN)
    two.set_up("acme", "secret")
    two.push("/at/acme/intake/shop", "1", "secret", method="barter")
    two.installation.look()

    page = two.client.get("/").text

    assert "1 needs attention elsewhere" in page


@on_sqlite
def test_where_there_is_one_organisation_no_page_speaks_of_others(
    alone: Scene,
) -> None:
    alone.visit("", ANN)
    alone.installation.look()

    page = alone.client.get("/").text

    assert "<title>Overview · Sluice</title>" in page
    assert "organisation" not in page.lower()


@on_sqlite
def test_an_administrator_of_the_first_organisation_adds_another(alone: Scene) -> None:
    alone.visit("", ANN, Role.ADMINISTRATOR)

    added = alone.post("/settings/organisations", name="Acme Trading", slug="acme")
    alone.installation.look()
    link = re.search(r"http://localhost(/at/acme/welcome/[^<]+)", added.text)
    again = alone.post("/settings/organisations", name="Acme", slug="acme")

    assert link is not None
    assert alone.client.get(link[1]).status_code == 200
    assert again.status_code == 422
    assert further_organisations(alone.first).all() == (ACME,)


@on_sqlite
def test_a_further_organisation_adds_none(two: Scene) -> None:
    two.visit("acme", ANN, Role.ADMINISTRATOR)

    answer = two.post(
        "/at/acme/settings/organisations", page="/at/acme/", name="Another", slug="x"
    )

    assert answer.status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    ("base_url", "client_id"),
    [
        ("https://first.example", "id"),
        ("https://First.example:443/", "id"),
        # Which books these are is known only after signing in.
        ("https://first.example", "another-client"),
    ],
)
def test_books_that_another_organisation_has_are_not_connected(
    two: Scene, monkeypatch: pytest.MonkeyPatch, base_url: str, client_id: str
) -> None:
    monkeypatch.setattr("dashboard.outbound.address._addresses", lambda *_: [])
    for slug in ("", "acme"):
        two.set_up(slug, f"secret of {slug}")
        two.program(slug).engine.meet_books()
    before = two.program("acme").company.connection()
    two.visit("acme", "robin@acme.example", Role.ADMINISTRATOR)

    answer = two.post(
        "/at/acme/settings/connection",
        page="/at/acme/settings",
        base_url=base_url,
        client_id=client_id,
        client_secret="secret",
    )

    assert answer.status_code == 422
    assert "The organisation at / has these books already" in answer.text
    assert two.program("acme").company.connection() == before


@on_sqlite
def test_silent_books_that_another_organisation_may_have_are_not_connected(
    two: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.outbound.address._addresses", lambda *_: [])
    two.set_up("", "secret")
    two.program("").engine.meet_books()
    two.books["first"].answers_facts = False
    two.visit("acme", "robin@acme.example", Role.ADMINISTRATOR)

    answer = two.post(
        "/at/acme/settings/connection",
        page="/at/acme/settings",
        base_url="https://first.example",
        client_id="another-client",
        client_secret="secret",
    )

    assert answer.status_code == 422
    assert two.program("acme").company.connection() is None


@on_sqlite
def test_other_books_than_those_that_orders_are_booked_in_are_not_connected(
    two: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.outbound.address._addresses", lambda *_: [])
    two.set_up("", "secret")
    two.push("/intake/shop", "1", "secret")
    two.book("")
    before = two.program("").company.connection()
    two.visit("", "robin@first.example", Role.ADMINISTRATOR)

    answer = two.post(
        "/settings/connection",
        page="/settings",
        version="1",
        base_url="https://acme.example",
        client_id="id",
        client_secret="secret",
    )

    assert answer.status_code == 422
    assert "other books than those that orders are booked in" in answer.text
    assert two.program("").company.connection() == before
