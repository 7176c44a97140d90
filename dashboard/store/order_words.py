"""The words of orders: what search finds them by, at the speed of an index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    Text,
    delete,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session, aliased

from dashboard.domain.postings import PlannedPosting, PostingKind
from dashboard.domain.search import BEGINNING, looked_for, words_of
from dashboard.store.among import among
from dashboard.store.database import as_written
from dashboard.store.schema import OrderRow, OrderWordRow, PostingRow
from dashboard.store.unpacked import PlainRow, unpacked

# Sorts behind all that goes on after a beginning.
_LAST: Final = "\U0010ffff"
# What more orders say is found soon by whoever walks through them; to collect fewer
# takes no longer.
COMMON: Final = 3_000
# Words that more orders say are not told from each other: all of them take long.
_COUNTED: Final = 200_000
# To list what so many orders say takes no longer than to ask one for its words: they
# stand beside each other, and those of an order in a place that was not read yet.
_ASKED_FOR: Final = 20
# The columns of an order that it is found by.
SEARCHED: Final = (
    "number",
    "external_id",
    "invoice_number",
    "customer_name",
    "customer_email",
    "payment_references",
)
_ID: Final = OrderRow.id.label("order_id")
_words = unpacked(order_id=BigInteger(), word=Text())
_ADD: Final = insert(OrderWordRow).from_select(_words.c.keys(), select(*_words.c))

# Postings whose keys stand nowhere in the books.
_UNSEEN: Final = {PostingKind.CONTACT, PostingKind.ALLOCATION, PostingKind.VOID}


def searched(row: OrderRow) -> dict[str, str]:
    """Return the columns of an order that it is found by."""
    return {name: getattr(row, name) for name in SEARCHED}


def words_of_order(
    facts: Mapping[str, str], postings: Iterable[PostingRow | PlannedPosting]
) -> frozenset[str]:
    """Return what an order is found by: the columns of `SEARCHED`, and its postings."""
    numbers = (p.natural_key for p in postings if p.kind not in _UNSEEN)
    return words_of((*(facts[name] for name in SEARCHED), *numbers))


def keep_words(session: Session, order_id: int, words: frozenset[str]) -> None:
    """Make the words that an order is found by these; it has some already."""
    mine = OrderWordRow.order_id == order_id
    kept = set(session.scalars(select(OrderWordRow.word).where(mine)))
    if kept - words:
        gone = OrderWordRow.word.in_(sorted(kept - words))
        session.execute(delete(OrderWordRow).where(mine, gone))
    add_words(session, {order_id: words - kept})


def add_words(session: Session, words: Mapping[int, Iterable[str]]) -> None:
    """Let orders, by id, be found by words that they are not found by yet."""
    rows: list[PlainRow] = [
        {"order_id": order_id, "word": word}
        for order_id, found in sorted(words.items())
        for word in sorted(found)
    ]
    if rows:
        session.connection().execute(_ADD, {"rows": rows})


def is_word(word: str, row: type[OrderWordRow] = OrderWordRow) -> ColumnElement[bool]:
    """Compare words with one that is looked for: its beginning, or the whole of it."""
    if len(word) < BEGINNING:
        return row.word == word
    return (row.word >= word) & (row.word < word + _LAST)


class Looked:
    """What somebody looks for: *words*, the one that the fewest orders say first.

    *common* tells whether many say even that.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Take how many orders say each word, counted up to `COMMON`."""
        self.words = tuple(sorted(counts, key=lambda word: counts[word]))
        self.common = counts[self.words[0]] >= COMMON
        self._counts = counts
        self._ids: tuple[int, ...] | None = None

    @property
    def known(self) -> Subquery | None:
        """The orders that say every word, once `few` has found them."""
        if self._ids is None:
            return None
        return select(_ID).where(among(OrderRow.id, self._ids)).subquery()

    def few(self, session: Session) -> Subquery | None:
        """Return the orders that say every word; None if they are many."""
        if self.common and len(self.words) == 1:
            return None
        if self._ids is None:
            every = self._every(session).limit(COMMON)
            ids = tuple(session.scalars(every))
            self._ids = ids if len(ids) < COMMON else None
        return self.known

    def some(self) -> Subquery:
        """Return orders that say the rarest word, of many only the first."""
        said = select(OrderWordRow.order_id).where(is_word(self.words[0]))
        some = said.limit(as_written(COMMON)).subquery()
        return select(some.c.order_id).distinct().subquery()

    def all(self, session: Session) -> Subquery:
        """Return all orders that say every word."""
        return self._every(session).subquery()

    def _every(self, session: Session) -> Select[int] | CompoundSelect[int]:
        counts = self._counts
        if self.common:
            counts = {word: _count(session, word, _COUNTED) for word in self.words}
        rarest, *others = sorted(counts, key=lambda word: counts[word])
        most = min(counts[rarest] * _ASKED_FOR, _COUNTED)
        listed = [w for w in others if _is_less(session, w, counts[w], most)]
        asked_for = [word for word in others if word not in listed]
        every = (
            select(OrderWordRow.order_id)
            .where(
                is_word(rarest),
                *(says(OrderWordRow.order_id, word) for word in asked_for),
            )
            .distinct()
        )
        lists = [select(OrderWordRow.order_id).where(is_word(w)) for w in listed]
        # Not asked with `in_`: PostgreSQL, which takes a word for rare that it has no
        # figure of, would ask for each order by itself.
        return every.intersect(*lists) if lists else every


def says(order_id: SQLColumnExpression[int], word: str) -> ColumnElement[bool]:
    """Tell whether the order with that id says a word."""
    said = aliased(OrderWordRow)
    return exists().where(said.order_id == order_id, is_word(word, said))


def look_for(session: Session, search: str) -> Looked | None:
    """Find out how to look for the words of a text; None if there is no word in it."""
    counts = {word: _count(session, word, COMMON) for word in looked_for(search)}
    if not counts:
        return None
    return Looked(counts)


def _is_less(session: Session, word: str, counted: int, limit: int) -> bool:
    """Tell whether fewer than *limit* orders say a word; some are *counted* already."""
    if counted == COMMON < limit:
        counted = _count(session, word, limit)
    return counted < limit


def _count(session: Session, word: str, most: int) -> int:
    some = select(OrderWordRow.word).where(is_word(word))
    first = some.limit(as_written(most)).subquery()
    return session.scalar(select(func.count()).select_from(first)) or 0
