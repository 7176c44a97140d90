"""The people and companies who buy in the demo shop; all of them invented."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from faker import Faker

_FIRST_CUSTOMER_ID: Final = 501
_GUEST_SHARE: Final = 0.4
_HOUSEHOLDS_BY_COUNTRY: Final = {"NL": 24, "DE": 8, "GB": 4, "CA": 2, "US": 2}
_COMPANIES_BY_COUNTRY: Final = {"NL": 4, "DE": 2}
_LOCALES: Final = {
    "NL": "nl_NL",
    "DE": "de_DE",
    "GB": "en_GB",
    "CA": "en_CA",
    "US": "en_US",
}
_CALLING_CODES: Final = {"NL": "31", "DE": "49", "GB": "44", "CA": "1", "US": "1"}
# Names that find encoding mistakes, and two people with one name: the books
# allow a contact's name only once.
_CHOSEN_NAMES: Final = (
    ("Zoë", "Çelik-Østergård"),
    ("Łukasz", "Wójcik"),
    ("Ελένη", "Παπαδάκη"),
    ("Siân", "O'Brien-Þórsdóttir"),
    ("Noor", "de Vries"),
    ("Noor", "de Vries"),
)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A buyer as the shop knows them; guests have the customer id 0."""

    customer_id: int
    first_name: str
    last_name: str
    company: str = ""
    vat_number: str = ""
    street: str
    city: str
    state: str = ""
    postcode: str
    country: str
    email: str
    phone: str

    @property
    def is_company(self) -> bool:
        """Whether the buyer gave a VAT number."""
        return bool(self.vat_number)


@cache
def customers(seed: int) -> tuple[Customer, ...]:
    """Return the shop's customers: the same for the same *seed*."""
    luck = Random(f"{seed}/customers")
    found: list[Customer] = []
    for country, count in _HOUSEHOLDS_BY_COUNTRY.items():
        fake = _faker(country, seed)
        names = list(_CHOSEN_NAMES) if country == "NL" else []
        for _ in range(count):
            first, last = names.pop(0) if names else (_first(fake), _last(fake))
            found.append(_person(fake, luck, len(found), (first, last), country))
    for country, count in _COMPANIES_BY_COUNTRY.items():
        fake = _faker(country, seed + 1)
        found.extend(
            _company(fake, luck, len(found) + i, country) for i in range(count)
        )
    return tuple(found)


def _faker(country: str, seed: int) -> Faker:
    fake = Faker(_LOCALES[country])
    fake.seed_instance(seed)
    return fake


def _first(fake: Faker) -> str:
    return str(fake.first_name())


def _last(fake: Faker) -> str:
    return str(fake.last_name())


def _person(
    fake: Faker, luck: Random, index: int, name: tuple[str, str], country: str
) -> Customer:
    guest = luck.random() < _GUEST_SHARE
    quebec = country == "CA"
    return Customer(
        customer_id=0 if guest else _FIRST_CUSTOMER_ID + index,
        first_name=name[0],
        last_name=name[1],
        street=str(fake.street_address()).replace("\n", ", "),
        city="Montréal" if quebec else str(fake.city()),
        state="QC" if quebec else "",
        postcode="H2X 1Y4" if quebec else str(fake.postcode()),
        country=country,
        email=_email(*name, index),
        phone=_phone(country, luck),
    )


def _company(fake: Faker, luck: Random, index: int, country: str) -> Customer:
    first, last = _first(fake), _last(fake)
    company = f"{last} & Zonen B.V." if country == "NL" else f"{last} Söhne GmbH"
    digits = f"{luck.randrange(10**9):09d}"
    return Customer(
        customer_id=_FIRST_CUSTOMER_ID + index,
        first_name=first,
        last_name=last,
        company=company,
        vat_number=f"NL{digits}B01" if country == "NL" else _german(digits),
        street=str(fake.street_address()).replace("\n", ", "),
        city=str(fake.city()),
        postcode=str(fake.postcode()),
        country=country,
        email=_email("inkoop", last, index),
        phone=_phone(country, luck),
    )


def _german(digits: str) -> str:
    """Return a VAT number with the check digit of ISO 7064, MOD 11,10."""
    first = digits[:8]
    rest = 10
    for digit in first:
        rest = 2 * ((rest + int(digit)) % 10 or 10) % 11
    return f"DE{first}{(11 - rest) % 10}"


def _phone(country: str, luck: Random) -> str:
    """Return a number with an area code that nobody has."""
    return f"+{_CALLING_CODES[country]}000{luck.randrange(10**6):06d}"


def _email(first: str, last: str, index: int) -> str:
    plain = unicodedata.normalize("NFKD", f"{first}.{last}")
    letters = "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "."))
    return f"{letters.strip('.').lower() or 'klant'}{index}@post.example"
