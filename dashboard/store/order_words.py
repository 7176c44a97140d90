"""The words of orders: what search finds them by, at the speed of an index."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    Subquery,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from dashboard.domain.search import BEGINNING, looked_for, words_of
from dashboard.store.database import as_written
from dashboard.store.schema import OrderRow, OrderWordRow

# Sorts behind all that goes on after a beginning.
_LAST: Final = "\U0010ffff"
# What more orders say is found soon by whoever walks through them; to collect fewer
# takes no longer.
COMMON: Final = 3_000

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


def is_word(word: str, row: type[OrderWordRow] = OrderWordRow) -> ColumnElement[bool]:
    """Compare words with one that is looked for: its beginning, or the whole of it."""
    if len(word) < BEGINNING:
        return row.word == word
    return (row.word >= word) & (row.word < word + _LAST)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What somebody looks for: the word that the fewest orders say, and the others.

    *common* tells whether many say even that.
    """

    rarest: str
    others: tuple[str, ...]
    common: bool

    @property
    def words(self) -> tuple[str, ...]:
        """All that is looked for."""
        return (self.rarest, *self.others)

    def found(self) -> Subquery:
        """Return the ids of the orders that say the rarest word, of many only some."""
        said = select(OrderWordRow.order_id).where(is_word(self.rarest))
        some = said.limit(as_written(COMMON)).subquery()
        return select(some.c.order_id).distinct().subquery()

    def all(self) -> Subquery:
        """Return the ids of all orders that say every word."""
        others = (says(OrderWordRow.order_id, word) for word in self.others)
        every = select(OrderWordRow.order_id).where(is_word(self.rarest), *others)
        return every.distinct().subquery()


def says(order_id: SQLColumnExpression[int], word: str) -> ColumnElement[bool]:
    """Tell whether the order with that id says a word."""
    said = aliased(OrderWordRow)
    return exists().where(said.order_id == order_id, is_word(word, said))


def look_for(session: Session, search: str) -> Looked | None:
    """Find out how to look for the words of a text; None if there is no word in it."""
    counts = {word: _count(session, word) for word in looked_for(search)}
    if not counts:
        return None
    rarest = min(counts, key=lambda word: counts[word])
    return Looked(
        rarest=rarest,
        others=tuple(word for word in counts if word != rarest),
        common=counts[rarest] >= COMMON,
    )


def _count(session: Session, word: str) -> int:
    some = select(OrderWordRow.word).where(is_word(word))
    first = some.limit(as_written(COMMON)).subquery()
    return session.scalar(select(func.count()).select_from(first)) or 0
