"""Items: list, read, create, create or update, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.listing import list_documents, unit_decimals
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.reading import item_input
from mock_accounting.dialect.rendering.settings import echo_item, show_item
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.inputs import ItemInput
from mock_accounting.ledger.items import (
    create_item,
    delete_item,
    require_item,
    save_item,
)
from mock_accounting.ledger.model import Item


def items(request: ApiRequest) -> Answer:
    """GET /Items; not paged."""
    kept = [it for it in request.books.items.values() if not it.is_deleted]
    page = list_documents(request.call, kinds.ITEMS, kept)
    return request.envelope("Items", [show_item(it) for it in page.documents])


def item(request: ApiRequest) -> Answer:
    """GET /Items/{ItemID or Code}."""
    found = require_item(request.books, request.parts[0])
    return request.envelope("Items", [show_item(found)])


def create_items(request: ApiRequest) -> Answer:
    """PUT /Items."""
    return _write(request, create_item)


def save_items(request: ApiRequest) -> Answer:
    """POST /Items."""
    return _write(request, save_item)


def update_item(request: ApiRequest) -> Answer:
    """POST /Items/{ItemID or Code}."""
    found = require_item(request.books, request.parts[0])
    return _write(request, save_item, found.item_id)


def remove_item(request: ApiRequest) -> Answer:
    """DELETE /Items/{ItemID or Code}."""
    delete_item(request.books, require_item(request.books, request.parts[0]))
    return Answer(status=204)


def _write(
    request: ApiRequest,
    write: Callable[[Books, ItemInput], Item],
    item_id: str | None = None,
) -> Answer:
    decimals = unit_decimals(request.call)
    inputs = [
        item_input(element, unit_decimals=decimals)
        for element in read_elements(request.call, "Items")
    ]
    if item_id is not None:
        inputs = [replace(inputs[0], item_id=item_id)]
    return write_and_answer(
        request,
        "Items",
        inputs,
        write=partial(write, request.books),
        show=show_item,
        echo=echo_item,
    )
