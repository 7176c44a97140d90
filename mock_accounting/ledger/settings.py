"""Rules for adding to what the books are kept with: accounts, rates, currencies."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.demo import effective_rate
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import AccountInput, CurrencyInput, TaxRateInput
from mock_accounting.ledger.model import (
    AccountClass,
    Currency,
    LedgerAccount,
    RecordStatus,
    TaxRate,
)
from mock_accounting.ledger.money import ZERO

_MAX_CODE = 10
_MAX_NAME = 150
_BANK = "BANK"
_CLASSES = {
    **dict.fromkeys(
        ("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"),
        AccountClass.ASSET,
    ),
    **dict.fromkeys(
        ("DIRECTCOSTS", "EXPENSE", "OVERHEADS", "DEPRECIATN"), AccountClass.EXPENSE
    ),
    **dict.fromkeys(("CURRLIAB", "LIABILITY", "TERMLIAB"), AccountClass.LIABILITY),
    **dict.fromkeys(("OTHERINCOME", "REVENUE", "SALES"), AccountClass.REVENUE),
    "EQUITY": AccountClass.EQUITY,
}
_CURRENCY_CODE = re.compile(r"[A-Z]{3}")
_ANY_SIDE = tuple(AccountClass)


def create_account(books: Books, wanted: AccountInput) -> LedgerAccount:
    """Write a new ledger account.

    Raises:
        Refused: If a rule is broken, or its code or name is in use.
    """
    problems = _account_problems(books, wanted)
    if problems:
        raise Refused(*problems)
    kind = wanted.type or ""
    account = LedgerAccount(
        account_id=books.ids.next(),
        code=wanted.code or "",
        name=wanted.name or "",
        type=kind,
        account_class=_CLASSES[kind],
        tax_type=wanted.tax_type or "NONE",
        enable_payments=wanted.enable_payments or False,
        currency_code=_currency_of(books, wanted),
        bank_account_type=_BANK if kind == _BANK else None,
        bank_account_number=wanted.bank_account_number,
        updated_at=books.clock.now(),
    )
    books.put(account)
    return account


def save_tax_rate(books: Books, wanted: TaxRateInput) -> TaxRate:
    """Update the rate that is meant by tax type or name, or write a new one.

    Raises:
        Refused: If a rule is broken.
    """
    existing = books.tax_rates.get(wanted.tax_type or "") or _rate_named(books, wanted)
    if existing is None:
        return create_tax_rate(books, wanted)
    changed = replace(
        existing,
        name=wanted.name or existing.name,
        status=wanted.status or existing.status,
    )
    if wanted.components is not None:
        changed = _with_components(changed, wanted)
    books.put(changed)
    return changed


def create_tax_rate(books: Books, wanted: TaxRateInput) -> TaxRate:
    """Write a new tax rate; its tax type is the next of `TAX001` and so on.

    Raises:
        Refused: If a rule is broken or its name is in use.
    """
    problems = []
    if not wanted.name:
        problems.append("The Name field is mandatory.")
    elif _rate_named(books, wanted) is not None:
        problems.append(f"The tax rate name '{wanted.name}' is already in use.")
    if not wanted.components:
        problems.append("A tax rate needs at least one TaxComponent.")
    if problems:
        raise Refused(*problems)
    rate = _with_components(
        TaxRate(
            tax_type=_next_tax_type(books),
            name=wanted.name or "",
            components=(),
            display_rate_percent=ZERO,
            effective_rate_percent=ZERO,
            applies_to=_ANY_SIDE,
            report_tax_type=wanted.report_tax_type,
        ),
        wanted,
    )
    books.put(rate)
    return rate


def subscribe_currency(books: Books, wanted: CurrencyInput) -> Currency:
    """Let the organisation use a currency; one it uses already stays as it is.

    Raises:
        Refused: If it is no currency code.
    """
    code = (wanted.code or "").upper()
    if not _CURRENCY_CODE.fullmatch(code):
        raise Refused(f"'{wanted.code or ''}' is not a valid currency code")
    known = books.currencies.get(code)
    if known is not None:
        return known
    currency = Currency(
        code=code, description=wanted.description or code, rate=Decimal("1.000000")
    )
    books.put(currency)
    return currency


def _account_problems(books: Books, wanted: AccountInput) -> list[str]:
    problems = []
    code, name = wanted.code or "", wanted.name or ""
    is_bank = wanted.type == _BANK
    if not code and not is_bank:
        problems.append("Account code must be specified")
    if len(code) > _MAX_CODE:
        problems.append(f"The Code cannot be longer than {_MAX_CODE} characters")
    if code and books.account_coded(code) is not None:
        problems.append("Please enter a unique Code.")
    if not name or len(name) > _MAX_NAME:
        problems.append(f"The Name must be between 1 and {_MAX_NAME} characters long")
    if name.casefold() in {it.name.casefold() for it in books.accounts.values()}:
        problems.append("Please enter a unique Name.")
    if wanted.type not in _CLASSES:
        problems.append(f"The account type '{wanted.type or ''}' is not valid")
    if is_bank and not wanted.bank_account_number:
        problems.append("A bank account needs a BankAccountNumber")
    if wanted.tax_type and wanted.tax_type not in books.tax_rates:
        problems.append(f"The TaxType code {wanted.tax_type} does not exist.")
    return problems


def _currency_of(books: Books, wanted: AccountInput) -> str | None:
    if wanted.type != _BANK:
        return None
    return wanted.currency_code or books.organisation.base_currency


def _rate_named(books: Books, wanted: TaxRateInput) -> TaxRate | None:
    name = (wanted.name or "").casefold()
    return next(
        (
            rate
            for rate in books.tax_rates.values()
            if rate.name.casefold() == name and rate.status is RecordStatus.ACTIVE
        ),
        None,
    )


def _with_components(rate: TaxRate, wanted: TaxRateInput) -> TaxRate:
    components = wanted.components or ()
    if any(part.rate_percent < 0 for part in components):
        raise Refused("The Rate of a TaxComponent cannot be negative")
    return replace(
        rate,
        components=components,
        display_rate_percent=sum((it.rate_percent for it in components), ZERO),
        effective_rate_percent=effective_rate(components),
    )


def _next_tax_type(books: Books) -> str:
    number = 1
    while f"TAX{number:03}" in books.tax_rates:
        number += 1
    return f"TAX{number:03}"
