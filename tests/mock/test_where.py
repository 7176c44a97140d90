"""The filter language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pytest

from mock_accounting.dialect.where import BadFilter, parse_where


@dataclass(frozen=True, kw_only=True)
class Doc:
    name: str = "Wool Shop"
    total: Decimal = Decimal("12.10")
    day: date = date(2026, 3, 14)
    number: str | None = None
    sent: bool = True


FIELDS: Mapping[str, Callable[[Doc], str | Decimal | datetime | date | bool | None]] = {
    "name": lambda doc: doc.name,
    "total": lambda doc: doc.total,
    "date": lambda doc: doc.day,
    "contact.contactnumber": lambda doc: doc.number,
    "sent": lambda doc: doc.sent,
    "id": lambda _doc: "7d1f4f5e-5c1d-4b86-9d0a-0e5a3c1b2a10",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Name=="wool shop"', True),
        ('Name = "Wool Shop"', True),
        ('Name!="Wool Shop"', False),
        ("Total>12", True),
        ("total >= 12.10 AND total <= 12.10", True),
        ("Total<12", False),
        ("Date>=DateTime(2026,3,14) && Date<DateTime(2026, 03, 15)", True),
        ("Date<DateTime(2026,3,14)", False),
        ("Contact.ContactNumber==null", True),
        ("Contact.ContactNumber!=null AND Sent==true", False),
        ("Sent==false OR Sent==true", True),
        ('(Name=="x" || Total>1) and (Sent==true)', True),
        ('Name=="x" OR Name=="y" AND Sent==true', False),
        ('Name.Contains("OOL")', True),
        ('Name.StartsWith("wool")', True),
        ('Name.EndsWith("wool")', False),
        ('Name.ToLower().Contains("wool")', True),
        ('Name.ToLower()=="wool shop"', True),
        ('ID==Guid("7d1f4f5e5c1d4b869d0a0e5a3c1b2a10")', True),
        ('Contact.ContactNumber.Contains("1")', False),
        (r'Name=="Wool \"Shop\""', False),
    ],
)
def test_a_filter_passes_what_it_says(text: str, expected: object) -> None:
    assert parse_where(text, FIELDS, "Doc")(Doc()) is expected


@pytest.mark.parametrize(
    "text",
    [
        'Colour=="red"',
        "Name",
        "Name==",
        'Name=="x',
        "Name==x",
        '(Name=="x"',
        'Name=="x")',
        'Name=="x" AND',
        "Date>DateTime(2026,13,1)",
        "Date>DateTime(2026)",
        'ID==Guid("12")',
        "Name.Contains(5)",
        "Name > null",
        "Name # 5",
        "(" * 500 + 'Name=="x"' + ")" * 500,
        "Name==" + '"x"' * 5000,
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        parse_where(text, FIELDS, "Doc")


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(
        BadFilter, match="No property or field 'Colour' exists in type 'Doc'"
    ):
        parse_where("Colour==1", FIELDS, "Doc")
