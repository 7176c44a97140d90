"""Line amounts, tax and totals of an invoice.

Rules: unit amounts are rounded before they are multiplied; tax is reckoned a
line, rounded half up, then summed. (Vendor's page "Rounding in Xero".)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import LineInput
from mock_accounting.ledger.model import LineAmountTypes, LineItem
from mock_accounting.ledger.money import HUNDRED, ZERO, round_half_up

_QUANTITY_DECIMALS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LineAmounts:
    """What a line comes to before tax rules are applied."""

    quantity: Decimal
    unit_amount: Decimal
    line_amount: Decimal
    discount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What an invoice comes to."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxShare:
    """What is taxed under one tax type."""

    tax_type: str
    net: Decimal
    tax: Decimal


def line_amounts(line: LineInput, *, unit_decimals: int) -> LineAmounts:
    """Quantity, unit amount and line amount; what is missing is worked out.

    Raises:
        Refused: If the line amount sent is not quantity x unit amount - discount.
    """
    _check_discount(line)
    unit = _rounded(line.unit_amount, unit_decimals)
    quantity = _rounded(line.quantity, _QUANTITY_DECIMALS)
    sent = _rounded(line.line_amount, 2)
    if sent is not None and (unit is None or quantity is None):
        return _from_line_amount(line, sent, (quantity, unit), unit_decimals)
    if quantity is None:
        quantity = Decimal(1) if unit is not None else Decimal(0)
    unit = ZERO if unit is None else unit
    gross = quantity * unit
    expected = round_half_up(_discounted(line, gross))
    if sent is not None and sent != expected:
        raise Refused(
            f"The line total {sent} does not match the expected line total {expected}"
        )
    return LineAmounts(
        quantity=quantity,
        unit_amount=unit,
        line_amount=expected,
        discount=round_half_up(gross) - expected,
    )


def tax_on(
    amount: Decimal, rate_percent: Decimal, amounts_are: LineAmountTypes
) -> Decimal:
    """Tax of one line, rounded to cents."""
    match amounts_are:
        case LineAmountTypes.EXCLUSIVE:
            return round_half_up(amount * rate_percent / HUNDRED)
        case LineAmountTypes.INCLUSIVE:
            return round_half_up(amount * rate_percent / (HUNDRED + rate_percent))
        case LineAmountTypes.NO_TAX:
            return ZERO


def totals(lines: Iterable[LineItem], amounts_are: LineAmountTypes) -> Totals:
    """Sub-total, tax and total of an invoice's lines."""
    amount = tax = ZERO
    for line in lines:
        amount += line.line_amount
        tax += line.tax_amount
    if amounts_are is LineAmountTypes.INCLUSIVE:
        return Totals(sub_total=amount - tax, total_tax=tax, total=amount)
    return Totals(sub_total=amount, total_tax=tax, total=amount + tax)


def tax_summary(
    lines: Iterable[LineItem], amounts_are: LineAmountTypes
) -> list[TaxShare]:
    """What is taxed under each tax type, in the order of the lines."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    inclusive = amounts_are is LineAmountTypes.INCLUSIVE
    for line in lines:
        if line.tax_type is None:
            continue
        net, tax = sums.get(line.tax_type, (ZERO, ZERO))
        own = line.line_amount - line.tax_amount if inclusive else line.line_amount
        sums[line.tax_type] = (net + own, tax + line.tax_amount)
    return [
        TaxShare(tax_type=tax_type, net=net, tax=tax)
        for tax_type, (net, tax) in sums.items()
    ]


def _rounded(value: Decimal | None, places: int) -> Decimal | None:
    return None if value is None else round_half_up(value, places)


def _check_discount(line: LineInput) -> None:
    rate = line.discount_rate_percent
    if rate is not None and not 0 <= rate <= HUNDRED:
        raise Refused("Discount rate must be between 0 and 100")
    if rate and line.discount_amount:
        raise Refused("A line item cannot have both a DiscountRate and DiscountAmount")


def _discounted(line: LineInput, gross: Decimal) -> Decimal:
    if line.discount_rate_percent:
        return gross * (HUNDRED - line.discount_rate_percent) / HUNDRED
    return gross - (line.discount_amount or ZERO)


def _undiscounted(line: LineInput, net: Decimal) -> Decimal:
    if not line.discount_rate_percent:
        return net + (line.discount_amount or ZERO)
    if line.discount_rate_percent == HUNDRED:
        return net
    return net * HUNDRED / (HUNDRED - line.discount_rate_percent)


def _from_line_amount(
    line: LineInput,
    sent: Decimal,
    known: tuple[Decimal | None, Decimal | None],
    unit_decimals: int,
) -> LineAmounts:
    """Work out quantity or unit amount from the line amount, which stands."""
    quantity, unit = known
    gross = _undiscounted(line, sent)
    if quantity is None and unit:
        quantity = round_half_up(gross / unit, _QUANTITY_DECIMALS)
    elif quantity is None:
        quantity = Decimal(1)
    if unit is None:
        unit = round_half_up(gross / quantity if quantity else gross, unit_decimals)
    return LineAmounts(
        quantity=quantity,
        unit_amount=unit,
        line_amount=sent,
        discount=round_half_up(gross) - sent,
    )
