"""The rules a company sets, and a shop of its own: how orders become documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar


class Layer(StrEnum):
    """Whose a rule is; what a shop says goes before what the company says."""

    COMPANY = "company"
    SHOP = "shop"


class InvoiceWhen(StrEnum):
    """When an order gets its invoice."""

    ORDERED = "ordered"
    PAID = "paid"


class Correction(StrEnum):
    """How the books follow an order that was changed after it was booked."""

    ASK = "ask"  # as a rule: a person chooses each time one of the others
    RENEW = "renew"  # the invoice is taken back and made anew
    ADJUST = "adjust"  # only the difference is invoiced or credited


class VatCheck(StrEnum):
    """What an order with reverse charge needs of the customer's VAT number."""

    REQUIRED = "required"  # it must be there, and valid
    VALID = "valid"  # it must be valid where the customer gave one
    OFF = "off"


class TaxSituation(StrEnum):
    """Which kind of tax treatment a tax rule speaks of."""

    RATE = "rate"  # taxed at a percentage, 0 % among them
    UNTAXED = "untaxed"  # the line is not taxable (a gift card)
    EXEMPT = "exempt"  # the customer pays no tax (reverse charge, export)


# Where a tax rule may hold: a country, a part of one, the rest of the EU or the world.
PLACE_PATTERN = r"(?i)([A-Z]{2}(-[A-Z0-9]{1,5})?|WORLD)"


@dataclass(frozen=True, kw_only=True)
class TaxRule:
    """Which tax type of the books a tax of the shop becomes.

    *country* is where the tax is due (ISO 3166-1 alpha-2, with "-" and the shop's code
    of a part of it where that matters: CA-QC), `places.EU` for another country of the
    European Union, `places.OUTSIDE_EU` for one abroad outside it; empty means any.
    *rate_percent* is None unless *situation* is RATE. For taxes charged together on
    one line (GST and QST) it is the rate they make together.
    """

    situation: TaxSituation
    tax_type: str
    rate_percent: Decimal | None = None
    country: str = ""
    layer: Layer = Layer.COMPANY


@dataclass(frozen=True, kw_only=True)
class PaymentRule:
    """Which bank account the money of a payment method arrives on.

    *method* is the shop's own code; empty stands for "the shop did not say".
    *bank_account* is the code of a ledger account of type bank.
    """

    method: str
    bank_account: str
    layer: Layer = Layer.COMPANY


@dataclass(frozen=True, kw_only=True)
class CompanyRules:
    """Everything that is not the same in every company; ledger accounts by code.

    *home* is the company's own country and *currencies* are those it books in: as the
    books tell them, not a choice, and empty until they have. *gift_card_account* is
    where gift cards that are sold stay until they pay for something; empty until a
    person chooses. For the orders of a shop its own rules lie over the company's:
    *own* names those that are, and in the lists they come first.
    """

    invoice_when: InvoiceWhen = InvoiceWhen.PAID
    mark_as_paid: bool = True
    correction: Correction = Correction.ASK
    sales_account: str = "200"
    shipping_account: str = "200"
    fee_account: str = "200"
    rounding_account: str = "860"
    gift_card_account: str = ""
    number_pattern: str = "{prefix}{number}"
    due_days: int = 14
    vat_check: VatCheck = VatCheck.VALID
    tax_rules: tuple[TaxRule, ...] = ()
    payment_rules: tuple[PaymentRule, ...] = ()
    home: str = ""
    currencies: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def layer_of(self, name: str) -> Layer:
        """Return whose the rule *name* is; a list may hold rules of both."""
        return Layer.SHOP if name in self.own else Layer.COMPANY


@dataclass(frozen=True, kw_only=True)
class ShopRules:
    """The rules that are other ones for a shop; None where the company's hold.

    The lists go before the company's and do not replace them: for a tax or a payment
    method that the shop has no rule of its own for, the company's holds.
    """

    invoice_when: InvoiceWhen | None = None
    mark_as_paid: bool | None = None
    correction: Correction | None = None
    sales_account: str | None = None
    shipping_account: str | None = None
    fee_account: str | None = None
    rounding_account: str | None = None
    gift_card_account: str | None = None
    number_pattern: str | None = None
    due_days: int | None = None
    vat_check: VatCheck | None = None
    tax_rules: tuple[TaxRule, ...] = ()
    payment_rules: tuple[PaymentRule, ...] = ()

    def over(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with what is another one for the shop."""
        own = self.own()
        layered = {
            **own,
            "own": tuple(own),
            "tax_rules": (*_of_shop(self.tax_rules), *rules.tax_rules),
            "payment_rules": (*_of_shop(self.payment_rules), *rules.payment_rules),
        }
        return replace(rules, **layered)

    def own(self) -> dict[str, Any]:
        """Return the rules of the shop's own by their names."""
        return {
            name: value
            for name, value in vars(self).items()
            if value is not None and value != ()
        }

    def without(self, name: str) -> ShopRules:
        """Return the rules with the company's for *name*."""
        others = {own: value for own, value in self.own().items() if own != name}
        return ShopRules(**others)


_Listed = TypeVar("_Listed", TaxRule, PaymentRule)


def _of_shop(rules: tuple[_Listed, ...]) -> tuple[_Listed, ...]:
    return tuple(replace(rule, layer=Layer.SHOP) for rule in rules)


SLUG_PATTERN = r"[a-z0-9][a-z0-9-]{0,39}"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop whose orders are booked; *slug* stands in its intake address.

    The slug matches `SLUG_PATTERN`. *prefix* goes before the order number in the
    invoice number and is unique among the shops, so that two shops with an order
    1042 do not claim one invoice number. *base_url* is where it is asked for its
    orders, empty where it only sends them. *vat_number_keys* are the fields in which
    its orders hold the customer's VAT number, the first one filled counts; without
    any, those of common plugins.
    """

    id: int
    slug: str
    name: str
    kind: str
    prefix: str
    active: bool = True
    base_url: str = ""
    vat_number_keys: tuple[str, ...] = ()
