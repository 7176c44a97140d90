"""Rules for writing items, and what a line takes over from the one it names."""

from __future__ import annotations

from dataclasses import fields, replace

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import ItemInput, LineInput
from mock_accounting.ledger.model import Item, PriceDetails

_MAX_CODE = 30
_MAX_NAME = 50
_MAX_TEXT = 4000


def create_item(books: Books, wanted: ItemInput) -> Item:
    """Write a new item.

    Raises:
        Refused: If a rule is broken or its code is in use.
    """
    blank = Item(
        item_id=books.ids.next(), code=wanted.code or "", updated_at=books.clock.now()
    )
    return _written(books, blank, wanted)


def save_item(books: Books, wanted: ItemInput) -> Item:
    """Update the item that is meant by id or code, or write a new one.

    Raises:
        Refused: If a rule is broken or there is no item with the id given.
    """
    if wanted.item_id:
        existing = books.items.get(wanted.item_id)
        if existing is None or existing.is_deleted:
            raise Refused("The item with the supplied ItemID was not found")
    else:
        existing = books.item_coded(wanted.code) if wanted.code else None
    if existing is None:
        return create_item(books, wanted)
    return _written(books, existing, wanted)


def delete_item(books: Books, item: Item) -> None:
    """Take an item out; lines that name it keep what they have."""
    books.put(replace(item, is_deleted=True, updated_at=books.clock.now()))


def require_item(books: Books, identifier: str) -> Item:
    """The item with this id or code.

    Raises:
        NoSuchDocument: If there is none, or it was deleted.
    """
    item = books.items.get(parse_id(identifier) or "") or books.item_coded(identifier)
    if item is None or item.is_deleted:
        raise NoSuchDocument
    return item


def with_item(books: Books, line: LineInput) -> LineInput:
    """*line* with what its item says where nothing was sent.

    Raises:
        Refused: If a new line names an item that there is not.
    """
    if not line.item_code:
        return line
    item = books.item_coded(line.item_code)
    if item is None and line.line_item_id is not None:
        return line
    if item is None:
        raise Refused(f"Item code '{line.item_code}' is not valid")
    sales = item.sales or PriceDetails()
    return replace(
        line,
        description=line.description or item.description or item.name,
        unit_amount=(
            sales.unit_price
            if line.unit_amount is None and line.line_amount is None
            else line.unit_amount
        ),
        account_code=line.account_code
        or (None if line.account_id else sales.account_code),
        tax_type=line.tax_type or sales.tax_type,
    )


def _written(books: Books, existing: Item, wanted: ItemInput) -> Item:
    given = {
        field.name: value
        for field in fields(wanted)
        if field.name != "item_id"
        and (value := getattr(wanted, field.name)) is not None
    }
    item = replace(existing, **given, updated_at=books.clock.now())
    problems = _problems(books, item)
    if problems:
        raise Refused(*problems)
    books.put(item)
    return item


def _problems(books: Books, item: Item) -> list[str]:
    problems = []
    if not item.code:
        problems.append("Price List Item Code must be supplied")
    holder = books.item_coded(item.code)
    if holder is not None and holder.item_id != item.item_id:
        problems.append(f"Price List Item with Code '{item.code}' already exists")
    for field, value, longest in (
        ("Code", item.code, _MAX_CODE),
        ("Name", item.name, _MAX_NAME),
        ("Description", item.description, _MAX_TEXT),
        ("PurchaseDescription", item.purchase_description, _MAX_TEXT),
    ):
        if len(value) > longest:
            problems.append(f"The {field} cannot be longer than {longest} characters")
    for details in (item.sales, item.purchases):
        problems += _details_problems(books, details or PriceDetails())
    return problems


def _details_problems(books: Books, details: PriceDetails) -> list[str]:
    problems = []
    code, tax_type = details.account_code, details.tax_type
    if code and books.account_coded(code) is None:
        problems.append(f"Account code '{code}' is not a valid code for this item.")
    if tax_type and tax_type not in books.tax_rates:
        problems.append(f"The TaxType code {tax_type} does not exist.")
    return problems
