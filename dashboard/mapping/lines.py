"""From the lines of an order to the lines of its invoice, amounts as charged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from dashboard.domain.books import ROUNDING, InvoiceLine
from dashboard.domain.choices import AccountRule, ChosenLine
from dashboard.domain.money import ZERO, decimals_of, to_cents
from dashboard.domain.order import LineItem, LineKind, Order
from dashboard.domain.problems import Cause
from dashboard.domain.rules import CompanyRules
from dashboard.domain.sentences import say
from dashboard.domain.tax_cases import percent
from dashboard.mapping.problems import stopped
from dashboard.mapping.taxes import TaxedPart, TaxTypes

_ONE = Decimal(1)
# The books keep quantities in four decimals and descriptions up to this length.
_QUANTITY_STEP = Decimal("0.0001")
_MAX_DESCRIPTION = 4000


_ACCOUNT_RULES = {
    LineKind.PRODUCT: AccountRule.SALES,
    LineKind.SHIPPING: AccountRule.SHIPPING,
    LineKind.FEE: AccountRule.FEE,
    LineKind.GIFT_CARD: AccountRule.GIFT_CARD,
}


def invoice_lines(order: Order, rules: CompanyRules) -> tuple[ChosenLine, ...]:
    """Return the lines of the order's invoice: together they make its total exactly.

    Products that cost nothing stay (the customer got them); shipping and fees of
    nothing are left out, for they say nothing.

    Raises:
        NotMappable: If a tax has no tax type, or the order does not add up.
    """
    lines = _chosen_lines(order, order.lines, rules)
    residual = to_cents(order.total) - lines_total(each.line for each in lines)
    if not residual:
        return lines
    _check_rounding(order, residual)
    return (*lines, _rounding(order, residual, rules))


def item_lines(
    order: Order, items: Iterable[LineItem], rules: CompanyRules
) -> tuple[InvoiceLine, ...]:
    """Return the lines that *items* of an order become.

    Raises:
        NotMappable: If a tax has no tax type.
    """
    return tuple(each.line for each in _chosen_lines(order, items, rules))


def _chosen_lines(
    order: Order, items: Iterable[LineItem], rules: CompanyRules
) -> tuple[ChosenLine, ...]:
    tax_types = TaxTypes(order, rules)
    return tuple(
        chosen
        for item in items
        if not _says_nothing(item)
        for chosen in _invoice_lines(order, item, tax_types, rules)
    )


def rounding_line(order: Order, residual: Decimal, rules: CompanyRules) -> InvoiceLine:
    """Return the line, without tax, that makes up for what rounding leaves.

    Raises:
        NotMappable: If what is not taxable has no tax type.
    """
    return _rounding(order, residual, rules).line


def _rounding(order: Order, residual: Decimal, rules: CompanyRules) -> ChosenLine:
    tax_rule = TaxTypes(order, rules).of_rounding()
    line = InvoiceLine(
        description=ROUNDING,
        quantity=_ONE,
        unit_amount=residual,
        account=rules.rounding_account,
        tax_type=tax_rule.tax_type,
        tax=ZERO,
    )
    return ChosenLine(line=line, account_rule=AccountRule.ROUNDING, tax_rule=tax_rule)


def rounds_off(order: Order, residual: Decimal, lines: int) -> bool:
    """Tell whether rounding explains *residual*.

    That is the currency's smallest coin a line: shops round each line's tax to it.
    """
    return abs(residual) <= _explained(order, lines)


def lines_total(lines: Iterable[InvoiceLine]) -> Decimal:
    """Return what *lines* ask for, tax included."""
    return sum((line.net + line.tax for line in lines), ZERO)


def _says_nothing(line: LineItem) -> bool:
    nothing = not line.net and not line.tax and not line.discount
    return nothing and line.kind in {LineKind.SHIPPING, LineKind.FEE}


def _invoice_lines(
    order: Order, line: LineItem, tax_types: TaxTypes, rules: CompanyRules
) -> Iterator[ChosenLine]:
    parts = tax_types.parts(line)
    account_rule = _ACCOUNT_RULES[line.kind]
    account = _account(order, line.kind, rules)
    write = _whole_line if len(parts) == 1 else _part_line
    for part in parts:
        yield ChosenLine(
            line=write(line, part, account),
            account_rule=account_rule,
            tax_rule=part.rule,
        )


def _whole_line(line: LineItem, part: TaxedPart, account: str) -> InvoiceLine:
    """Return the invoice line with its quantity, where that makes the exact net.

    20 pens for 16.53 have no unit price in two decimals: then the line is one of
    16.53, and the quantity stands in the description.
    """
    full = to_cents(line.net + line.discount)
    discount = full - part.net
    if discount > full:  # a negative line with a discount: the books refuse it
        discount, full = ZERO, part.net
    unit_amount = _unit_amount(full, line.quantity)
    fits = unit_amount is not None
    return InvoiceLine(
        description=_description(line, with_quantity=not fits),
        quantity=line.quantity if fits else _ONE,
        unit_amount=full if unit_amount is None else unit_amount,
        account=account,
        tax_type=part.tax_type,
        tax=part.tax,
        discount=discount,
    )


def _part_line(line: LineItem, part: TaxedPart, account: str) -> InvoiceLine:
    description = _description(line, with_quantity=True)
    if part.rate_percent is not None:
        description = f"{description} ({percent(part.rate_percent)})"
    return InvoiceLine(
        description=description,
        quantity=_ONE,
        unit_amount=part.net,
        account=account,
        tax_type=part.tax_type,
        tax=part.tax,
    )


def _unit_amount(full: Decimal, quantity: Decimal) -> Decimal | None:
    """Return the price of one in two decimals, or None when there is no exact one."""
    if quantity <= 0 or quantity % _QUANTITY_STEP:
        return None
    unit_amount = to_cents(full / quantity)
    return unit_amount if unit_amount * quantity == full else None


def _description(line: LineItem, *, with_quantity: bool) -> str:
    text = line.description[: _MAX_DESCRIPTION - 100]
    if with_quantity and line.quantity > 0 and line.quantity != _ONE:
        return f"{line.quantity.normalize():f} x {text}"
    return text


def _account(order: Order, kind: LineKind, rules: CompanyRules) -> str:
    match kind:
        case LineKind.PRODUCT:
            return rules.sales_account
        case LineKind.SHIPPING:
            return rules.shipping_account
        case LineKind.FEE:
            return rules.fee_account
        case LineKind.GIFT_CARD if rules.gift_card_account:
            return rules.gift_card_account
        case LineKind.GIFT_CARD:
            raise stopped(
                Cause.NO_LEDGER_ACCOUNT,
                order,
                say(
                    "a gift card was sold, and there is no ledger account for it: what "
                    "was paid is owed to whoever holds it, and is no revenue yet. "
                    "Choose one under Settings > Ledger accounts."
                ),
                settings_section="accounts",
                about="gift cards",
            )


def _check_rounding(order: Order, residual: Decimal) -> None:
    """Stop an order whose lines miss its total by more than rounding explains."""
    limit = _explained(order, len(order.lines))
    if abs(residual) > limit:
        lines = to_cents(order.total) - residual
        raise stopped(
            Cause.TOTAL_DIFFERS,
            order,
            say(
                "its lines make %(lines)s %(currency)s, its total is %(total)s. "
                "Rounding explains %(limit)s at most. Check the order in the shop "
                "and send it again.",
                lines=lines,
                currency=order.currency,
                total=to_cents(order.total),
                limit=limit,
            ),
        )


def _explained(order: Order, lines: int) -> Decimal:
    return Decimal(1).scaleb(-decimals_of(order.currency)) * lines
