"""From an order and the company's rules to the documents it becomes in the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.domain.books import (
    ContactDraft,
    InvoiceDraft,
    InvoiceLine,
    PaymentDraft,
)
from dashboard.domain.choices import ChosenLine
from dashboard.domain.keys import invoice_number, order_reference, payment_reference
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import Order, ShopPayment
from dashboard.domain.problems import Cause
from dashboard.domain.rules import CompanyRules, PaymentRule, Shop
from dashboard.domain.sentences import say
from dashboard.mapping.contact import contact_draft
from dashboard.mapping.lines import invoice_lines
from dashboard.mapping.problems import stopped
from dashboard.mapping.vat_numbers import reverse_charge_note


@dataclass(frozen=True, kw_only=True)
class Documents:
    """What an order becomes; the payments' amounts never exceed the invoice's.

    *lines* are the invoice's, with the rules that chose them; *payment_rules* chose the
    bank account of each payment.
    """

    contact: ContactDraft
    invoice: InvoiceDraft
    payments: tuple[PaymentDraft, ...]
    lines: tuple[ChosenLine, ...]
    payment_rules: tuple[PaymentRule, ...]


def draft_documents(order: Order, shop: Shop, rules: CompanyRules) -> Documents:
    """Return the documents *order* becomes.

    Whether it is to become any (phase, money, a total of zero) is decided elsewhere.

    Raises:
        NotMappable: If the rules or the order itself keep it from becoming them.
    """
    _check_total(order)
    lines = invoice_lines(order, rules)
    written = _with_note(
        tuple(chosen.line for chosen in lines), reverse_charge_note(order, rules)
    )
    invoice = _invoice(order, shop, rules, written)
    payments = tuple(_payments(order, invoice, rules))
    return Documents(
        contact=contact_draft(order, shop),
        invoice=invoice,
        payments=tuple(draft for draft, _rule in payments),
        lines=lines,
        payment_rules=tuple(rule for _draft, rule in payments),
    )


def _with_note(lines: tuple[InvoiceLine, ...], note: str) -> tuple[InvoiceLine, ...]:
    """Return *lines*, the last of which says *note*: an invoice has no other place."""
    if not note:
        return lines
    *others, last = lines
    return (*others, replace(last, description=f"{last.description}\n{note}"))


def check_currency(order: Order, rules: CompanyRules) -> None:
    """Stop an order in a currency that the books do not have.

    Raises:
        NotMappable: If they do not, as far as they have told.
    """
    if not rules.currencies or order.currency in rules.currencies:
        return
    raise stopped(
        Cause.UNKNOWN_CURRENCY,
        order,
        say(
            "the books have no %(currency)s. Add the currency there, then have them "
            "read again under Settings > Connection.",
            currency=order.currency,
        ),
        settings_section="connection",
        about=order.currency,
    )


def _check_total(order: Order) -> None:
    total = to_cents(order.total)
    if total < 0:
        raise stopped(
            Cause.NEGATIVE_TOTAL,
            order,
            say(
                "its total is %(total)s %(currency)s, and an invoice cannot be "
                "below zero. Make a credit note in the books by hand, then ignore "
                "the order with a reason.",
                total=total,
                currency=order.currency,
            ),
        )
    check_paid(order)


def check_paid(order: Order) -> None:
    """Stop an order for which the shop took more than it asked for.

    Raises:
        NotMappable: If it did.
    """
    total = to_cents(order.total)
    paid = sum((to_cents(payment.amount) for payment in order.payments), ZERO)
    if paid > total:
        raise stopped(
            Cause.TOTAL_DIFFERS,
            order,
            say(
                "the shop took %(paid)s %(currency)s for a total of %(total)s. "
                "Correct the order in the shop and send it again.",
                paid=paid,
                currency=order.currency,
                total=total,
            ),
        )


def _invoice(
    order: Order, shop: Shop, rules: CompanyRules, lines: tuple[InvoiceLine, ...]
) -> InvoiceDraft:
    """Return the invoice, dated the day of the order where the shop is."""
    issued_on = order.day
    return InvoiceDraft(
        number=invoice_number(order, shop, rules),
        reference=order_reference(order.number, order.external_id, shop),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=rules.due_days),
        currency=order.currency,
        total=to_cents(order.total),
        lines=lines,
    )


def _payments(
    order: Order, invoice: InvoiceDraft, rules: CompanyRules
) -> Iterator[tuple[PaymentDraft, PaymentRule]]:
    """Yield a payment for each the shop took, with the rule that chose its account.

    One of nothing settles nothing. Where payments have no ids, their references count
    those too, and so stay the same when one is corrected.
    """
    if not rules.mark_as_paid:
        return
    for key, payment in order.keyed_payments():
        amount = to_cents(payment.amount)
        if amount:
            rule = _payment_rule(order, payment, rules)
            draft = PaymentDraft(
                reference=payment_reference(invoice.number, key),
                invoice_number=invoice.number,
                amount=amount,
                paid_on=payment.day,
                bank_account=rule.bank_account,
            )
            yield draft, rule


def _payment_rule(
    order: Order, payment: ShopPayment, rules: CompanyRules
) -> PaymentRule:
    for rule in rules.payment_rules:
        if rule.method == payment.method and rule.bank_account:
            return rule
    raise stopped(
        Cause.UNKNOWN_PAYMENT_METHOD,
        order,
        say(
            "%(payment)s has no bank account. Choose one under Settings > Payments.",
            payment=_method(order, payment),
        ),
        settings_section="payments",
        about=payment.method,
    )


def _method(order: Order, payment: ShopPayment) -> str:
    if not payment.method:
        return say("a payment of which the shop does not tell the method")
    if order.payment_method == payment.method and order.payment_method_title:
        return say(
            'payment method "%(method)s" (%(title)s)',
            method=payment.method,
            title=order.payment_method_title,
        )
    return say('payment method "%(method)s"', method=payment.method)
