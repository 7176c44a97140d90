"""Orders from a CSV file: read to the cent, and each wrong cell named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.order import LineKind, Order, OrderPhase
from dashboard.shops.csv_upload.cells import DayOrder
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.orders import FileOrder, read_orders
from dashboard.shops.csv_upload.reading import (
    Reading,
    as_json,
    from_json,
    guess_reading,
)
from dashboard.shops.csv_upload.table import NotATable, read_table

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def read(text: str | bytes, **choices: object) -> tuple[FileOrder, ...]:
    """Read a file as it is guessed, but for *choices*."""
    body = text.encode() if isinstance(text, str) else text
    table = read_table(body)
    kept = as_json(guess_reading(table, currency="EUR"))
    return read_orders(table, from_json({**kept, **choices}), AMSTERDAM)


def one(text: str, **choices: object) -> Order:
    (read_order,) = read(text, **choices)
    assert read_order.errors == ()
    assert read_order.order is not None
    return read_order.order


def faults(text: str, **choices: object) -> list[tuple[int, str, str]]:
    return [
        (error.line, error.column, error.message)
        for read_order in read(text, **choices)
        for error in read_order.errors
    ]


def a_row(**cells: str) -> str:
    """Return a file of one order with these columns beside the needed ones."""
    row = {"order": "7", "date": "2026-11-01", "gross": "12.10", "vat rate": "21"}
    row |= {name.replace("_", " "): value for name, value in cells.items()}
    return ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values())


def test_rows_with_one_number_are_one_order_wherever_they_stand() -> None:
    first, second = read(
        "Bestelnummer;Datum;Naam;Land;Omschrijving;Aantal;Prijs incl. btw;BTW %;"
        "Verzendkosten;Verzendkosten btw %;Totaal;Betaalmethode;Betaald op\r\n"
        "1001;01-11-2026;Anna Voorbeeld;nl;Mok, blauw;3;9,95;21%;4,95;21;39,80;ideal;"
        "02-11-2026\r\n"
        "1002;03-11-2026;Bert Test;BE;Kaars;1;1.012,50;21;;;;bancontact;\r\n"
        "1001;;;;Honing;1;5,00;9;;;;;\r\n"
    )

    assert (first.number, first.lines) == ("1001", (2, 4))
    order = first.order
    assert order is not None
    assert (order.day, order.total, order.currency) == (
        date(2026, 11, 1),
        Decimal("39.80"),
        "EUR",
    )
    assert [(line.kind, line.net, line.tax) for line in order.lines] == [
        (LineKind.PRODUCT, Decimal("24.67"), Decimal("5.18")),
        (LineKind.PRODUCT, Decimal("4.59"), Decimal("0.41")),
        (LineKind.SHIPPING, Decimal("4.09"), Decimal("0.86")),
    ]
    assert order.lines[0].quantity == 3
    assert order.customer.name == "Anna Voorbeeld"
    assert order.customer.address.country == "NL"
    (payment,) = order.payments
    assert (payment.amount, payment.method, payment.day) == (
        Decimal("39.80"),
        "ideal",
        date(2026, 11, 2),
    )
    assert second.order is not None
    assert (second.order.total, second.order.payments) == (Decimal("1012.50"), ())


@pytest.mark.parametrize(
    ("cells", "net", "tax", "computed"),
    [
        ({"tax": "2.11"}, "9.99", "2.11", False),
        ({}, "10.00", "2.10", True),
        ({"net": "9.98"}, "9.98", "2.12", False),
        ({"gross": "", "net": "10.01"}, "10.01", "2.10", True),
        ({"gross": "", "quantity": "3", "unit price": "3.3333"}, "10.00", "2.10", True),
        ({"gross": "", "quantity": "3", "price": "4.0333"}, "10.00", "2.10", True),
        ({"vat rate": "0"}, "12.10", "0", False),
        ({"vat rate": "9.975", "gross": "10.00"}, "9.09", "0.91", True),
        ({"gross": "-12.10"}, "-10.00", "-2.10", True),
    ],
)
def test_tax_is_as_charged_and_worked_out_only_where_it_is_not_told(
    cells: Mapping[str, str], net: str, tax: str, *, computed: bool
) -> None:
    (read_order,) = read(a_row(**cells))

    assert read_order.order is not None, read_order.errors
    (line,) = read_order.order.lines
    assert (line.net, line.tax) == (Decimal(net), Decimal(tax))
    assert read_order.order.total == Decimal(net) + Decimal(tax)
    assert read_order.computed is computed
    assert len(line.taxes) == 1


def test_a_line_without_a_rate_is_not_taxable_which_is_not_a_rate_of_zero() -> None:
    (line,) = one(a_row(**{"vat rate": ""})).lines

    assert (line.net, line.taxes) == (Decimal("12.10"), ())


def test_shipping_is_taxed_as_the_lines_are_where_no_column_tells() -> None:
    order = one(a_row(shipping="6.05"))

    assert [(line.kind, line.net, line.tax) for line in order.lines] == [
        (LineKind.PRODUCT, Decimal("10.00"), Decimal("2.10")),
        (LineKind.SHIPPING, Decimal("5.00"), Decimal("1.05")),
    ]
    assert order.total == Decimal("18.15")


def test_shipping_beside_two_rates_has_to_tell_its_own() -> None:
    text = (
        "order,date,gross,vat rate,shipping\n"
        "7,2026-11-01,12.10,21,6.05\n"
        "7,2026-11-01,10.90,9,6.05\n"
    )

    assert faults(text) == [
        (2, "shipping", "has shipping, and no column tells its tax rate")
    ]


@pytest.mark.parametrize(
    ("amounts", "comma"),
    [
        (["1,234.50", "2"], False),
        (["1.234,50", "2"], True),
        (["12,5"], True),
        (["12.5"], False),
        (["€ 12,50"], True),
        (["1,234"], False),
        (["1.234", "2"], True),
        (["1.234", "0.5"], False),
        (["1.234.567"], True),
    ],
)
def test_how_amounts_are_written_is_guessed_from_all_of_them(
    amounts: list[str], *, comma: bool
) -> None:
    rows = "".join(f"{at};2026-11-01;{text};21\n" for at, text in enumerate(amounts))
    table = read_table(f"order;date;gross;vat rate\n{rows}".encode())

    assert guess_reading(table, currency="EUR").decimal_comma is comma


def test_a_price_of_an_unknown_name_tells_how_amounts_are_written() -> None:
    table = read_table(b"order;date;what it cost;vat rate\n1;2026-11-01;24,20;21\n")

    assert guess_reading(table, currency="EUR").decimal_comma


@pytest.mark.parametrize(
    ("text", "comma", "amount"),
    [
        ("1.234,50", True, "1234.50"),
        ("EUR 1 234,50", True, "1234.50"),
        ("\u22123,5", True, "-3.50"),
        ("1,234.50", False, "1234.50"),
        ("€2", False, "2"),
        ("12.50", True, None),
        ("12,50", False, None),
        ("1.23.4", True, None),
        ("1e3", False, None),
        ("twelve", False, None),
    ],
)
def test_an_amount_written_otherwise_than_chosen_is_wrong_and_never_another_amount(
    text: str, *, comma: bool, amount: str | None
) -> None:
    row = a_row(gross=text)

    if amount is None:
        ((_line, column, message),) = faults(row, decimal_comma=comma)
        assert column == "gross"
        assert "must be an amount such as" in message
    else:
        assert one(row, decimal_comma=comma).total == Decimal(amount)


@pytest.mark.parametrize("text", ["$12.10", "12.10 USD"])
def test_an_amount_in_another_currency_than_the_order_is_wrong(text: str) -> None:
    ((_line, column, message),) = faults(a_row(gross=text))

    assert column == "gross"
    assert message == f'is "{text}", and the order is in EUR'
    assert one(a_row(gross=text, currency="USD")).total == Decimal("12.10")


def test_a_sign_of_several_currencies_is_that_of_the_order() -> None:
    assert one(a_row(gross="$12.10", currency="CAD")).total == Decimal("12.10")
    assert one(a_row(gross="\u00a512.10", currency="CNY")).total == Decimal("12.10")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-01", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("2026-03-01 23:30", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("2026-03-01T23:30:00Z", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("2026-03-01 23:30:00 +0100", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("1-3-2026", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("01.03.2026 10:15", DayOrder.DAY_FIRST, date(2026, 3, 1)),
        ("03/01/2026", DayOrder.MONTH_FIRST, date(2026, 3, 1)),
        ("1-3-26", DayOrder.DAY_FIRST, None),
        ("31-02-2026", DayOrder.DAY_FIRST, None),
        ("13/13/2026", DayOrder.MONTH_FIRST, None),
        ("yesterday", DayOrder.DAY_FIRST, None),
        ("2026-03-01 tomorrow", DayOrder.DAY_FIRST, None),
    ],
)
def test_days_are_those_of_the_company(
    text: str, order: DayOrder, day: date | None
) -> None:
    row = a_row(date=text)

    if day is None:
        assert [column for _, column, _ in faults(row, day_order=order)] == ["date"]
    else:
        assert one(row, day_order=order).day == day


def test_months_first_is_seen_where_a_day_cannot_be_a_month() -> None:
    table = read_table(b"order,date,gross\n1,03/01/2026,1\n2,03/28/2026,1\n")

    assert guess_reading(table, currency="EUR").day_order is DayOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("", OrderPhase.PLACED),
        ("Completed", OrderPhase.PLACED),
        ("geannuleerd", OrderPhase.CANCELLED),
        ("Ausstehend", OrderPhase.PENDING),
    ],
)
def test_a_status_is_known_in_three_languages(status: str, phase: OrderPhase) -> None:
    assert one(a_row(status=status)).phase is phase


def test_paid_is_what_the_file_tells_or_all_of_it_if_a_person_says_so() -> None:
    assert one(a_row()).payments == ()
    assert one(a_row(paid="5.00")).paid == Decimal("5.00")
    assert one(a_row(paid="0"), all_paid=True).paid == 0
    (payment,) = one(a_row(payment_method="cash"), all_paid=True).payments
    assert (payment.amount, payment.method, payment.day) == (
        Decimal("12.10"),
        "cash",
        date(2026, 11, 1),
    )


def test_every_wrong_cell_is_named_and_the_other_orders_are_read() -> None:
    text = (
        "order,date,total,gross,vat rate,quantity,status,currency,country\n"
        "1,2026-11-01,12.10,12.10,21,1,placed,EUR,NL\n"
        "2,,12.10,free,210,0,sent back,EURO,Holland\n"
        "3,2026-11-01,12.10,6.05,21,1,,,\n"
        "3,2026-11-02,99.00,6.05,21,1,,,\n"
        ",2026-11-01,1.00,1.00,21,1,,,\n"
        "4,2026-11-01,1.00,1.00,21,1,,EURO,Holland\n"
        '"5,1",2026-11-01,1.00,1.00,21,1,,EUR,NL\n'
    )

    good, *wrong = read(text)

    assert good.order is not None
    assert [order.order for order in wrong] == [None] * 5
    assert [(line, column) for line, column, _ in faults(text)] == [
        (3, "gross"),
        (3, "vat rate"),
        (3, "status"),
        (3, "date"),
        (5, "date"),
        (5, "total"),
        (6, "order"),
        (7, "currency"),
        (7, "country"),
        (8, "order"),
    ]
    assert (5, "total", 'is "99.00" here and "12.10" in line 4: an order has one') in (
        faults(text)
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no rows below"),
        (b"order,date\n", "no rows below"),
        (b"order,date\n1,2,3\n", "Line 2 has 3 cells"),
        (b"PK\x03\x04\x00\x00", "no CSV file"),
        (b"a,b\n" + b"x" * 11_000 + b",1\n", "Line 2 has a cell"),
        (b"a\n" + b"1\n" * 50_001, "more than 50000 rows"),
        (",".join("abc" * 70).encode() + b"\n1\n", "more than 200 columns"),
    ],
)
def test_what_is_no_table_says_so(body: bytes, message: str) -> None:
    with pytest.raises(NotATable, match=message):
        read_table(body)


@pytest.mark.parametrize(
    "body",
    [
        "order;naam\n1;Zoë\n".encode("utf-8-sig"),
        "order;naam\n1;Zoë\n".encode("cp1252"),
        "order;naam\n1;Zoë\n".encode("utf-16"),
        "sep=;\r\norder;naam\r\n1;Zoë\r\n".encode(),
        "order\tnaam\n1\tZoë\n\n\n".encode(),
    ],
)
def test_the_encodings_and_separators_of_spreadsheets_are_understood(
    body: bytes,
) -> None:
    table = read_table(body)

    assert table.header == ("order", "naam")
    assert [row.cells for row in table.rows] == [("1", "Zoë")]


def test_columns_of_one_name_are_told_apart() -> None:
    assert read_table(b"a,a,,a\n1,2,3,4\n").header == (
        "a",
        "a (2)",
        "Column 3",
        "a (3)",
    )


def test_what_has_to_be_told_is_missing_until_it_is() -> None:
    nothing = Reading(columns={})

    assert nothing.missing() == (
        Column.ORDER,
        Column.ORDERED_ON,
        Column.GROSS,
        Column.TAX_RATE,
    )
    told = {Column.ORDER: "a", Column.ORDERED_ON: "b", Column.UNIT_NET: "c"}
    assert Reading(columns=told, untaxed=True).missing() == ()


@given(
    st.binary(max_size=300)
    | st.text(alphabet='order,;date"\n\r gross21€.-', max_size=200).map(str.encode)
)
def test_rubbish_is_refused_or_read_and_never_raises(body: bytes) -> None:
    try:
        table = read_table(body)
    except NotATable:
        return
    read_orders(table, guess_reading(table, currency="EUR"), AMSTERDAM)
