"""From the customer of an order to the contact in the books."""

from __future__ import annotations

import re

from dashboard.domain.books import ContactDraft
from dashboard.domain.keys import contact_number
from dashboard.domain.order import Address, Order
from dashboard.domain.rules import Shop
from dashboard.mapping.vat_numbers import vat_number

# What the books take at most, in characters.
_MAX_NAME = 255
_MAX_TEXT = 255
_MAX_SHORT = 50
_MAX_STREET = 500
# The books refuse a contact for a malformed address; its parts are not our business.
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")


def contact_draft(order: Order, shop: Shop) -> ContactDraft:
    """Return the contact; its names are unique as far as we can tell."""
    customer = order.customer
    vat = vat_number(customer)
    name = _clean(customer.name) or f"Guest {_clean(order.number)}"
    return ContactDraft(
        number=contact_number(order, shop),
        name=_cut(name, _MAX_NAME),
        fallback_name=_distinct(name, _mark(order, shop)),
        email=_email(customer.email),
        first_name=_cut(_clean(customer.first_name), _MAX_TEXT),
        last_name=_cut(_clean(customer.last_name), _MAX_TEXT),
        phone=_cut(_clean(customer.phone), _MAX_SHORT),
        vat_number="" if vat is None else _cut(_clean(vat.text), _MAX_SHORT),
        address=_address(customer.address),
    )


def _mark(order: Order, shop: Shop) -> str:
    """Return what tells this customer from another of the same name."""
    customer = order.customer
    if customer.external_id:
        return f"{shop.slug} {customer.external_id}"
    return customer.email or f"{shop.slug} {order.number}"


def _distinct(name: str, mark: str) -> str:
    ending = f" ({_cut(_clean(mark), _MAX_NAME // 2)})"
    return f"{_cut(name, _MAX_NAME - len(ending))}{ending}"


def _address(address: Address) -> Address:
    return Address(
        line1=_cut(_clean(address.line1), _MAX_STREET),
        line2=_cut(_clean(address.line2), _MAX_STREET),
        city=_cut(_clean(address.city), _MAX_TEXT),
        region=_cut(_clean(address.region), _MAX_TEXT),
        postcode=_cut(_clean(address.postcode), _MAX_SHORT),
        country=_cut(_clean(address.country), _MAX_SHORT),
    )


def _email(email: str) -> str:
    address = email.strip()
    fits = len(address) <= _MAX_TEXT and _EMAIL.fullmatch(address)
    return address if fits else ""


def _clean(text: str) -> str:
    """Return *text* without what the books refuse: angle brackets, needless spaces."""
    return " ".join(text.replace("<", " ").replace(">", " ").split())


def _cut(text: str, limit: int) -> str:
    return text[:limit].rstrip()
