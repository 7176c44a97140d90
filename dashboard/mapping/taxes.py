"""Which tax type a line's taxes become, and how a line is split where they need two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.domain.money import CENT, in_proportion, to_cents
from dashboard.domain.order import LineItem, LineTax, Order
from dashboard.domain.places import scopes
from dashboard.domain.problems import Cause
from dashboard.domain.rules import CompanyRules, Layer, TaxRule, TaxSituation
from dashboard.domain.sentences import Sentence, say
from dashboard.domain.tax_cases import TaxCase, percent
from dashboard.mapping.problems import stopped

_HUNDRED = Decimal(100)
_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class TaxedPart:
    """A part of a line that bears one tax type; *net* and *tax* in two decimals.

    *rule* is the one that chose the tax type.
    """

    net: Decimal
    tax: Decimal
    rule: TaxRule

    @property
    def tax_type(self) -> str:
        """The tax type of the books."""
        return self.rule.tax_type

    @property
    def rate_percent(self) -> Decimal | None:
        """The rate; None where no tax is charged at any."""
        return self.rule.rate_percent


class TaxTypes:
    """Finds the tax types for one order by the rules of its shop."""

    def __init__(self, order: Order, rules: CompanyRules) -> None:
        self._order = order
        self._rules = {
            (rule.layer, rule.situation, rule.rate_percent, rule.country): rule
            for rule in rules.tax_rules
            if rule.tax_type
        }
        self._home = rules.home

    def parts(self, line: LineItem) -> tuple[TaxedPart, ...]:
        """Return the parts of *line*: their nets and taxes make the line's exactly.

        Raises:
            NotMappable: If there is no rule for one of its taxes.
        """
        net = to_cents(line.net)
        if not line.taxes:
            return (self._without_tax(net),)
        shares = _shares(line.net, line.taxes)
        if shares is None or self._charged_together(line):
            rule = self._rule(self._together(line))
            return (TaxedPart(net=net, tax=to_cents(line.tax), rule=rule),)
        nets = in_proportion(net, shares)
        taxes = in_proportion(to_cents(line.tax), [tax.amount for tax in line.taxes])
        return tuple(
            TaxedPart(
                net=part_net,
                tax=part_tax,
                rule=self._rule(self._rated(tax.rate_percent, (tax,))),
            )
            for part_net, part_tax, tax in zip(nets, taxes, line.taxes, strict=True)
            if part_net or part_tax
        )

    def of_rounding(self) -> TaxRule:
        """Return the rule for what rounding leaves: that of untaxed lines anywhere.

        A cent of rounding is no sale: the tax type of an untaxed sale abroad would
        report it as one, and books refuse it on the ledger account for rounding.

        Raises:
            NotMappable: If untaxed lines have no rule, here or anywhere.
        """
        anywhere = self._find(TaxCase(situation=TaxSituation.UNTAXED))
        return anywhere or self._rule(self._unrated(TaxSituation.UNTAXED))

    def _charged_together(self, line: LineItem) -> bool:
        """Tell whether the amounts are within a cent of a combined rate that we know.

        On a few cents every reading is near, and the nearest may be the wrong one.
        """
        known = self._find(self._together(line))
        return known is not None and _off_when_together(line.net, line.taxes) <= CENT

    def _without_tax(self, net: Decimal) -> TaxedPart:
        exempt = self._order.vat_exempt
        situation = TaxSituation.EXEMPT if exempt else TaxSituation.UNTAXED
        rule = self._rule(self._unrated(situation))
        return TaxedPart(net=net, tax=_NOTHING, rule=rule)

    def _together(self, line: LineItem) -> TaxCase:
        return self._rated(combined_rate_percent(line.taxes), line.taxes)

    def _rated(self, rate_percent: Decimal, taxes: Iterable[LineTax]) -> TaxCase:
        """Return the case of a rate in the country whose tax it is.

        That is not always where the goods go: what is fetched at the counter bears the
        tax of the shop's own country. So does what goes nowhere that anybody told.
        """
        told = (tax.country for tax in taxes if tax.country)
        place = self._order.taxed_at.country or self._home
        return TaxCase(
            situation=TaxSituation.RATE,
            rate_percent=rate_percent,
            country=next(told, place),
        )

    def _unrated(self, situation: TaxSituation) -> TaxCase:
        return TaxCase(situation=situation, country=self._order.taxed_at.country)

    def _rule(self, case: TaxCase) -> TaxRule:
        rule = self._find(case)
        if rule is None:
            raise stopped(
                Cause.UNKNOWN_TAX_RATE,
                self._order,
                _without_type(case),
                settings_section="taxes",
                about=case.about,
            )
        return rule

    def _find(self, case: TaxCase) -> TaxRule | None:
        """Return the rule that is most exactly for the place, or nothing.

        One of the shop's own for any country goes before the company's for this one.
        """
        place = self._order.taxed_at
        region = place.region if place.country == case.country else ""
        found = (
            self._rules.get((layer, case.situation, case.rate_percent, scope))
            for layer in (Layer.SHOP, Layer.COMPANY)
            for scope in scopes(case.country, region, self._home)
        )
        return next((rule for rule in found if rule is not None), None)


def _without_type(case: TaxCase) -> Sentence:
    if not case.country:
        return say(
            "%(what)s has no tax type. Choose one under Settings > Taxes.",
            what=_what(case),
        )
    return say(
        "%(what)s in %(country)s has no tax type. Choose one under Settings > Taxes.",
        what=_what(case),
        country=case.country,
    )


def _what(case: TaxCase) -> Sentence:
    match case.situation:
        case TaxSituation.RATE:
            rate_percent = case.rate_percent or _NOTHING
            return say("tax rate %(rate)s", rate=percent(rate_percent))
        case TaxSituation.UNTAXED:
            return say("what is not taxable")
        case TaxSituation.EXEMPT:
            return say("a customer who pays no tax")


def combined_rate_percent(taxes: Iterable[LineTax]) -> Decimal:
    """Return the rate that taxes charged together make.

    A compound tax is charged on the net amount and the taxes before it: 5 % and
    7 % compound make 12.35 %. Compound taxes come last, whatever their place.
    """
    together = _NOTHING
    for tax in sorted(taxes, key=lambda tax: tax.compound):
        base = _HUNDRED + together if tax.compound else _HUNDRED
        together += tax.rate_percent * base / _HUNDRED
    return together


def _shares(net: Decimal, taxes: Sequence[LineTax]) -> list[Decimal] | None:
    """Return what part of *net* bears each tax, or None when all of it bears all.

    Shops charge several taxes on one amount (GST and QST), and they spread one
    amount over the rates in the basket (a negative fee of 1.00, of which 0.76 at
    21 % and 0.22 at 9 %). Both look alike, so the amounts have to tell: each
    reading says what they should be, and the nearer one counts.
    """
    rated = [tax for tax in taxes if tax.rate_percent]
    zero_rated = len(rated) < len(taxes)
    if len(taxes) == 1 or not rated:
        return None
    shares = [
        tax.amount * _HUNDRED / tax.rate_percent if tax.rate_percent else _NOTHING
        for tax in taxes
    ]
    spread = sum(shares, _NOTHING)
    if spread * net <= 0 or any(share * net < 0 for share in shares):
        return None
    if zero_rated and abs(spread) < abs(net):
        # What bears no other rate bears the one of 0 %.
        at = next(i for i, tax in enumerate(taxes) if not tax.rate_percent)
        shares[at] = net - spread
        spread = net
    # One hundredth too much tax is a hundredth divided by the rate too much net.
    leverage = sum((_HUNDRED / tax.rate_percent for tax in rated), _NOTHING)
    apart = abs(spread - net) / leverage
    return shares if apart < _off_when_together(net, taxes) else None


def _off_when_together(net: Decimal, taxes: Sequence[LineTax]) -> Decimal:
    """Return by how much the worst amount misses its rate on the whole of *net*."""
    worst = _NOTHING
    charged = _NOTHING
    for tax in sorted(taxes, key=lambda tax: tax.compound):
        base = net + charged if tax.compound else net
        worst = max(worst, abs(tax.amount - base * tax.rate_percent / _HUNDRED))
        charged += tax.amount
    return worst
