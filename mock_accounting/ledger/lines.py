"""Rules for the line items of an invoice: ledger account, tax type, amounts."""

from __future__ import annotations

from collections.abc import Sequence

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import LineInput
from mock_accounting.ledger.items import with_item
from mock_accounting.ledger.model import (
    AccountClass,
    LedgerAccount,
    LineAmountTypes,
    LineItem,
    RecordStatus,
    TaxRate,
)
from mock_accounting.ledger.money import ZERO, round_half_up
from mock_accounting.ledger.totals import line_amounts, tax_on

_NOT_FOR_SALES = frozenset({"DEBTORS", "CREDITORS", "GST"})
_NO_TAX_TYPE = "NONE"


def line_items(
    books: Books,
    inputs: Sequence[LineInput],
    amounts_are: LineAmountTypes,
    *,
    unit_decimals: int,
) -> tuple[LineItem, ...]:
    """The line items that *inputs* become.

    Raises:
        Refused: With every rule that is broken in any of them.
    """
    lines: list[LineItem] = []
    problems: list[str] = []
    for line in inputs:
        try:
            lines.append(_line_item(books, line, amounts_are, unit_decimals))
        except Refused as refused:
            problems.extend(refused.messages)
    if problems:
        raise Refused(*dict.fromkeys(problems))
    return tuple(lines)


def _line_item(
    books: Books, line: LineInput, amounts_are: LineAmountTypes, unit_decimals: int
) -> LineItem:
    line = with_item(books, line)
    if _has_amounts(line):
        account = _account(books, line)
        rate = _tax_rate(books, line, account, amounts_are)
    elif line.description:
        account, rate = None, None
    else:
        raise Refused("Description is required for each line item")
    amounts = line_amounts(line, unit_decimals=unit_decimals)
    if rate is None or amounts_are is LineAmountTypes.NO_TAX:
        tax = ZERO
    elif line.tax_amount is not None:
        tax = round_half_up(line.tax_amount)
    else:
        tax = tax_on(amounts.line_amount, rate.effective_rate_percent, amounts_are)
    return LineItem(
        line_item_id=line.line_item_id or books.ids.next(),
        description=line.description or "",
        quantity=amounts.quantity,
        unit_amount=amounts.unit_amount,
        discount_rate_percent=line.discount_rate_percent,
        discount_amount=line.discount_amount,
        item_code=line.item_code,
        account_id=account.account_id if account else None,
        account_code=account.code if account else None,
        tax_type=rate.tax_type if rate else None,
        tax_amount=tax,
        line_amount=amounts.line_amount,
    )


def _has_amounts(line: LineInput) -> bool:
    return any(
        value is not None
        for value in (line.quantity, line.unit_amount, line.line_amount)
    )


def _account(books: Books, line: LineInput) -> LedgerAccount:
    if line.account_code:
        account = books.account_coded(line.account_code)
    elif line.account_id:
        account = books.accounts.get(line.account_id)
    else:
        raise Refused("Account must be valid.")
    if (
        account is None
        or account.status is not RecordStatus.ACTIVE
        or account.type == "BANK"
        or account.system_account in _NOT_FOR_SALES
    ):
        code = line.account_code or (account.code if account else line.account_id)
        raise Refused(f"Account code '{code}' is not a valid code for this document.")
    return account


def _tax_rate(
    books: Books,
    line: LineInput,
    account: LedgerAccount,
    amounts_are: LineAmountTypes,
) -> TaxRate:
    if amounts_are is LineAmountTypes.NO_TAX:
        return books.tax_rates[_NO_TAX_TYPE]
    tax_type = line.tax_type or account.tax_type
    rate = books.tax_rates.get(tax_type)
    if (
        rate is None
        or rate.status is not RecordStatus.ACTIVE
        or AccountClass.REVENUE not in rate.applies_to
    ):
        raise Refused(
            f"The TaxType code {tax_type} does not exist or cannot be used for this "
            "type of transaction."
        )
    if account.account_class not in rate.applies_to:
        raise Refused(
            f"The TaxType code '{tax_type}' cannot be used with account code "
            f"'{account.code}'."
        )
    return rate
