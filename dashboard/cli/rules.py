"""The rules of the company and of its shops: shown, changed, taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final, TypeVar

import click

from dashboard.app import Program
from dashboard.cli.terminal import json_option, note, open_program, tell
from dashboard.domain.number_pattern import PatternWrong, example, same_numbers
from dashboard.domain.rules import (
    PLACE_PATTERN,
    CompanyRules,
    Correction,
    InvoiceWhen,
    Layer,
    PaymentRule,
    Shop,
    ShopRules,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.domain.sentences import say
from dashboard.store.codec import to_plain
from dashboard.store.company import ChangedMeanwhile
from dashboard.sync.setup import plan_waiting

_Rules = TypeVar("_Rules", CompanyRules, ShopRules)
_KINDS: Final[Mapping[str, Any]] = {
    "invoice_when": InvoiceWhen,
    "correction": Correction,
    "vat_check": VatCheck,
}
_NAMES: Final = [field.name for field in fields(ShopRules)]

_shop_option = click.option(
    "--shop", "slug", help="The shop whose own rules are meant, not the company's."
)


@click.group()
def rules() -> None:
    """The rules by which orders become invoices and payments."""


@rules.command("show")
@_shop_option
@json_option
def show_rules(slug: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Show the rules; those of a shop with what is its own."""
    program = open_program()
    found = program.company.rules(_shop(program, slug))
    plain = to_plain(found)
    del plain["own"]
    lines = (f"{name}: {value}{_mark(found, name)}" for name, value in plain.items())
    facts = {**plain, "own": list(found.own)} if slug else plain
    tell("\n".join(lines), facts, as_json=as_json)


def _mark(found: CompanyRules, name: str) -> str:
    return " (the shop's own)" if found.layer_of(name) is Layer.SHOP else ""


@rules.command("set")
@_shop_option
@click.option("--invoice-when", type=click.Choice([when.value for when in InvoiceWhen]))
@click.option("--mark-as-paid/--no-mark-as-paid", default=None)
@click.option(
    "--when-changed",
    "correction",
    type=click.Choice([way.value for way in Correction]),
    help="How the books follow an order that changes after it was booked.",
)
@click.option("--number-pattern", help="With {number}, and {prefix} of the shop.")
@click.option("--due-days", type=click.IntRange(0, 365))
@click.option(
    "--vat-check",
    type=click.Choice([check.value for check in VatCheck]),
    help="What reverse charge needs of the customer's VAT number.",
)
@click.option("--sales-account", help="The ledger account of products.")
@click.option("--shipping-account", help="The ledger account of shipping.")
@click.option("--fee-account", help="The ledger account of fees.")
@click.option("--rounding-account", help="The ledger account of what rounding leaves.")
@click.option("--gift-card-account", help="The ledger account of gift cards sold.")
@click.option(
    "--tax",
    "taxes",
    multiple=True,
    metavar="TAX[@PLACE]=TYPE",
    help="The tax type of a rate (21), of what is untaxed or of customers who are "
    "exempt, in a place (NL, CA-QC, EU, WORLD) or any; may be repeated.",
)
@click.option(
    "--payment-method",
    "methods",
    multiple=True,
    metavar="METHOD=ACCOUNT",
    help="The bank account of a payment method; may be repeated.",
)
@json_option
def set_rules(
    slug: str | None,
    taxes: tuple[str, ...],
    methods: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    **entered: Any,  # noqa: ANN401 - the rules of one value, by their names
) -> None:
    """Change rules, and plan anew the orders that waited for it."""
    program = open_program()
    shop = _shop(program, slug)
    chosen = {
        name: _KINDS[name](value) if name in _KINDS else value
        for name, value in entered.items()
        if value not in {None, ""}
    }
    _check_pattern(chosen.get("number_pattern"))
    new_taxes = tuple(_tax_rule(text) for text in taxes)
    new_methods = tuple(_payment_rule(text) for text in methods)

    def changed(old: _Rules) -> _Rules:
        return replace(
            old,
            **chosen,
            tax_rules=_with_taxes(old.tax_rules, new_taxes),
            payment_rules=_with_methods(old.payment_rules, new_methods),
        )

    if shop is None:
        version = program.company.rules_version()
        _save(program, changed(program.company.rules()), version)
        note(program, "changed", say("rules of the company"))
    else:
        program.company.change_shop_rules(shop, changed)
        _note_shop(program, shop)
    _tell_moved(program, as_json=as_json)


@rules.command("reset")
@click.option("--shop", "slug", required=True, help="The shop whose rules are meant.")
@click.argument("names", nargs=-1, required=True, type=click.Choice(_NAMES))
@json_option
def reset_rules(slug: str, names: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """Let the company's rules hold for a shop again, by their names."""
    program = open_program()
    shop = _shop(program, slug)
    if shop is None:
        raise click.ClickException("Say which shop with --shop.")

    def without(own: ShopRules) -> ShopRules:
        for name in names:
            own = own.without(name)
        return own

    program.company.change_shop_rules(shop, without)
    _note_shop(program, shop)
    _tell_moved(program, as_json=as_json)


def _shop(program: Program, slug: str | None) -> Shop | None:
    if not slug:
        return None
    shop = program.company.shop(slug)
    if shop is None:
        raise click.ClickException(f"There is no shop {slug}.")
    return shop


def _note_shop(program: Program, shop: Shop) -> None:
    subject = say("rules of the shop %(shop)s", shop=shop.slug)
    note(program, "changed", subject)


def _save(program: Program, new: CompanyRules, version: int) -> None:
    try:
        program.company.save_rules(new, expected_version=version)
    except ChangedMeanwhile as error:
        message = "Somebody else changed the rules just now. Try again."
        raise click.ClickException(message) from error


def _tell_moved(program: Program, *, as_json: bool) -> None:
    moved = plan_waiting(program.orders)
    _warn_of_same_numbers(program)
    tell(f"Saved. {moved} waiting orders go on.", {"moved": moved}, as_json=as_json)


def _warn_of_same_numbers(program: Program) -> None:
    company = program.company
    shops = (shop for shop in company.shops() if shop.active)
    warning = same_numbers({shop: company.rules(shop).number_pattern for shop in shops})
    if warning:
        click.echo(warning, err=True)


def _payment_rule(text: str) -> PaymentRule:
    method, separator, account = text.partition("=")
    if not separator or not account:
        raise click.ClickException(f"{text!r} is not METHOD=ACCOUNT.")
    return PaymentRule(method=method, bank_account=account)


def _tax_rule(text: str) -> TaxRule:
    """Read a tax rule: "21@NL=OUTPUT2", "exempt@EU=ECZROUTPUT" or "untaxed=NONE"."""
    tax, _separator, tax_type = text.partition("=")
    what, _at, place = tax.partition("@")
    wrong = click.ClickException(
        f"{text!r} is not TAX[@PLACE]=TYPE, such as 21@NL=OUTPUT2 or untaxed=NONE."
    )
    if not tax_type or (place and not re.fullmatch(PLACE_PATTERN, place)):
        raise wrong
    unrated = {TaxSituation.UNTAXED.value, TaxSituation.EXEMPT.value}
    if what in unrated:
        situation = TaxSituation(what)
        return TaxRule(situation=situation, tax_type=tax_type, country=place.upper())
    if not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", what):
        raise wrong
    return TaxRule(
        situation=TaxSituation.RATE,
        rate_percent=Decimal(what),
        tax_type=tax_type,
        country=place.upper(),
    )


def _with_taxes(
    old: tuple[TaxRule, ...], new: tuple[TaxRule, ...]
) -> tuple[TaxRule, ...]:
    """Return the rules with the new ones, each in place of one for the same tax."""
    rules = {(r.situation, r.rate_percent, r.country): r for r in (*old, *new)}
    return tuple(rules.values())


def _with_methods(
    old: tuple[PaymentRule, ...], new: tuple[PaymentRule, ...]
) -> tuple[PaymentRule, ...]:
    """Return the rules with the new ones, each in place of one for the same method."""
    return tuple({rule.method: rule for rule in (*old, *new)}.values())


def _check_pattern(pattern: str | None) -> None:
    if pattern is None:
        return
    try:
        example(pattern, prefix="W-", number="1")
    except PatternWrong as error:
        raise click.ClickException(str(error)) from error
