"""Invoices and credit notes as PDF, as they would be printed."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

from mock_accounting.dialect.figures import money, plain_number, price
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    Address,
    Contact,
    CreditNote,
    Invoice,
    InvoiceStatus,
    LineItem,
)
from mock_accounting.ledger.money import ZERO
from mock_accounting.ledger.totals import tax_summary

_WIDTH, _HEIGHT = 595.28, 841.89
"""A4, in points."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 539.0, 780.0, 90.0
_AMOUNT_COLUMNS = (("Quantity", 330.0), ("Unit price", 405.0), ("VAT", 458.0))
_DESCRIPTION_WIDTH = 215.0
_INK, _FAINT, _ALARM = "#1b1f23", "#6a737d", "#b3261e"
_REGULAR, _BOLD = "Vera", "VeraBd"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    """What is printed, in words and figures."""

    title: str
    facts: Sequence[tuple[str, str]]
    sums: Sequence[tuple[str, Decimal]]
    due: tuple[str, Decimal]
    document: Invoice | CreditNote


def invoice_pdf(books: Books, invoice: Invoice) -> bytes:
    """An invoice as PDF."""
    applied = [("Paid", -invoice.amount_paid), ("Credited", -invoice.amount_credited)]
    return _drawn(
        books,
        _Sheet(
            title="Invoice",
            facts=[
                ("Invoice number", invoice.number),
                ("Invoice date", _day(invoice.issue_date)),
                ("Due date", _day(invoice.due_date)),
                ("Reference", invoice.reference),
            ],
            sums=[(name, amount) for name, amount in applied if amount],
            due=("Amount due", invoice.amount_due),
            document=invoice,
        ),
    )


def credit_note_pdf(books: Books, note: CreditNote) -> bytes:
    """A credit note as PDF."""
    applied = [
        ("Allocated", -note.amount_allocated),
        ("Paid back", -note.amount_refunded),
    ]
    return _drawn(
        books,
        _Sheet(
            title="Credit note",
            facts=[
                ("Credit note number", note.number),
                ("Date", _day(note.issue_date)),
                ("Reference", note.reference),
            ],
            sums=[(name, amount) for name, amount in applied if amount],
            due=("Remaining credit", note.remaining_credit),
            document=note,
        ),
    )


class _Pen:
    """Writes text on the pages of one PDF, from top to bottom."""

    def __init__(self, title: str) -> None:
        self._library = _library()
        self._file = io.BytesIO()
        # Invariant: the same document gives the same bytes, whenever it is drawn.
        self._canvas = self._library.canvas.Canvas(
            self._file, pagesize=(_WIDTH, _HEIGHT), invariant=1
        )
        self._canvas.setTitle(title)
        self._canvas.setCreator("Mock Books")
        self._page = 1
        self.y = _TOP

    def text(
        self,
        x: float,
        text: str,
        *,
        size: float = 9,
        font: str = _REGULAR,
        ink: str = _INK,
    ) -> None:
        """Write from *x* to the right."""
        self._choose(font, size, ink)
        self._canvas.drawString(x, self.y, _drawable(text))

    def figure(
        self,
        x: float,
        text: str,
        *,
        size: float = 9,
        font: str = _REGULAR,
        ink: str = _INK,
    ) -> None:
        """Write so that the text ends at *x*."""
        self._choose(font, size, ink)
        self._canvas.drawRightString(x, self.y, _drawable(text))

    def wrapped(self, text: str, width: float) -> list[str]:
        """*text* in lines that are no wider than *width*."""
        lines: list[str] = self._library.split(_drawable(text), _REGULAR, 9, width)
        return lines or [""]

    def down(self, points: float) -> None:
        """Go down the page."""
        self.y -= points

    def rule(self, *, ink: str = _FAINT) -> None:
        """Draw a line across the page, a little below what was written."""
        self._canvas.setStrokeColor(ink)
        self._canvas.setLineWidth(0.5)
        self._canvas.line(_LEFT, self.y - 5, _RIGHT, self.y - 5)

    def turn_page(self) -> None:
        """Begin the next page."""
        self._foot()
        self._canvas.showPage()
        self._page += 1
        self.y = _TOP

    def finished(self) -> bytes:
        """The bytes of the PDF."""
        self._foot()
        self._canvas.save()
        return self._file.getvalue()

    def _foot(self) -> None:
        self.y = 48
        self.text(_LEFT, "Mock Books: nothing here is real", size=7, ink=_FAINT)
        self.figure(_RIGHT, f"Page {self._page}", size=7, ink=_FAINT)

    def _choose(self, font: str, size: float, ink: str) -> None:
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(ink)


def _drawn(books: Books, sheet: _Sheet) -> bytes:
    document = sheet.document
    pen = _Pen(f"{sheet.title} {document.number}")
    _head(pen, books, sheet)
    _column_titles(pen, document.currency_code)
    for line in document.lines:
        _line(pen, books, line, document.currency_code)
    _totals(pen, books, sheet)
    return pen.finished()


def _head(pen: _Pen, books: Books, sheet: _Sheet) -> None:
    organisation = books.organisation
    contact = books.contact(sheet.document.contact_id)
    pen.text(_LEFT, sheet.title, size=22, font=_BOLD)
    pen.figure(_RIGHT, organisation.name, size=11, font=_BOLD)
    pen.down(16)
    stamp = _stamp(sheet.document.status)
    if stamp:
        pen.text(_LEFT, stamp, size=11, font=_BOLD, ink=_ALARM)
    pen.down(34)
    top = pen.y
    for row in _address_rows(contact):
        pen.text(_LEFT, row)
        pen.down(13)
    low, pen.y = pen.y, top
    for name, value in sheet.facts:
        if value:
            pen.text(330, name, ink=_FAINT)
            for part in pen.wrapped(value, _RIGHT - 430):
                pen.text(430, part)
                pen.down(13)
    pen.y = min(low, pen.y) - 28


def _column_titles(pen: _Pen, currency_code: str) -> None:
    pen.text(_LEFT, "Description", size=8, font=_BOLD)
    for name, x in _AMOUNT_COLUMNS:
        pen.figure(x, name, size=8, font=_BOLD)
    pen.figure(_RIGHT, f"Amount {currency_code}", size=8, font=_BOLD)
    pen.rule(ink=_INK)
    pen.down(20)


def _line(pen: _Pen, books: Books, line: LineItem, currency_code: str) -> None:
    rows = pen.wrapped(line.description, _DESCRIPTION_WIDTH)
    if line.discount_rate_percent:
        rows.append(f"Discount {plain_number(line.discount_rate_percent)}%")
    elif line.discount_amount:
        rows.append(f"Discount {money(line.discount_amount)}")
    has_amount = line.account_id is not None
    for position, row in enumerate(rows):
        if pen.y < _BOTTOM:
            pen.turn_page()
            _column_titles(pen, currency_code)
        pen.text(_LEFT, row)
        if position == 0 and has_amount:
            rate = books.tax_rates.get(line.tax_type or "")
            percent = rate.effective_rate_percent if rate else ZERO
            texts = (
                plain_number(line.quantity),
                price(line.unit_amount),
                f"{plain_number(percent)}%",
            )
            for (_, x), text in zip(_AMOUNT_COLUMNS, texts, strict=True):
                pen.figure(x, text)
            pen.figure(_RIGHT, money(line.line_amount))
        pen.down(13)
    pen.y += 6
    pen.rule()
    pen.down(20)


def _totals(pen: _Pen, books: Books, sheet: _Sheet) -> None:
    document = sheet.document
    rows = [("Subtotal", document.sub_total)]
    for part in tax_summary(document.lines, document.line_amount_types):
        rate = books.tax_rates.get(part.tax_type)
        name = rate.name if rate else part.tax_type
        rows.append((f"{name} on {money(part.net)}", part.tax))
    if pen.y - 16 * (len(rows) + len(sheet.sums) + 2) < _BOTTOM:
        pen.turn_page()
    for name, amount in rows:
        _total(pen, name, amount)
    pen.down(4)
    _total(pen, f"Total {document.currency_code}", document.total, font=_BOLD)
    for name, amount in sheet.sums:
        _total(pen, name, amount)
    if document.is_live:
        name, amount = sheet.due
        pen.down(4)
        _total(pen, f"{name} {document.currency_code}", amount, font=_BOLD)


def _total(pen: _Pen, name: str, amount: Decimal, font: str = _REGULAR) -> None:
    pen.text(330, name, font=font)
    pen.figure(_RIGHT, money(amount), font=font)
    pen.down(16)


def _stamp(status: InvoiceStatus) -> str:
    match status:
        case InvoiceStatus.AUTHORISED:
            return ""
        case InvoiceStatus.SUBMITTED:
            return "DRAFT"
        case _:
            return status.value


def _address_rows(contact: Contact) -> list[str]:
    filled = [it for it in contact.addresses if it.line_1 or it.city or it.country]
    address = filled[0] if filled else Address(type="POBOX")
    city = " ".join(it for it in (address.postal_code, address.city) if it)
    rows = (
        contact.name,
        address.attention_to,
        address.line_1,
        address.line_2,
        address.line_3,
        address.line_4,
        city,
        address.region,
        address.country,
        f"VAT number {contact.tax_number}" if contact.tax_number else "",
    )
    return [row[:60] for row in rows if row]


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _drawable(text: str) -> str:
    """*text* in letters that the font has: others lose their accent or are `?`."""
    known = _library().letters
    return "".join(
        letter if ord(letter) in known else _plainer(letter, known) for letter in text
    )


def _plainer(letter: str, known: frozenset[int]) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if ord(base) in known else "?"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Library:
    """The parts of the drawing library that are used."""

    canvas: Any
    split: Any
    letters: frozenset[int]


@cache
def _library() -> _Library:
    """Load the drawing library when the first PDF is drawn.

    Most mocks never draw one: loaded at the start it would cost them a quarter
    of the time until they are ready, and 15 MB.
    """
    canvas = import_module("reportlab.pdfgen.canvas")
    fonts = import_module("reportlab.pdfbase.ttfonts")
    metrics = import_module("reportlab.pdfbase.pdfmetrics")
    utils = import_module("reportlab.lib.utils")
    for name in (_REGULAR, _BOLD):
        metrics.registerFont(fonts.TTFont(name, f"{name}.ttf"))
    letters = frozenset(metrics.getFont(_REGULAR).face.charToGlyph)
    return _Library(canvas=canvas, split=utils.simpleSplit, letters=letters)
