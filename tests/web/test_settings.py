"""Settings: what is saved, by whom, and what goes on because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dashboard.domain.rules import InvoiceWhen
from dashboard.domain.users import Role
from dashboard.sync.setup import plan_waiting
from mock_accounting.testing.client import MockOrganisation
from tests.e2e.company import OWN_JSON, signed
from tests.web.scene import FACTS, Scene

COMPANY = {
    "version": "1",
    "invoice_when": "ordered",
    "mark_as_paid": "y",
    "number_pattern": "{prefix}{number}",
    "due_days": "30",
}


def test_rules_are_saved(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    answer = client.post("/settings/company", COMPANY)

    assert answer.headers["Location"] == "/settings#company"
    rules = scene.program.company.rules()
    assert rules.invoice_when is InvoiceWhen.ORDERED
    assert rules.due_days == 30
    assert len(rules.tax_rules) == 1


def test_two_people_do_not_undo_each_other(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    client.post("/settings/company", {**COMPANY, "due_days": "7"})

    client.post("/settings/company", {**COMPANY, "due_days": "90"})

    assert scene.program.company.rules().due_days == 7
    assert "Somebody else saved" in client.get("/settings").text


@pytest.mark.parametrize("version", ["9" * 5_000, "9" * 25, "-1", "²", "many"])
def test_what_is_no_version_is_the_one_of_nobody(scene: Scene, version: str) -> None:
    client = scene.client()
    kept = {"exchange_days": "30", "failure_days": "90", "activity_days": "365"}

    for path, form in (("company", COMPANY), ("retention", kept)):
        client.post(f"/settings/{path}", {**form, "version": version})
        assert "Somebody else saved" in client.get("/settings").text


def test_a_new_tax_rule_sets_stopped_orders_going_again(scene: Scene) -> None:
    order_id = scene.order("1001", rate="9")
    client = scene.client(Role.MANAGER)
    assert scene.status(order_id) == "needs attention"

    client.post(
        "/settings/taxes",
        {
            "version": "1",
            "tax_rows-0-situation": "rate",
            "tax_rows-0-rate_percent": "21",
            "tax_rows-0-tax_type": "OUTPUT2",
            "tax_rows-1-situation": "rate",
            "tax_rows-1-rate_percent": "9",
            "tax_rows-1-tax_type": "OUTPUT",
        },
    )

    assert scene.status(order_id) == "queued"
    assert "1 order that was stopped goes on" in client.get("/settings").text


@pytest.mark.parametrize(
    ("language", "typed", "shown"),
    [
        ("en", "9.5", "9.5"),
        ("en", "9,5", "9.5"),
        ("nl", "9,5", "9,5"),
        ("de", "9.5", "9,5"),
        ("de", " 10,25 ", "10,25"),
        ("de", "21", "21"),
    ],
)
def test_a_rate_is_typed_with_comma_or_point_and_what_is_shown_is_understood(
    scene: Scene, language: str, typed: str, shown: str
) -> None:
    client = scene.client(Role.MANAGER)
    client.post("/you/preferences", {"time_zone": "", "language": language})
    row = {"situation": "rate", "tax_type": "OUTPUT2"}

    for version, rate in (("1", typed), ("2", shown)):
        form = {f"tax_rows-0-{k}": v for k, v in {**row, "rate_percent": rate}.items()}
        client.post("/settings/taxes", {"version": version, **form})

        assert f'name="tax_rows-0-rate_percent" type="text" value="{shown}"' in (
            client.get("/settings").text
        )
    rules = scene.program.company.rules()
    assert rules.tax_rules[0].rate_percent == Decimal(shown.replace(",", "."))


@pytest.mark.parametrize("typed", ["9,5,5", "1.250,00", "NaN", "1e1", "nine", "-1"])
def test_a_rate_that_is_no_number_is_refused_in_the_readers_language(
    scene: Scene, typed: str
) -> None:
    client = scene.client(Role.MANAGER)
    client.post("/you/preferences", {"time_zone": "", "language": "nl"})
    row = {"situation": "rate", "rate_percent": typed, "tax_type": "OUTPUT2"}

    answer = client.post(
        "/settings/taxes",
        {"version": "1", **{f"tax_rows-0-{k}": v for k, v in row.items()}},
    )

    assert answer.status_code == 422
    assert "getal zoals 9,5" in answer.text or "tussen 0 en 100" in answer.text
    assert f'value="{typed}"' in answer.text


def test_a_row_ticked_for_removal_is_gone(scene: Scene) -> None:
    scene.client(Role.MANAGER).post(
        "/settings/payments",
        {
            "version": "1",
            "payment_rows-0-method": "ideal",
            "payment_rows-0-bank_account": "090",
            "payment_rows-0-remove": "y",
            "payment_rows-1-method": "stripe",
            "payment_rows-1-bank_account": "090",
        },
    )

    rules = scene.program.company.rules().payment_rules
    assert [rule.method for rule in rules] == ["stripe"]


def test_two_rules_for_one_tax_are_refused_beside_the_field(scene: Scene) -> None:
    row = {"situation": "rate", "rate_percent": "21", "tax_type": "OUTPUT2"}
    rows = {f"tax_rows-{n}-{k}": v for n in (0, 1) for k, v in row.items()}

    answer = scene.client(Role.MANAGER).post(
        "/settings/taxes", {"version": "1", **rows}
    )

    assert answer.status_code == 422
    assert "another rule for the same tax" in answer.text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("INV", "is missing"),
        ("{number", "not closed"),
        ("{number.__class__}", "Only {prefix} and {number}"),
        ("{number!r}", "Only {prefix} and {number}"),
        ("{prefix}{year}{number}", "Only {prefix} and {number}"),
    ],
)
def test_a_pattern_that_will_not_do_is_refused(
    scene: Scene, pattern: str, said: str
) -> None:
    client = scene.client(Role.MANAGER)

    answer = client.post("/settings/company", {**COMPANY, "number_pattern": pattern})

    assert answer.status_code == 422
    assert said in answer.text
    shown = client.get("/settings/number-example", query_string={"pattern": pattern})
    assert said in shown.text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("INV", "ontbreekt: alle facturen"),
        ("{number", "Een accolade is niet gesloten"),
        ("{number!r}", "kunnen tussen accolades staan"),
    ],
)
def test_a_pattern_is_refused_in_the_reader_s_language(
    scene: Scene, pattern: str, said: str
) -> None:
    shown = scene.client().get(
        "/settings/number-example",
        query_string={"pattern": pattern},
        headers={"Accept-Language": "nl"},
    )

    assert said in shown.text


def test_a_pattern_is_shown_as_it_will_be(scene: Scene) -> None:
    answer = scene.client().get(
        "/settings/number-example", query_string={"pattern": "F{number}"}
    )

    assert answer.text == "Order 1042 gets F1042"


def test_a_watcher_sees_the_rules_and_cannot_save_them(scene: Scene) -> None:
    client = scene.client(Role.WATCHER)

    assert "Managers can change this" in client.get("/settings").text
    assert client.post("/settings/company", COMPANY).status_code == 403


def test_a_shop_is_added_with_a_secret_nobody_sees_again(scene: Scene) -> None:
    client = scene.client(Role.ADMINISTRATOR)
    shop = {
        "name": "Second shop",
        "slug": "second",
        "kind": "woocommerce",
        "prefix": "S-",
        "secret": "very-secret-indeed",
    }

    client.post("/settings/shops", shop)

    text = client.get("/settings").text
    assert "/intake/second" in text
    assert "very-secret-indeed" not in text
    assert client.post("/settings/shops", shop).status_code == 422
    padded = {**shop, "slug": "till", "prefix": "", "secret": "   x    "}
    assert client.post("/settings/shops", padded).status_code == 422


def test_a_shop_without_webhooks_needs_no_secret_and_takes_nothing_pushed(
    scene: Scene,
) -> None:
    client = scene.client(Role.ADMINISTRATOR)
    till = {"name": "Till", "slug": "till", "kind": "json", "secret": " "}

    answer = client.post("/settings/shops", till)

    assert answer.headers["Location"] == "/settings/shops/till"
    for secret in ("", " "):
        headers = signed(b"{}", OWN_JSON, secret)
        pushed = client.post_bare("/intake/till", data=b"{}", headers=headers)
        assert pushed.status_code == 401


@pytest.mark.parametrize(
    ("slug", "status"), [("a" * 40, 302), ("a" * 41, 422), ("Shop", 422), ("-a", 422)]
)
def test_the_name_of_a_shop_fits_an_address(
    scene: Scene, slug: str, status: int
) -> None:
    shop = {"name": "S", "slug": slug, "kind": "json", "secret": "very-secret-indeed"}

    answer = scene.client(Role.ADMINISTRATOR).post("/settings/shops", shop)

    assert answer.status_code == status


def test_the_connection_shows_no_more_of_the_secret_than_its_end(
    scene: Scene,
) -> None:
    text = scene.client().get("/settings").text

    assert "ends in 1234" in text
    assert "a-long-client-secret" not in text


def test_without_facts_of_the_books_codes_are_typed(empty: Scene) -> None:
    text = empty.client().get("/settings").text

    assert "type the codes" in text
    assert 'name="sales_account" value="200"' in text or 'value="200"' in text


BOOKS = {
    "version": "1",
    "base_url": "http://127.0.0.1:9/",  # which discards
    "client_id": "another-client",
    "client_secret": "another-secret",
    "tenant_id": "",
}


def test_the_books_are_connected_on_the_page(
    empty: Scene, mock_books: MockOrganisation
) -> None:
    client = empty.client()

    answer = client.post(
        "/settings/connection",
        {
            "version": "0",
            "base_url": mock_books.url,
            "client_id": mock_books.client_id,
            "client_secret": mock_books.client_secret,
        },
    )

    assert answer.headers["Location"] == "/settings#connection"
    assert "It works: these are the books of" in client.get("/settings").text
    assert empty.program.company.facts() is not None
    assert "connection to" in client.get("/activity").text


def test_a_connection_that_does_not_work_is_saved_and_says_why(scene: Scene) -> None:
    client = scene.client()

    client.post("/settings/connection", BOOKS)

    assert "The connection does not work" in client.get("/settings").text
    connection = scene.program.company.connection()
    assert connection is not None
    assert connection.access == ("http://127.0.0.1:9", "another-client")
    client.post("/settings/connection/test")
    assert "The connection does not work" in client.get("/settings").text


def test_a_connection_that_worked_before_is_called_again_to_test_it(
    empty: Scene, mock_books: MockOrganisation
) -> None:
    client = empty.client()
    access = {
        "version": "0",
        "base_url": mock_books.url,
        "client_id": mock_books.client_id,
        "client_secret": mock_books.client_secret,
    }
    client.post("/settings/connection", access)
    assert "It works" in client.get("/settings").text
    mock_books.fault("status", None, times=None, options={"status": 503})

    client.post("/settings/connection/test")

    assert "The connection does not work" in client.get("/settings").text
    client.post("/settings/connection", access)
    assert "The connection does not work" in client.get("/settings").text


def test_a_secret_is_shown_on_no_page(scene: Scene) -> None:
    client = scene.client()

    pages = [
        client.post("/settings/connection", {**BOOKS, "client_id": ""}),
        client.post("/settings/connection", BOOKS),
        *(client.get(path) for path in ("/settings", "/activity", "/exchanges")),
    ]

    assert [page.status_code for page in pages] == [422, 302, 200, 200, 200]
    assert not any("another-secret" in page.text for page in pages)


def test_an_empty_secret_keeps_the_one_that_is_set(scene: Scene) -> None:
    known = scene.program.company.connection()
    assert known is not None

    scene.client().post(
        "/settings/connection",
        {
            "version": "1",
            "base_url": known.base_url,
            "client_id": known.client_id,
            "client_secret": "",
            "tenant_id": "another-tenant",
        },
    )

    now = scene.program.company.connection()
    assert now is not None
    assert now.client_secret == known.client_secret
    assert now.tenant_id == "another-tenant"


def test_of_two_who_change_the_connection_the_second_is_told(scene: Scene) -> None:
    client = scene.client()
    client.post("/settings/connection", BOOKS)

    client.post("/settings/connection", {**BOOKS, "client_id": "a-third-client"})

    assert "Somebody else saved this meanwhile" in client.get("/settings").text
    connection = scene.program.company.connection()
    assert connection is not None
    assert connection.client_id == "another-client"


def test_another_client_does_not_inherit_the_organisation_that_was_shown(
    scene: Scene,
) -> None:
    shown = scene.program.company.connection()
    assert shown is not None

    scene.client().post("/settings/connection", {**BOOKS, "tenant_id": shown.tenant_id})

    now = scene.program.company.connection()
    assert now is not None
    assert (now.client_id, now.tenant_id) == ("another-client", "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # Whoever could send it elsewhere could read it.
        ({"client_secret": ""}, "Enter the secret"),
        ({"base_url": "ftp://books.example"}, "http"),
        ({"base_url": "https://not a url"}, "https://not a url"),
        ({"client_id": ""}, "This field is required"),
    ],
)
def test_what_cannot_connect_is_not_saved(
    scene: Scene, changed: dict[str, str], said: str
) -> None:
    known = scene.program.company.connection()

    answer = scene.client().post("/settings/connection", {**BOOKS, **changed})

    assert answer.status_code == 422
    assert said in answer.text
    assert scene.program.company.connection() == known


def test_without_a_shop_the_first_is_added_with_no_search_for_the_form(
    empty: Scene,
) -> None:
    browsing = empty.client(Role.ADMINISTRATOR)

    assert 'href="/settings#shops"' in browsing.get("/").text
    assert "No shop yet" in browsing.get("/orders").text
    assert '<details class="fold" open>' in browsing.get("/settings").text


def test_for_how_long_things_are_kept_is_saved_with_who_did_it(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    page = "/settings/retention"
    form = {"version": "0", "exchange_days": "30", "failure_days": "60"}

    client.post(page, {**form, "activity_days": "0"}, page=page)

    kept = scene.program.retention.kept().rules
    assert (kept.exchange_days, kept.failure_days, kept.activity_days) == (30, 60, 0)
    assert "for how long things are kept" in client.get("/activity").text


@pytest.mark.parametrize(
    ("exchanges", "failures", "said"),
    [
        ("3", "60", "for a week at least"),
        ("30", "20", "at least as long as what went well"),
        ("0", "60", "at least as long as what went well"),
        ("many", "60", "Not a valid integer"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    scene: Scene, exchanges: str, failures: str, said: str
) -> None:
    form = {"version": "0", "exchange_days": exchanges, "failure_days": failures}

    answer = scene.client(Role.MANAGER).post(
        "/settings/retention", {**form, "activity_days": "0"}, page="/settings"
    )

    assert answer.status_code == 422
    assert said in answer.text
    assert scene.program.retention.kept().version == 0


def test_order_in_a_currency_the_books_lack_waits_until_they_have_it(
    scene: Scene,
) -> None:
    dollars = scene.order("1001", currency="USD")
    euros = scene.order("1002")
    text = scene.client().get(f"/orders/{dollars}").text
    company = scene.program.company

    both = replace(FACTS, currencies=("EUR", "USD"))
    company.save_facts(both, tenant_id="tenant", at=scene.clock.now())
    moved = plan_waiting(scene.program.orders)

    assert "the books have no USD. Add the currency there" in text
    assert moved == 1
    assert scene.status(dollars) == scene.status(euros) == "queued"


def test_books_are_read_again_when_a_manager_asks(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    client.post("/settings/connection/read")

    read_at = scene.program.company.facts_at()
    assert read_at is not None
    assert scene.clock.now() - read_at > timedelta(days=1)
    assert scene.program.company.facts() == FACTS
    assert "The books are read again now." in client.get("/settings").text


def test_home_tax_for_any_country_is_advised_against_and_narrowed_by_one_press(
    scene: Scene,
) -> None:
    client = scene.client(Role.MANAGER)
    advice = "21% in any country becomes a tax type for the tax of Netherlands."
    before = client.get("/settings").text
    untouched = scene.program.company.rules()

    client.post("/settings/taxes/narrow")

    after = scene.program.company.rules()
    assert advice in before
    assert untouched.tax_rules[0].country == ""
    assert [(r.tax_type, r.country) for r in after.tax_rules] == [("OUTPUT2", "NL")]
    assert advice not in client.get("/settings").text
    assert "taxes for any country, now for NL" in client.get("/activity").text


def test_who_only_watches_is_advised_without_a_button(scene: Scene) -> None:
    text = scene.client(Role.WATCHER).get("/settings").text

    assert "in any country becomes a tax type" in text
    assert "/settings/taxes/narrow" not in text
