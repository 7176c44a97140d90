"""What every shop connector answers: the values and the protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from dashboard.domain.exchanges import Exchange
from dashboard.domain.order import Order
from dashboard.domain.tokens import AccessToken


class NotJson(Exception):
    """The body is not a JSON object; *line* and *column* count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field; *path* reads like ``line_items[2].total``."""

    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Ping:
    """A message that brings no order; *reason* says why, for the log."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """The shop has thrown an order away and tells no more than its id."""

    external_id: str


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Something has happened to an order, which is to be read from the shop itself.

    *delivery_id* is the same when the shop sends a message once more; it may be empty.
    """

    external_id: str
    delivery_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Received:
    """An order, understood."""

    order: Order


@dataclass(frozen=True, kw_only=True)
class NotUnderstood:
    """A JSON object that holds no order we can read.

    *external_id* is empty when not even that could be read: then there is nothing
    to file the payload under, and the sender has to be told.
    """

    external_id: str
    number: str
    errors: tuple[FieldError, ...]


Message = Ping | Deleted | Hint | Received | NotUnderstood


class ShopConnector(Protocol):
    """How the messages of one kind of shop are checked and read. Pure.

    Header names are matched whatever their case.
    """

    @property
    def kind(self) -> str:
        """The word that names this kind of shop in settings and on the command line."""
        ...

    @property
    def kept_headers(self) -> frozenset[str]:
        """The headers, in small letters, that are kept to read a message again."""
        ...

    def signature_is_valid(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
    ) -> bool:
        """Tell whether one of the active *secrets* signed exactly these bytes."""
        ...

    def is_unsigned_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether this is the shop's trial call, which bears no signature."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what the message says. The signature is checked by the caller.

        Raises:
            NotJson: If *body* is not a JSON object.
        """
        ...


@runtime_checkable
class FindsVatNumbers(Protocol):
    """A connector that can be told in which fields the VAT number is."""

    def finding_vat_numbers_in(self, keys: Sequence[str]) -> ShopConnector:
        """Return a connector that looks there; the first one that is filled counts."""
        ...


# Shops that can be asked -------------------------------------------------------------

# Keeps a call to a shop; neither secrets nor people are in it.
Log = Callable[[Exchange], None]


class ShopSilent(Exception):
    """The shop gave no usable answer; the message says what it is and what to do.

    *wait_s* is how long it asked to be left alone, *code* its own word for the error;
    both may be missing.
    """

    def __init__(
        self, message: str, *, wait_s: float | None = None, code: str = ""
    ) -> None:
        super().__init__(message)
        self.wait_s = wait_s
        self.code = code


# Keeps a token for the next time a shop is asked.
KeepToken = Callable[[AccessToken], None]


@dataclass(frozen=True, kw_only=True)
class ShopAccess:
    """Where the shop's API is and the keys that open it, for reading.

    Orders placed before *orders_since* are left alone. *token* is the one the keys
    were last exchanged for, at shops that want that.
    """

    base_url: str
    key: str
    secret: str
    orders_since: datetime
    token: AccessToken | None = None
    keep_token: KeepToken = lambda _token: None


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An order as the shop's API gave it: what is kept of it, and what it says.

    *headers* are kept beside *payload*: with them, `ShopConnector.read` reads the same.
    """

    external_id: str
    payload: bytes
    message: Received | NotUnderstood
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some orders that have changed, and the cursor from which to go on after them."""

    orders: tuple[Fetched, ...]
    cursor: str


@dataclass(frozen=True, kw_only=True)
class ListedOrder:
    """What tells whether we know an order as it is now; *refunded* is positive.

    Both amounts are None at a shop that dates every change.
    """

    external_id: str
    modified_at: datetime | None
    total: Decimal | None = None
    refunded: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A webhook that sends orders; *disabled* when the shop has switched it off."""

    id: str
    name: str
    delivery_url: str
    disabled: bool


@dataclass(frozen=True, kw_only=True)
class ShopFacts:
    """What a shop says of itself; *orders* counts those placed since the chosen day."""

    currency: str
    decimals: int
    orders: int
    webhooks: tuple[Webhook, ...]


class ShopReader(Protocol):
    """A shop that can be asked for its orders. Every method may raise `ShopSilent`."""

    def facts(self) -> ShopFacts:
        """Try the access out and return what the shop says of itself."""
        ...

    def changes(self, cursor: str) -> Iterator[Page]:
        """Yield what has changed since *cursor*, which is empty the first time.

        A version of an order may come twice, and none is left out, however the shop's
        orders are edited meanwhile.
        """
        ...

    def order(self, external_id: str) -> Fetched | None:
        """Return an order as it is now, None when the shop has it no more."""
        ...

    def orders(self, since: datetime) -> Iterator[ListedOrder]:
        """Yield all orders placed since then; one moved meanwhile may be left out."""
        ...

    def told_since(self) -> datetime:
        """Return from when on orders are told: older ones are hidden, and not gone."""
        ...

    def webhooks(self) -> tuple[Webhook, ...]:
        """Return the webhooks that send orders, those that are off among them."""
        ...

    def switch_on(self, webhook: Webhook) -> bool:
        """Switch a webhook on; False if the keys are for reading alone."""
        ...
