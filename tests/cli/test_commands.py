"""What the commands do, with --json and in words; and how they fail."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import re
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard import serving
from dashboard.app import Program
from dashboard.cli import main
from dashboard.domain.rules import (
    CompanyRules,
    InvoiceWhen,
    ShopRules,
    TaxRule,
    TaxSituation,
)
from dashboard.domain.runs import NOTHING_TO_PULL
from dashboard.domain.users import Role
from dashboard.languages.speech import said
from dashboard.store.activity import ActivityFilter
from dashboard.store.password_links import LinkInvalid
from dashboard.store.user_sessions import NORMAL_LIMITS, UserSessionStore
from dashboard.sync.intake import Intake

PASSWORD = "correct horse battery staple"
ANN = ("users", "add", "--email", "ann@company.example", "--name", "Ann Example")
SHOP = ("shops", "add", "--kind", "json", "--slug", "main", "--secret", "secret")
BOOKS = (
    *("connection", "set", "--kind", "xero"),
    *("--client-id", "demo", "--client-secret", "a-secret-of-books"),
)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def take_in(program: Program, **changes: object) -> None:
    """Take an order in as if the shop "main" had pushed it, signature aside."""
    shop = program.company.shop("main")
    assert shop is not None
    order = {
        "id": "1042",
        "number": "1042",
        "status": "placed",
        "currency": "EUR",
        "total": "10.00",
        "ordered_at": "2026-03-14T09:00:00+00:00",
        "customer": {"first_name": "Ann", "last_name": "Example"},
        "lines": [
            {"kind": "product", "description": "Mug", "quantity": "1", "net": "10.00"}
        ],
    }
    body = json.dumps(order | changes).encode()
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    headers = {"X-Sluice-Signature": f"sha256={digest}"}
    intake = Intake(program.company, program.orders, program.pulls, program.clock)
    intake.receive(shop, headers, body)


# The database ----------------------------------------------------------------------


def test_tables_are_made_once_and_stay(terminal: Any) -> None:
    first = terminal.facts("db", "upgrade")

    second = terminal.facts("db", "upgrade")

    assert first == second == {"status": "up to date"}


@pytest.mark.parametrize(
    "command",
    [
        (*ANN, "--password-stdin"),
        ("tokens", "add", "--name", "reports"),
        SHOP,
        (*BOOKS, "--base-url", "https://books.example"),
        ("rules", "show"),
        ("rules", "set", "--due-days", "30"),
        ("orders",),
        ("export",),
        ("sync",),
        ("worker",),
    ],
)
def test_commands_say_when_there_are_no_tables(
    terminal: Any, command: tuple[str, ...]
) -> None:
    error = terminal.error(*command, typed=PASSWORD)

    assert "sluice db upgrade" in error


# People ----------------------------------------------------------------------------


def test_a_user_is_added_with_a_role(company: Any, program: Program) -> None:
    facts = company.facts(
        *ANN, "--role", "manager", "--password-stdin", typed=f"{PASSWORD}\n"
    )

    assert facts == {"email": "ann@company.example", "role": "manager", "added": True}
    user = program.users.verified("Ann@company.example", PASSWORD)
    assert user is not None
    assert user.role is Role.MANAGER


def test_what_is_done_at_the_terminal_stands_in_activity(
    company: Any, program: Program
) -> None:
    company.run(*ANN, "--password-stdin", typed=f"{PASSWORD}\n")
    company.run("tokens", "add", "--name", "stock")
    company.run(*SHOP)

    listed = program.activity.all(ActivityFilter())

    assert [f"{a.act.actor} {a.act.action} {a.act.subject}" for a in listed] == [
        "The command line added shop main",
        "The command line added API token stock",
        "The command line added ann@company.example",
    ]


def test_what_the_terminal_did_is_read_in_the_readers_language(
    company: Any, program: Program
) -> None:
    company.run(*SHOP)

    (listed,) = program.activity.all(ActivityFilter())

    words = [said(text, "de") for text in (listed.act.actor, listed.act.subject)]
    assert words == ["Die Befehlszeile", "Shop main"]


def test_a_password_can_be_typed_twice_and_is_not_shown(company: Any) -> None:
    result = company.run(*ANN, typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert result.exit_code == 0
    assert PASSWORD not in result.output


def test_a_user_who_is_there_stays_as_they_are(company: Any, program: Program) -> None:
    company.run(*ANN, "--password-stdin", typed=f"{PASSWORD}\n")

    facts = company.facts(*ANN, "--role", "administrator", "--password-stdin")

    assert facts == {"email": "ann@company.example", "added": False}
    user = program.users.verified("ann@company.example", PASSWORD)
    assert user is not None
    assert user.role is Role.WATCHER


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12"),
        ("short", "at least 12"),
        ("aaaaaaaaaaaaaaaa", "easy to guess"),
        ("ann@company.example", "easy to guess"),
        ("x" * 1025, "at most 1024"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(
    company: Any, program: Program, password: str, why: str
) -> None:
    error = company.error(*ANN, "--password-stdin", typed=f"{password}\n")

    assert why in error
    assert not program.users.any()


def test_the_first_link_makes_an_administrator_and_ends_with_them(
    company: Any, program: Program
) -> None:
    older = company.facts("users", "first-link")["link"]
    link = company.facts("users", "first-link")["link"]

    assert link.startswith("http://127.0.0.1:8000/welcome/")
    links, token = program.password_links, link.rsplit("/", 1)[1]
    with pytest.raises(LinkInvalid):
        links.find(older.rsplit("/", 1)[1])
    links.use_first(token, "ann@company.example", "Ann", PASSWORD)
    assert "Somebody can sign in already" in company.error("users", "first-link")


@pytest.mark.parametrize("demo", ["0", "1"])
def test_the_first_start_prints_a_link_and_no_password(
    company: Any, program: Program, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_DEMO", demo)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SLUICE_PORT", str(probe.getsockname()[1]))
    monkeypatch.setattr(serving, "serve", lambda _settings: None)

    first = company.run("serve").stderr
    program.users.add("ann@company.example", "Ann", Role.ADMINISTRATOR, PASSWORD)
    later = company.run("serve").stderr

    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/welcome/\S+", first)
    assert link
    assert "/welcome/" not in later


@pytest.mark.parametrize("email", ["", "ann", "@", "@company.example", "ann@"])
def test_a_user_needs_an_email_address(company: Any, email: str) -> None:
    error = company.error("users", "add", "--email", email, "--name", "Ann")

    assert "not an e-mail address" in error


def test_a_new_password_replaces_the_old_one_and_ends_sessions(
    company: Any, program: Program
) -> None:
    company.run(*ANN, "--password-stdin", typed=f"{PASSWORD}\n")
    user = program.users.verified("ann@company.example", PASSWORD)
    assert user is not None
    sessions = UserSessionStore(program.database, program.clock, NORMAL_LIMITS)
    token = sessions.start(user, "127.0.0.1")
    change = ("users", "password", "--email", "Ann@company.example", "--password-stdin")

    facts = company.facts(*change, typed="another battery of horses\n")

    assert facts == {"email": "Ann@company.example", "changed": True}
    assert program.users.verified(user.email, PASSWORD) is None
    assert program.users.verified(user.email, "another battery of horses") is not None
    assert sessions.user(token, acting=True) is None


@pytest.mark.parametrize(
    ("email", "password", "why"),
    [
        ("ben@company.example", "another battery of horses", "There is no user"),
        ("ann@company.example", "short", "at least 12"),
    ],
)
def test_a_password_that_cannot_be_set_changes_nothing(
    company: Any, program: Program, email: str, password: str, why: str
) -> None:
    company.run(*ANN, "--password-stdin", typed=f"{PASSWORD}\n")
    change = ("users", "password", "--email", email, "--password-stdin")

    error = company.error(*change, typed=f"{password}\n")

    assert why in error
    assert program.users.verified("ann@company.example", PASSWORD) is not None


def test_a_token_is_shown_once_and_opens_the_api(
    company: Any, program: Program
) -> None:
    facts = company.facts("tokens", "add", "--name", "reports")

    assert program.tokens.holder(facts["token"]) == "reports"


def test_the_name_of_a_token_is_used_once(company: Any) -> None:
    company.facts("tokens", "add", "--name", "reports")

    error = company.error("tokens", "add", "--name", "reports")

    assert error == "There is a token called reports already."


# Shops -----------------------------------------------------------------------------


def test_a_shop_is_added_with_its_address(company: Any, program: Program) -> None:
    facts = company.facts(*SHOP)

    assert facts == {
        "slug": "main",
        "intake": "/intake/main",
        "added": True,
        "pulled": False,
    }
    assert [shop.prefix for shop in program.company.shops()] == ["W-"]


def test_repeating_a_shop_changes_nothing(company: Any, program: Program) -> None:
    company.facts(*SHOP)

    facts = company.facts(*SHOP)

    assert facts["added"] is False
    (shop,) = program.company.shops()
    assert program.company.shop_secrets(shop) == ("secret",)


def test_a_new_secret_of_a_shop_joins_the_old_one(
    company: Any, program: Program
) -> None:
    company.facts(*SHOP)

    company.facts(*SHOP[:-1], "the next secret")

    (shop,) = program.company.shops()
    assert program.company.shop_secrets(shop) == ("the next secret", "secret")


def test_a_shop_does_not_change_its_kind(company: Any) -> None:
    company.facts(*SHOP)
    other = ("shops", "add", "--kind", "woocommerce", "--slug", "main")

    error = company.error(*other, "--secret", "secret")

    assert error == "The shop main is of kind json."


def test_two_shops_do_not_share_a_prefix(company: Any) -> None:
    company.facts(*SHOP)
    other = ("shops", "add", "--kind", "json", "--slug", "other", "--secret", "s")

    error = company.error(*other, "--prefix", "W-")

    assert error == "The prefix W- belongs to the shop main."


@pytest.mark.parametrize(
    "slug", ["", "Main", "my shop", "my/shop", "-main", "größe", "a" * 41]
)
def test_a_slug_must_fit_an_address(company: Any, slug: str) -> None:
    error = company.error(
        "shops", "add", "--kind", "json", "--slug", slug, "--secret", "secret"
    )

    assert "slug" in error


def test_an_empty_secret_is_refused(company: Any) -> None:
    assert "empty" in company.error(*SHOP[:-1], "")


# The connection --------------------------------------------------------------------


def test_a_connection_is_set_though_the_books_do_not_answer(
    company: Any, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    url = f"http://127.0.0.1:{unused_port()}"

    facts = company.facts(*BOOKS, "--base-url", url)

    assert facts["organisation"] is None
    assert facts["problem"]
    connection = program.company.connection()
    assert connection is not None
    assert connection.base_url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:8001", "not https"),
        ("https://127.0.0.1", "SLUICE_ALLOW_LOOPBACK_API=1"),
        ("https://[::1]", "SLUICE_ALLOW_LOOPBACK_API=1"),
        ("https://10.0.0.1", "not on the internet"),
        ("https://demo:demo@books.example", "must not carry a password"),
        ("books.example", "not an http or https address"),
        ("file:///etc/passwd", "not an http or https address"),
        ("", "not an http or https address"),
    ],
)
def test_an_address_we_do_not_call_is_refused(
    company: Any, program: Program, url: str, why: str
) -> None:
    error = company.error(*BOOKS, "--base-url", url)

    assert why in error
    assert program.company.connection() is None


@pytest.mark.parametrize(
    ("change", "tenant_id"),
    [
        (("--client-secret", "the-next-secret"), "tenant"),
        (("--client-id", "other"), ""),
        (("--base-url", "http://127.0.0.1:1"), ""),
        (("--client-id", "other", "--tenant-id", "chosen"), "chosen"),
    ],
)
def test_the_organisation_stays_while_the_access_is_the_same(
    company: Any,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, ...],
    tenant_id: str,
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    connect = (*BOOKS, "--base-url", f"http://127.0.0.1:{unused_port()}")
    company.facts(*connect, "--tenant-id", "tenant")

    company.facts(*connect, *change)

    connection = program.company.connection()
    assert connection is not None
    assert connection.tenant_id == tenant_id


def test_the_secret_of_the_books_is_never_printed(
    company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")

    result = company.run(*BOOKS, "--base-url", f"http://127.0.0.1:{unused_port()}")

    assert "a-secret-of-books" not in result.output


def test_secrets_stored_with_a_lost_key_are_set_again(
    company: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    connect = (*BOOKS, "--base-url", f"http://127.0.0.1:{unused_port()}")
    company.facts(*connect)
    company.facts(*SHOP)
    (tmp_path / "data" / "secret.key").unlink()

    lost = company.error("sync")
    company.facts(*connect)
    company.facts(*SHOP)

    assert "The secret key has changed" in lost
    assert "does not answer" not in company.run("sync").output
    assert company.run("doctor").exit_code == 1


# Rules -----------------------------------------------------------------------------


def test_rules_are_shown_and_changed(company: Any) -> None:
    company.facts(
        "rules",
        "set",
        "--invoice-when",
        "ordered",
        "--no-mark-as-paid",
        "--due-days",
        "30",
        "--number-pattern",
        "{prefix}{number}/A",
        "--payment-method",
        "ideal=090",
        "--payment-method",
        "=091",
    )

    rules = company.facts("rules", "show")

    assert rules["invoice_when"] == "ordered"
    assert rules["mark_as_paid"] is False
    assert rules["due_days"] == 30
    assert rules["number_pattern"] == "{prefix}{number}/A"
    assert {(r["method"], r["bank_account"]) for r in rules["payment_rules"]} == {
        ("ideal", "090"),
        ("", "091"),
    }


def test_what_is_not_said_stays(company: Any) -> None:
    company.facts("rules", "set", "--due-days", "30", "--payment-method", "ideal=090")

    company.facts("rules", "set", "--payment-method", "cash=091")

    rules = company.facts("rules", "show")
    assert rules["due_days"] == 30
    assert len(rules["payment_rules"]) == 2


EVERY_RULE = (
    *("--invoice-when", "ordered", "--no-mark-as-paid", "--when-changed", "renew"),
    *("--number-pattern", "B{number}", "--due-days", "0", "--vat-check", "required"),
    *("--sales-account", "201", "--shipping-account", "202", "--fee-account", "203"),
    *("--rounding-account", "204", "--gift-card-account", "205"),
    *("--tax", "21@NL=OUTPUT2", "--tax", "exempt@EU=ECZR", "--tax", "untaxed=NONE"),
    *("--payment-method", "ideal=090"),
)


def test_every_rule_can_be_set_for_a_shop_and_goes_back(
    company: Any, program: Program
) -> None:
    company.facts(*SHOP)
    before = company.facts("rules", "show")

    company.facts("rules", "set", "--shop", "main", *EVERY_RULE)

    own = company.facts("rules", "show", "--shop", "main")
    assert company.facts("rules", "show") == before
    assert own["own"] == list(vars(ShopRules()))
    assert [(r["tax_type"], r["layer"]) for r in own["tax_rules"]] == [
        ("OUTPUT2", "shop"),
        ("ECZR", "shop"),
        ("NONE", "shop"),
    ]
    shown = company.run("rules", "show", "--shop", "main").output
    assert "due_days: 0 (the shop's own)" in shown

    company.facts("rules", "reset", "--shop", "main", *own["own"])

    shop = program.company.shop("main")
    assert shop is not None
    assert program.company.shop_rules(shop) == ShopRules()
    assert company.facts("rules", "show", "--shop", "main") == {**before, "own": []}


def test_who_lets_two_shops_make_the_same_invoice_numbers_is_told(company: Any) -> None:
    company.facts(*SHOP)
    other = tuple("other" if word == "main" else word for word in SHOP)
    company.facts(*other)
    number = ("rules", "set", "--number-pattern", "B{number}")

    alike = company.run(*number).stderr
    apart = company.run(*number, "--shop", "main", "--number-pattern", "A{number}")

    assert "Orders of main and other with one number" in alike
    assert apart.stderr == ""


def test_tax_rule_takes_the_place_of_one_for_the_same_tax(company: Any) -> None:
    company.facts("rules", "set", "--tax", "21@NL=OLD", "--tax", "9@nl=LOW")

    company.facts("rules", "set", "--tax", "21.0@nl=NEW")

    rules = company.facts("rules", "show")["tax_rules"]
    assert [(r["country"], r["tax_type"]) for r in rules] == [
        ("NL", "NEW"),
        ("NL", "LOW"),
    ]


@pytest.mark.parametrize(
    "tax", ["21", "21=", "=NONE", "nan=NONE", "-1=NONE", "21@Holland=X", "high=X"]
)
def test_tax_rule_that_makes_no_sense_is_refused(company: Any, tax: str) -> None:
    assert "is not TAX[@PLACE]=TYPE" in company.error("rules", "set", "--tax", tax)


def test_rules_of_a_shop_that_is_not_there_are_refused(company: Any) -> None:
    for command in (("show",), ("set", "--due-days", "1"), ("reset", "due_days")):
        error = company.error("rules", *command, "--shop", "nowhere")
        assert "There is no shop nowhere." in error


def test_orders_that_waited_for_a_rule_go_on(company: Any, program: Program) -> None:
    company.facts(*SHOP)
    program.company.save_rules(
        CompanyRules(
            tax_rules=(TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),)
        ),
        expected_version=0,
    )
    take_in(program)

    facts = company.facts("rules", "set", "--invoice-when", "ordered")

    assert facts == {"moved": 1}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{prefix}", "{number} is missing"),
        ("1", "{number} is missing"),
        ("{number}{day}", "Only {prefix} and {number}"),
        ("{number", "not closed"),
        ("{number.__class__}", "Only {prefix} and {number}"),
        ("{number:>999999999}", "Only {prefix} and {number}"),
        ("{number}{0}", "Only {prefix} and {number}"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(
    company: Any, pattern: str, why: str
) -> None:
    error = company.error("rules", "set", "--number-pattern", pattern)

    assert why in error


@pytest.mark.parametrize("pair", ["ideal", "ideal=", "="])
def test_a_payment_method_needs_a_bank_account(company: Any, pair: str) -> None:
    error = company.error("rules", "set", "--payment-method", pair)

    assert "is not METHOD=ACCOUNT" in error


# Reports ---------------------------------------------------------------------------


def test_orders_are_listed_and_filtered(company: Any, program: Program) -> None:
    company.facts(*SHOP)
    take_in(program, id="1", number="1")
    take_in(program, id="2", number="2", status="cancelled")

    everything = company.facts("orders")["orders"]
    ignored = company.facts("orders", "--status", "ignored")["orders"]
    searched = company.facts("orders", "--search", "nobody")["orders"]

    assert [order["number"] for order in everything] == ["2", "1"]
    assert [order["total"] for order in ignored] == ["10.00"]
    assert searched == []


def test_orders_are_tried_again_by_number_by_cause_and_all(
    company: Any, program: Program
) -> None:
    company.facts(*SHOP)
    rules = CompanyRules(
        tax_rules=(TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),)
    )
    rules = replace(rules, invoice_when=InvoiceWhen.ORDERED)
    none = replace(rules, tax_rules=())
    program.company.save_rules(none, expected_version=program.company.rules_version())
    for number in ("1", "2", "3"):
        take_in(program, id=number, number=number)
    version = program.company.rules_version()

    assert company.facts("retry", "1") == outcome(stopped=1)
    program.company.save_rules(rules, expected_version=version)

    assert company.facts("retry", "1") == outcome(done=1)
    assert company.facts("retry", "1") == outcome(skipped=1)
    assert company.facts("retry", "--cause", "number already taken") == outcome()
    assert company.facts("retry", "--all") == outcome(done=2)
    assert "2 tried again" not in company.run("retry", "--all").stdout
    assert "no order 9" in company.error("retry", "9")
    assert company.run("retry").exit_code == 2
    assert company.run("retry", "1", "--all").exit_code == 2


def outcome(**counts: int) -> dict[str, int]:
    return {"done": 0, "skipped": 0, "stopped": 0, "failed": 0} | counts


def test_a_backfill_is_a_plan_unless_it_is_told_to_book(
    company: Any, program: Program
) -> None:
    company.facts(*SHOP)
    take_in(program, id="1", number="1")
    take_in(program, id="2", number="2", status="cancelled")
    period = ("backfill", "--shop", "main", "--from", "2026-01-01", "--to")

    planned = company.facts(*period, "2026-12-31")
    booked = company.facts(*period, "2026-12-31", "--yes")

    assert planned["state"] == "ready"
    counts = {name: planned[name] for name in ("creates", "skips", "blocked", "calls")}
    assert counts == {"creates": 0, "skips": 2, "blocked": 0, "calls": 0}
    assert booked["state"] == "done"
    assert booked["results"]["done"] == 0
    text = company.run(*period, "2026-12-31").stdout
    assert text == "Creates 0, skips 2, 0 blocked, about 0 minutes, 0 calls.\n"
    assert company.run(*period, "2025-12-31").exit_code == 2
    unknown = ("backfill", "--shop", "none", "--from", "2026-01-01")
    assert "no shop none" in company.error(*unknown, "--to", "2026-01-02")


def test_orders_are_listed_in_words(company: Any, program: Program) -> None:
    company.facts(*SHOP)
    take_in(program)

    result = company.run("orders")

    assert "1042" in result.stdout
    assert "awaiting payment" in result.stdout


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_export_holds_no_formula(company: Any, program: Program, start: str) -> None:
    company.facts(*SHOP)
    evil = f"{start}HYPERLINK(1)"
    take_in(program, customer={"first_name": evil, "last_name": "Example"})

    result = company.run("export")

    (row,) = csv.DictReader(io.StringIO(result.stdout, newline=""))
    cells = [row["number"], row["customer"], row["invoice"], row["reason"]]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert "HYPERLINK" in row["customer"]
    assert row["total"] == "10.00"


def test_export_of_nothing_is_the_heading(company: Any) -> None:
    result = company.run("export")

    assert result.stdout.splitlines() == [
        "number,shop,status,customer,currency,total,invoice,reason,received_at"
    ]


def test_doctor_names_what_is_missing_and_ends_with_1(company: Any) -> None:
    company.facts(*SHOP)

    checks = company.facts("doctor", exit_code=1)["checks"]

    assert checks["there is a shop"] is True
    assert checks["there is a user"] is False
    assert checks["there is a connection to the books"] is False


def test_doctor_without_tables_says_how_to_make_them(terminal: Any) -> None:
    result = terminal.run("doctor")

    assert result.exit_code == 1
    assert "sluice db upgrade" in result.stdout
    assert result.stderr == ""


# Work ------------------------------------------------------------------------------


def test_sync_without_a_connection_fails_and_says_so(company: Any) -> None:
    facts = company.facts("sync", exit_code=1)

    assert facts["state"] == "failed"
    assert "no connection to the books" in facts["message"]


def test_pull_says_that_orders_come_by_push(company: Any) -> None:
    facts = company.facts("pull")

    assert (facts["pulled"], facts["message"]) == (0, NOTHING_TO_PULL)


def test_serve_on_a_used_port_is_one_line(company: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        error = company.error("serve", "--port", str(port))

    assert error.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert "--port" in error


def test_serve_at_an_address_of_another_machine_is_one_line(company: Any) -> None:
    error = company.error("serve", "--host", "192.0.2.1", "--port", str(unused_port()))

    assert "192.0.2.1 cannot be used" in error


# Settings --------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("orders",), ("serve",), ("db", "upgrade")])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_PORT", "http"),
        ("SLUICE_PORT", "99999"),
        ("SLUICE_WORKERS", "-1"),
        ("SLUICE_SETTLE_SECONDS", "1 minute"),
        ("SLUICE_SETTLE_SECONDS", "4000"),
        ("SLUICE_TRUSTED_PROXIES", "10.0.0.1"),
        ("SLUICE_LOG_LEVEL", "loud"),
        ("SLUICE_PUBLIC_URL", "books.company.example"),
        ("SLUICE_PUBLIC_URL", "https://pat:swordfish@books.company.example"),
        ("SLUICE_SECRET_KEY", "short"),
        ("SLUICE_DATABASE_URL", "not an address"),
        ("SLUICE_DATABASE_URL", "oracle+nothing://localhost/sluice"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(
    terminal: Any,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)

    assert name in terminal.error(*command)


def test_a_data_folder_that_cannot_be_made_is_one_line(
    terminal: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SLUICE_DATA_DIR", str(tmp_path / "file" / "data"))

    error = terminal.error("orders")

    assert str(tmp_path / "file" / "data") in error
    assert "SLUICE_DATA_DIR" in error


def test_a_data_folder_that_cannot_be_written_is_one_line(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, whom no folder keeps out.
    monkeypatch.setattr("os.access", lambda *_: False)

    assert "cannot be written" in terminal.error("orders")


def test_a_database_that_does_not_answer_is_one_line(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://sluice:hidden@127.0.0.1:{unused_port()}/sluice"
    monkeypatch.setenv("SLUICE_DATABASE_URL", url)

    errors = [terminal.error("db", "upgrade"), terminal.error("orders")]

    assert "The database cannot be used" in errors[0]
    assert "does not answer" in errors[1]
    assert not any("hidden" in error for error in errors)


def test_an_empty_secret_key_is_not_used(company: Any, tmp_path: Path) -> None:
    (tmp_path / "data" / "secret.key").write_text("")

    assert "holds no secret key" in company.error("orders")


def test_the_secret_key_is_for_its_owner_alone(company: Any, tmp_path: Path) -> None:
    company.run("doctor")

    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0


def test_the_database_is_for_its_owner_alone_in_a_folder_others_can_read(
    terminal: Any, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)

    assert terminal.run("db", "upgrade").exit_code == 0

    with closing(sqlite3.connect(data / "sluice.db")) as reader:
        reader.execute("SELECT * FROM orders").fetchall()
        modes = {file.name: file.stat().st_mode & 0o077 for file in data.iterdir()}
    assert {"sluice.db", "sluice.db-wal", "sluice.db-shm"} <= modes.keys()
    assert set(modes.values()) == {0}


def test_settings_are_read_from_a_file_too(
    terminal: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SLUICE_PORT=http\n")
    monkeypatch.delenv("SLUICE_DATA_DIR")

    assert "SLUICE_PORT" in terminal.error("orders")


def test_the_version_is_told(terminal: Any) -> None:
    assert "version" in terminal.run("--version").stdout


def test_commands_that_print_facts_print_them_as_json_too() -> None:
    silent = {"serve", "worker", "export"}

    for name, command in main.commands.items():
        if name in silent:
            continue
        for each in getattr(command, "commands", {name: command}).values():
            assert "--json" in {o for p in each.params for o in p.opts}, each.name
