"""The scenes a trainer plays: what fails, what is bought, what happens next.

What a scene does depends only on how often it was played before, so it shows the same
after every return to the start. Faults are tied to a scene's own orders where
they can be, so that the orders of the story do not use them up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, Protocol

from seed.catalogue import BOOK, COFFEE, LAMP, MUG, NOTEBOOK, PEN, Product
from seed.lab.books import LabBooks
from seed.lab.orders import Act, Item, LabOrder, Paying

_PREFIX: Final = "W-"
# Far above the story's own, which come one every few seconds.
_FIRST_NUMBER: Final = 500_001
_ROOM: Final = 1_000
_SLOW_PAYMENT_S: Final = 5


class Director(Protocol):
    """What a scene can do."""

    books: LabBooks

    def next_number(self, scene: str) -> int:
        """Return the number of the scene's next order."""
        ...

    def place(
        self, items: tuple[Item, ...], paying: Paying, *, country: str, scene: str
    ) -> LabOrder:
        """Place an order and tell the dashboard."""
        ...

    def act(self, number: int, act: Act) -> LabOrder:
        """Let something happen to an order and tell the dashboard."""
        ...

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; ends the scene if it never does."""
        ...

    def today(self) -> date:
        """Return the day on the demo's clock."""
        ...


Script = Callable[[Director, str], None]


def answers_lost(director: Director, scene: str) -> None:
    """Three orders; the invoice of the first is booked, but nobody is told."""
    number = _invoice_number(director.next_number(scene))
    director.books.add_fault(
        {
            "kind": "lose_answer",
            "title": f"The answer about {number} gets lost",
            "match": {"method": "PUT", "path": "/Invoices", "key": number},
        }
    )
    _buy_three(director, scene)


def books_down(director: Director, scene: str) -> None:
    """Three orders while the books answer nothing but 503 for two minutes."""
    director.books.switch_on("down")
    _buy_three(director, scene)


def unknown_tax(director: Director, scene: str) -> None:
    """The first order from a country whose tax the rules do not know."""
    _buy(director, scene, (MUG, 2), (NOTEBOOK, 1), country="FR")


def paid_twice(director: Director, scene: str) -> None:
    """A bookkeeper books a bank transfer while the card payment is on its way."""
    number = _invoice_number(director.next_number(scene))
    director.books.add_fault(
        {
            "kind": "delay",
            "title": f"The payment of {number} is slow",
            "match": {"method": "PUT", "path": "/Payments", "key": number},
            "options": {"seconds": _SLOW_PAYMENT_S},
        }
    )
    _buy(director, scene, (LAMP, 1))
    director.until(lambda: director.books.invoice(number) is not None, "its invoice")
    invoice = director.books.invoice(number)
    if invoice is not None:
        director.books.pay_by_hand(invoice, director.today())


def edited_after_booking(director: Director, scene: str) -> None:
    """An order is booked and paid; then the shop adds a mug to it."""
    order = _buy(director, scene, (BOOK, 1), (COFFEE, 1))
    number = _invoice_number(order.number)

    def is_paid() -> bool:
        invoice = director.books.invoice(number)
        return invoice is not None and invoice.status == "PAID"

    director.until(is_paid, "its payment")
    director.act(order.number, Act.EDIT)


SCRIPTS: Final[Mapping[str, Script]] = {
    "answers-lost": answers_lost,
    "books-down": books_down,
    "unknown-tax": unknown_tax,
    "paid-twice": paid_twice,
    "edited": edited_after_booking,
}


def _buy_three(director: Director, scene: str) -> None:
    for products in (((MUG, 2),), ((LAMP, 1), (PEN, 3)), ((BOOK, 1),)):
        _buy(director, scene, *products)


def _buy(
    director: Director, scene: str, *products: tuple[Product, int], country: str = "NL"
) -> LabOrder:
    items = tuple(Item(sku=each.sku, quantity=quantity) for each, quantity in products)
    return director.place(items, Paying.NOW, country=country, scene=scene)


def _invoice_number(order_number: int) -> str:
    return f"{_PREFIX}{order_number}"


def numbered_from(scene: str) -> int:
    """Return the number of the first order of *scene*, empty for orders by hand.

    Each has numbers of its own, so that what is played first changes nothing.
    """
    first: dict[str, int] = {"": _FIRST_NUMBER}
    for place, key in enumerate(SCRIPTS, start=1):
        first[key] = _FIRST_NUMBER + place * _ROOM
    return first[scene]
