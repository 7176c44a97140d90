"""From the rows of a file to orders in our own JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import LineKind, Order, OrderPhase
from dashboard.domain.uploads import CellError
from dashboard.shops.csv_upload.cells import read_kind, read_phase
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.reading import PRICES, Reading
from dashboard.shops.csv_upload.rows import Cell, OrderRows
from dashboard.shops.csv_upload.table import Row, Table
from dashboard.shops.own_json.connector import OwnJson
from dashboard.shops.protocol import NotUnderstood, Received

_CUSTOMER: Final[Mapping[str, Column]] = {
    "id": Column.CUSTOMER,
    "email": Column.EMAIL,
    "company": Column.COMPANY,
    "first_name": Column.FIRST_NAME,
    "last_name": Column.LAST_NAME,
    "phone": Column.PHONE,
    "vat_number": Column.VAT_NUMBER,
}
_ADDRESS: Final[Mapping[str, Column]] = {
    "line1": Column.STREET,
    "city": Column.CITY,
    "region": Column.REGION,
    "postcode": Column.POSTCODE,
    "country": Column.COUNTRY,
}
# Where a field of our own JSON comes from, for what only its reader finds wrong.
_SOURCES: Final[Mapping[str, Column]] = {
    "id": Column.ORDER,
    "number": Column.ORDER,
    "currency": Column.CURRENCY,
    "total": Column.TOTAL,
    "ordered_at": Column.ORDERED_ON,
    "note": Column.NOTE,
    "payments[0].amount": Column.PAID_AMOUNT,
    "payments[0].paid_at": Column.PAID_ON,
    "payment_method": Column.PAYMENT_METHOD,
    **{f"customer.{name}": column for name, column in _CUSTOMER.items()},
    **{f"customer.address.{name}": column for name, column in _ADDRESS.items()},
}
_LINE_SOURCES: Final[Mapping[str, Column]] = {
    "description": Column.DESCRIPTION,
    "sku": Column.SKU,
    "quantity": Column.QUANTITY,
    "taxes": Column.TAX_AMOUNT,
}
_LINE: Final = re.compile(r"lines\[(\d+)\]\.?(\w*)")
# Stands for a day that cannot be read; the order is not taken in then.
_NO_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class FileOrder:
    """An order of the file; *payload* is our own JSON for it.

    *lines* are those of the file it stands on. With *errors* there is no *order*.
    *computed* says that the tax of a line was worked out from its rate.
    """

    number: str
    lines: tuple[int, ...]
    payload: bytes
    order: Order | None
    errors: tuple[CellError, ...]
    computed: bool


@dataclass(frozen=True, kw_only=True)
class _Price:
    """What something costs, without tax and with it; one of them is told."""

    net: Decimal | None
    gross: Decimal | None

    def tax(self, percent: Decimal) -> Decimal:
        """Return the tax in it: the difference of both, else worked out."""
        if self.net is not None and self.gross is not None:
            return self.gross - self.net
        if self.net is not None:
            return self.net * percent / 100
        return (self.gross or ZERO) * percent / (100 + percent)


@dataclass(frozen=True, kw_only=True)
class _Charge:
    """A line as our own JSON has it, and what it adds to the total."""

    told: dict[str, Any]
    gross: Decimal
    rate: Decimal | None = None
    computed: bool = False


def read_orders(table: Table, reading: Reading, zone: tzinfo) -> tuple[FileOrder, ...]:
    """Read all orders of a file, in the sequence of their first rows.

    An order is all rows with its number; one that is wrong does not spoil the others.
    *zone* is that of days without an offset.
    """
    places = {c: table.header.index(name) for c, name in reading.columns.items()}
    at = places.get(Column.ORDER)
    grouped: dict[str, list[Row]] = {}
    for row in table.rows:
        # Rows without a number have nothing in common.
        number = row.cells[at] if at is not None else ""
        grouped.setdefault(number or f"\0{row.line}", []).append(row)
    return tuple(
        _read_order(OrderRows(rows, places, reading, zone), reading)
        for rows in grouped.values()
    )


def _read_order(rows: OrderRows, reading: Reading) -> FileOrder:
    number = rows.cell(rows.rows[0], Column.ORDER).text
    if not number:
        rows.fault(rows.rows[0], Column.ORDER, "is empty: which order is it?")
    lines = list(_lines(rows))
    charges = [*lines, *_shipping(rows, {line.rate for line in lines})]
    told = _header(rows, number, charges, reading)
    payload = json.dumps(told, ensure_ascii=False).encode()
    order = None if rows.errors else _understood(rows, payload)
    return FileOrder(
        number=number,
        lines=tuple(row.line for row in rows.rows),
        payload=payload,
        order=order,
        # One cell stands for several fields of our own JSON, each of which is wrong.
        errors=tuple(dict.fromkeys(rows.errors)),
        computed=any(charge.computed for charge in charges),
    )


def _understood(rows: OrderRows, payload: bytes) -> Order | None:
    """Return the order, or name the cells that our own JSON does not allow."""
    message = OwnJson().read({}, payload)
    if isinstance(message, Received):
        return message.order
    errors = message.errors if isinstance(message, NotUnderstood) else ()
    for error in errors:
        line = _LINE.match(error.path)
        if line is None:
            rows.fault(rows.rows[0], _SOURCES.get(error.path), error.message)
            continue
        # The shipping of an export is a line that stands on none of its own.
        at = int(line[1]) if int(line[1]) < len(rows.rows) else 0
        rows.fault(rows.rows[at], _LINE_SOURCES.get(line[2]), error.message)
    return None


def _header(
    rows: OrderRows, number: str, charges: list[_Charge], reading: Reading
) -> dict[str, Any]:
    """Return the order as our own JSON has it."""
    status = rows.read(rows.once(Column.STATUS), read_phase) or OrderPhase.PLACED
    ordered = rows.once(Column.ORDERED_ON)
    if not ordered.text:
        rows.fault(ordered.row, Column.ORDERED_ON, "is empty: when was it ordered?")
    ordered_at = rows.time(ordered) or _NO_DAY
    total = rows.amount(rows.once(Column.TOTAL))
    if total is None:
        total = sum((charge.gross for charge in charges), ZERO)
    method = rows.once(Column.PAYMENT_METHOD).text
    return {
        "id": number,
        "number": number,
        "status": status.value,
        "currency": rows.currency,
        "total": _written(to_cents(total)),
        "ordered_at": ordered_at.isoformat(),
        "customer": _customer(rows),
        "lines": [charge.told for charge in charges],
        "payments": _payments(rows, total, ordered_at, all_paid=reading.all_paid),
        "payment_method": method,
        "payment_method_title": method,
        "note": rows.once(Column.NOTE).text,
    }


def _customer(rows: OrderRows) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: text
        for name, column in _CUSTOMER.items()
        if (text := rows.once(column).text)
    }
    if "first_name" not in told and "last_name" not in told:
        told["last_name"] = rows.once(Column.NAME).text
    address = {name: rows.once(column).text for name, column in _ADDRESS.items()}
    return {**told, "address": {**address, "country": address["country"].upper()}}


def _payments(
    rows: OrderRows, total: Decimal, ordered_at: datetime, *, all_paid: bool
) -> list[dict[str, Any]]:
    paid = rows.amount(rows.once(Column.PAID_AMOUNT))
    paid_at = rows.time(rows.once(Column.PAID_ON))
    if paid is None and (paid_at is not None or all_paid):
        paid = total
    if not paid:
        return []
    return [
        {
            "amount": _written(to_cents(paid)),
            "method": rows.once(Column.PAYMENT_METHOD).text,
            "paid_at": (paid_at or ordered_at).isoformat(),
            "reference": rows.once(Column.PAYMENT_REFERENCE).text,
        }
    ]


def _lines(rows: OrderRows) -> Iterator[_Charge]:
    number = rows.cell(rows.rows[0], Column.ORDER).text
    for row in rows.rows:
        quantity = rows.amount(rows.cell(row, Column.QUANTITY))
        quantity = Decimal(1) if quantity is None else quantity
        price = _price(rows, row, quantity)
        percent = rows.rate(rows.cell(row, Column.TAX_RATE))
        if price is None:
            continue
        charge = _charge(rows, price, percent, rows.cell(row, Column.TAX_AMOUNT))
        kind = rows.read(rows.cell(row, Column.KIND), read_kind)
        if kind is None:
            kind = LineKind.FEE if charge.gross < 0 else LineKind.PRODUCT
        charge.told.update(
            kind=kind.value,
            description=rows.cell(row, Column.DESCRIPTION).text or f"Order {number}",
            sku=rows.cell(row, Column.SKU).text,
            quantity=_written(quantity),
        )
        yield charge


def _price(rows: OrderRows, row: Row, quantity: Decimal) -> _Price | None:
    """Return what a row costs: its own amounts, else those of one piece."""
    cells = [rows.cell(row, column) for column in PRICES]
    if not any(cell.text for cell in cells):
        rows.fault(row, None, "has no amount")
    gross, net, unit_gross, unit_net = (rows.amount(cell) for cell in cells)
    if gross is None and net is None:
        gross = None if unit_gross is None else unit_gross * quantity
        net = None if unit_net is None else unit_net * quantity
    if gross is None and net is None:
        return None
    return _Price(net=net, gross=gross)


def _shipping(rows: OrderRows, rates: set[Decimal | None]) -> Iterator[_Charge]:
    """Yield the shipping, where the file tells it once an order and not as a row.

    Where no column tells how it is taxed, it is as all lines are, if they are alike.
    """
    net, gross = (
        rows.amount(rows.once(column))
        for column in (Column.SHIPPING_NET, Column.SHIPPING_GROSS)
    )
    if not net and not gross:
        return
    first = rows.rows[0]
    percent = rows.rate(rows.once(Column.SHIPPING_TAX_RATE))
    if percent is None and not rows.has(Column.SHIPPING_TAX_RATE):
        percent = next(iter(rates)) if len(rates) == 1 else None
        if len(rates) > 1:
            message = "has shipping, and no column tells its tax rate"
            rows.fault(first, Column.SHIPPING_GROSS, message)
    tax = rows.once(Column.SHIPPING_TAX_AMOUNT)
    charge = _charge(rows, _Price(net=net, gross=gross), percent, tax)
    charge.told.update(kind=LineKind.SHIPPING.value, description="Shipping")
    yield charge


def _charge(
    rows: OrderRows, price: _Price, percent: Decimal | None, tax: Cell
) -> _Charge:
    """Return a price with its tax: as charged, else worked out from the rate."""
    charged = rows.amount(tax)
    if percent is None:
        if charged:
            rows.fault(tax.row, tax.column, "is a tax whose rate is not told")
        amount = to_cents((price.gross if price.net is None else price.net) or ZERO)
        return _Charge(told={"net": _written(amount)}, gross=amount)
    computed = charged is None and None in {price.net, price.gross} and percent > 0
    charged = to_cents(price.tax(percent) if charged is None else charged)
    net = (price.gross or ZERO) - charged if price.net is None else price.net
    net = to_cents(net)
    taxes = [{"rate_percent": _written(percent), "amount": _written(charged)}]
    told = {"net": _written(net), "taxes": taxes}
    return _Charge(told=told, gross=net + charged, rate=percent, computed=computed)


def _written(number: Decimal) -> str:
    """Write a number as our own JSON has it: no exponent, no zero too many."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
