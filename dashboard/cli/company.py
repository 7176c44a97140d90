"""Sets up the connection to the books and the company's rules."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import click

from dashboard.accounting.protocol import BooksSilent
from dashboard.app import Program
from dashboard.cli.terminal import (
    json_option,
    note,
    open_first,
    open_program,
    tell,
)
from dashboard.domain.number_pattern import PatternWrong, example
from dashboard.domain.rules import (
    CompanyRules,
    Correction,
    InvoiceWhen,
    PaymentRule,
)
from dashboard.domain.sentences import say
from dashboard.installation import working_organisations
from dashboard.outbound.address import AddressRefused, check_address
from dashboard.store.codec import to_plain
from dashboard.store.company import ChangedMeanwhile, Connection
from dashboard.store.vault import SecretUnreadable
from dashboard.sync.setup import plan_waiting


@click.group()
def connection() -> None:
    """The connection to the accounting package."""


@connection.command("set")
@click.option("--kind", type=click.Choice(["xero"]), required=True)
@click.option("--base-url", required=True, help="Where the API is.")
@click.option("--client-id", required=True)
@click.option("--client-secret", required=True)
@click.option("--tenant-id", default="", help="The organisation, if there are several.")
@json_option
def set_connection(
    kind: str,
    base_url: str,
    client_id: str,
    client_secret: str,
    tenant_id: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Set where the books are and how to sign in."""
    program = open_program()
    try:
        check_address(base_url, allow_inner=program.settings.allow_loopback_api)
    except AddressRefused as error:
        raise click.ClickException(str(error)) from error
    given = Connection(
        kind=kind,
        base_url=base_url.rstrip("/"),
        client_id=client_id,
        client_secret=client_secret,
        tenant_id=tenant_id,
        version=0,
    )
    if not tenant_id:
        given = replace(given, tenant_id=_known_tenant(program, given))
    _refuse_books_of_others(program, given)
    program.company.set_connection(given)
    note(program, "set", say("connection to %(address)s", address=given.base_url))
    facts = {"kind": kind, "base_url": given.base_url, "organisation": None}
    try:
        facts["organisation"] = program.engine.meet_books()
        text = f"Signed in: these are the books of {facts['organisation']}."
    except BooksSilent as silent:
        # It is set all the same: the engine goes on trying.
        facts["problem"] = silent.failure.reason
        text = f"The connection is set, but it does not work yet: {facts['problem']}."
    tell(text, facts, as_json=as_json)


def _refuse_books_of_others(program: Program, given: Connection) -> None:
    """Keep two organisations from one set of books: one would book into the other's.

    Raises:
        click.ClickException: If another organisation has these books.
    """
    for other in working_organisations(open_first()):
        if other.organisation == program.organisation:
            continue
        with suppress(SecretUnreadable):
            if _same_books(other.company.connection(), given):
                path = other.organisation.path or "/"
                raise click.ClickException(
                    f"The books of the client {given.client_id} are those of the "
                    f"organisation at {path} already. If they are others, say which "
                    "with --tenant-id."
                )


def _same_books(known: Connection | None, given: Connection) -> bool:
    if known is None or known.base_url != given.base_url:
        return False
    if given.tenant_id and known.tenant_id:
        return known.tenant_id == given.tenant_id
    return known.client_id == given.client_id


def _known_tenant(program: Program, given: Connection) -> str:
    """Return the organisation learned at the first sign-in with the same access.

    Keeping it is no change that would make us start over. Another client, or another
    address, has organisations of its own.
    """
    with suppress(SecretUnreadable):  # this is how it is put right
        known = program.company.connection()
        access = (given.base_url, given.client_id)
        if known is not None and (known.base_url, known.client_id) == access:
            return known.tenant_id
    return ""


@click.group()
def rules() -> None:
    """The rules by which orders become invoices and payments."""


@rules.command("show")
@json_option
def show_rules(as_json: bool) -> None:  # noqa: FBT001
    """Show the rules."""
    plain = to_plain(open_program().company.rules())
    lines = (f"{name}: {value}" for name, value in plain.items())
    tell("\n".join(lines), plain, as_json=as_json)


@rules.command("set")
@click.option("--invoice-when", type=click.Choice([when.value for when in InvoiceWhen]))
@click.option("--mark-as-paid/--no-mark-as-paid", default=None)
@click.option(
    "--when-changed",
    type=click.Choice([way.value for way in Correction]),
    help="How the books follow an order that changes after it was booked.",
)
@click.option("--number-pattern", help="With {number}, and {prefix} of the shop.")
@click.option("--due-days", type=click.IntRange(0, 365))
@click.option("--gift-card-account", help="The ledger account of gift cards sold.")
@click.option(
    "--payment-method",
    "methods",
    multiple=True,
    metavar="METHOD=ACCOUNT",
    help="The bank account of a payment method; may be repeated.",
)
@json_option
def set_rules(  # noqa: PLR0913, PLR0917 - one for each option
    invoice_when: str | None,
    mark_as_paid: bool | None,  # noqa: FBT001
    when_changed: str | None,
    number_pattern: str | None,
    due_days: int | None,
    gift_card_account: str | None,
    methods: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
) -> None:
    """Change rules, and plan anew the orders that waited for it."""
    program = open_program()
    version = program.company.rules_version()
    old = program.company.rules()
    new = replace(
        old,
        invoice_when=InvoiceWhen(invoice_when) if invoice_when else old.invoice_when,
        mark_as_paid=old.mark_as_paid if mark_as_paid is None else mark_as_paid,
        correction=Correction(when_changed) if when_changed else old.correction,
        number_pattern=number_pattern or old.number_pattern,
        due_days=old.due_days if due_days is None else due_days,
        gift_card_account=gift_card_account or old.gift_card_account,
        payment_rules=_with_methods(old, methods),
    )
    _check_pattern(new)
    moved = _save(program, new, version)
    note(program, "changed", say("rules"))
    text = f"Saved. {moved} waiting orders go on."
    tell(text, {"moved": moved}, as_json=as_json)


def _save(program: Program, rules: CompanyRules, version: int) -> int:
    try:
        program.company.save_rules(rules, expected_version=version)
    except ChangedMeanwhile as error:
        message = "Somebody else changed the rules just now. Try again."
        raise click.ClickException(message) from error
    return plan_waiting(program.orders)


def _with_methods(
    rules: CompanyRules, methods: tuple[str, ...]
) -> tuple[PaymentRule, ...]:
    accounts = {rule.method: rule.bank_account for rule in rules.payment_rules}
    for pair in methods:
        method, separator, account = pair.partition("=")
        if not separator or not account:
            raise click.ClickException(f"{pair!r} is not METHOD=ACCOUNT.")
        accounts[method] = account
    return tuple(
        PaymentRule(method=method, bank_account=account)
        for method, account in accounts.items()
    )


def _check_pattern(rules: CompanyRules) -> None:
    try:
        example(rules.number_pattern, prefix="W-", number="1")
    except PatternWrong as error:
        raise click.ClickException(str(error)) from error
