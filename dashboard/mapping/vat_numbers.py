"""VAT numbers: whose they are, how they are written, and whether they can be right.

Form and check digits are looked at, with python-stdnum. Whether a number is in use only
its country can tell, and nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)
from stdnum.gb import vat as british
from stdnum.no import orgnr as norwegian

from dashboard.domain.order import Customer, Order
from dashboard.domain.places import EU, EU_COUNTRIES, region_of
from dashboard.domain.problems import Cause
from dashboard.domain.rules import CompanyRules, VatCheck
from dashboard.domain.sentences import Sentence, say
from dashboard.mapping.problems import stopped

# Whose numbers begin otherwise than their country is written.
_PREFIXES: Final = {"GR": "EL", "MC": "FR"}
_COUNTRIES: Final = {"EL": "GR"}
_ABROAD: Final = {"CH", "GB", "LI", "NO"}
# "VAT" in the languages of Switzerland and Norway, behind the number.
_ENDINGS: Final = ("MWST", "TVA", "IVA", "TPV", "MVA")
_MARKS: Final = str.maketrans("", "", " .-/\u00a0\t")


@dataclass(frozen=True, kw_only=True)
class VatNumber:
    """A VAT number as it is written in the books.

    *country* is whose number it is. *wrong* says why it cannot be right. *checked* is
    False where we do not know the numbers of its country: then nothing is said of it.
    """

    text: str
    country: str
    checked: bool
    wrong: Sentence | None = None

    @property
    def is_valid(self) -> bool:
        """Tell whether form and check digits are right."""
        return self.checked and self.wrong is None


def vat_number(customer: Customer) -> VatNumber | None:
    """Return the customer's VAT number, None where there is none.

    One without the letters of a country is taken to be of the country they live in.
    """
    given = customer.vat_number.strip()
    if not given:
        return None
    compact = given.upper().translate(_MARKS)
    country = _country_of(compact, customer.address.country)
    if country not in EU_COUNTRIES and country not in _ABROAD:
        return VatNumber(text=" ".join(given.split()), country=country, checked=False)
    try:
        text = _validated(compact, country)
    except ValidationError as error:
        why = _why(error, country)
        return VatNumber(text=given, country=country, checked=True, wrong=why)
    return VatNumber(text=text, country=country, checked=True)


def check_vat_number(order: Order, rules: CompanyRules) -> None:
    """Stop an order with reverse charge whose VAT number does not allow it.

    The customer has to be registered in another member state than the goods leave
    from, not necessarily in the one they go to.
    https://eur-lex.europa.eu/eli/dir/2006/112 Article 138 (1)

    Raises:
        NotMappable: If it does not, by the company's rule.
    """
    abroad = region_of(order.taxed_at.country, rules.home)
    if not order.bought_without_tax or abroad != EU or rules.vat_check is VatCheck.OFF:
        return
    number = vat_number(order.customer)
    if number is None:
        if rules.vat_check is VatCheck.REQUIRED:
            raise stopped(
                Cause.VAT_NUMBER,
                order,
                say(
                    "the customer pays no tax (reverse charge) but gave no VAT number. "
                    "Enter it in the shop and save the order there, or charge tax."
                ),
                settings_section="company",
                about="none",
            )
        return
    if number.wrong is not None:
        raise stopped(
            Cause.VAT_NUMBER,
            order,
            say(
                "the customer pays no tax (reverse charge), but the VAT number "
                "%(number)s is not valid: %(why)s Correct it in the shop and save the "
                "order there, or charge tax.",
                number=number.text,
                why=number.wrong,
            ),
            settings_section="company",
            about="not valid",
        )
    if number.country == rules.home:
        raise stopped(
            Cause.VAT_NUMBER,
            order,
            say(
                "the customer pays no tax (reverse charge), but the VAT number "
                "%(number)s is of %(country)s, your own country: only one of another "
                "EU country allows that. Enter the customer's number of another "
                "country in the shop and save the order there, or charge tax.",
                number=number.text,
                country=number.country,
            ),
            settings_section="company",
            about="of the own country",
        )
    if number.country not in EU_COUNTRIES:
        raise stopped(
            Cause.VAT_NUMBER,
            order,
            say(
                "the customer pays no tax (reverse charge), but %(number)s is no VAT "
                "number of an EU country. Enter one in the shop and save the order "
                "there, or charge tax.",
                number=number.text,
            ),
            settings_section="company",
            about="not of the EU",
        )


def reverse_charge_note(order: Order, rules: CompanyRules) -> str:
    """Return what an invoice with reverse charge has to say, nothing on another.

    https://eur-lex.europa.eu/eli/dir/2006/112 Article 226 (4) and (11a)
    """
    abroad = region_of(order.taxed_at.country, rules.home)
    if not order.bought_without_tax or abroad != EU:
        return ""
    number = vat_number(order.customer)
    return "" if number is None else f"Reverse charge, VAT number {number.text}"


def _country_of(compact: str, lives_in: str) -> str:
    """Return whose number it is by its letters, else where the customer lives."""
    letters = compact[:2]
    country = _COUNTRIES.get(letters, letters)
    if country in EU_COUNTRIES or country in _ABROAD:
        return country
    return "" if letters.isalpha() else lives_in


def _validated(compact: str, country: str) -> str:
    """Return a number as it is written in full.

    Raises:
        ValidationError: If it cannot be right.
    """
    bare = compact
    for ending in _ENDINGS:
        bare = bare.removesuffix(ending)
    match country:
        case "CH" | "LI":
            return str(swiss.validate(bare))
        case "GB":
            return f"GB{british.validate(compact)}"
        case "NO":
            return f"NO{norwegian.validate(bare.removeprefix('NO'))}MVA"
        case _:
            prefix = _PREFIXES.get(country, country)
            bare = compact.removeprefix(country).removeprefix(prefix)
            return str(european.validate(f"{prefix}{bare}"))


def _why(error: ValidationError, country: str) -> Sentence:
    match error:
        case InvalidLength():
            return say(
                "numbers of %(country)s have another length.",
                country=country,
            )
        case InvalidChecksum():
            return say("a digit must be wrong, for the check digits do not fit.")
        case InvalidFormat():
            return say(
                "numbers of %(country)s are written differently.",
                country=country,
            )
        case _:
            return say(
                "numbers of %(country)s are made up differently.",
                country=country,
            )
