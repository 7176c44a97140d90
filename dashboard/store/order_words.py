"""The words of orders: what search finds them by, at the speed of an index."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from dashboard.domain.search import BEGINNING, words_of
from dashboard.store.schema import OrderRow, OrderWordRow

# Sorts behind all that goes on after a beginning.
_LAST: Final = "\U0010ffff"
_FIRST_COUNTED: Final = 10_000

SEARCHED: Final = (
    OrderRow.number,
    OrderRow.invoice_number,
    OrderRow.customer_name,
    OrderRow.customer_email,
)


def keep_words(session: Session, order_ids: Collection[int]) -> None:
    """Make the words of the orders agree with what stands in their rows."""
    said = session.execute(
        select(OrderRow.id, *SEARCHED).where(OrderRow.id.in_(order_ids))
    )
    wanted = {(order_id, word) for order_id, *texts in said for word in words_of(texts)}
    kept: set[tuple[int, str]] = {
        (order_id, word)
        for order_id, word in session.execute(
            select(OrderWordRow.order_id, OrderWordRow.word).where(
                OrderWordRow.order_id.in_(order_ids)
            )
        )
    }
    gone, new = kept - wanted, wanted - kept
    if gone:
        key = tuple_(OrderWordRow.order_id, OrderWordRow.word)
        session.execute(delete(OrderWordRow).where(key.in_(sorted(gone))))
    if new:
        rows = [{"order_id": order_id, "word": word} for order_id, word in sorted(new)]
        session.execute(insert(OrderWordRow), rows)


def is_word(looked_for: str) -> ColumnElement[bool]:
    """Compare words with one that is looked for: its beginning, or the whole of it."""
    if len(looked_for) < BEGINNING:
        return OrderWordRow.word == looked_for
    return (OrderWordRow.word >= looked_for) & (OrderWordRow.word < looked_for + _LAST)


def rarest(session: Session, looked_for: Collection[str]) -> str:
    """Return the word that the fewest orders have; beyond a limit nobody counts."""

    def count(word: str) -> int:
        some = select(OrderWordRow.word).where(is_word(word)).limit(_FIRST_COUNTED)
        return session.scalar(select(func.count()).select_from(some.subquery())) or 0

    first, *others = looked_for
    return min(looked_for, key=count) if others else first
