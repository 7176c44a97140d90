"""Files of orders until they are taken in, and what became of each order after that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, null, select, update
from sqlalchemy.orm import Session

from dashboard.domain.rules import Shop
from dashboard.domain.sentences import dump_sentence, load_sentence
from dashboard.domain.uploads import CellError, FiledOrder, Standing
from dashboard.store.company import shop_of
from dashboard.store.database import Database
from dashboard.store.revisions import StoredRevision
from dashboard.store.schema import OrderRow, RevisionRow, ShopRow, UploadRow

# One that nobody took in was given up, or was the wrong file.
_KEPT = timedelta(days=7)
# Who wants to know what became of an order of a file looks soon.
_OUTCOME_KEPT = timedelta(days=30)
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file of orders; *reading* is how it is to be read, as the reader writes it."""

    id: int
    shop: Shop
    name: str
    body: bytes
    reading: Mapping[str, Any]
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, kw_only=True)
class TakenUpload:
    """A file whose orders are taken in, and what became of each of them.

    *orders* is None once that is forgotten.
    """

    id: int
    shop: Shop
    name: str
    uploaded_by: str
    taken_at: datetime
    orders: tuple[FiledOrder, ...] | None


class UploadStore:
    """Keeps uploads; each method is one transaction and commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, shop: Shop, name: str, body: bytes, reading: Mapping[str, Any], by: str
    ) -> int:
        """Keep a file and return its id; what is too old is forgotten."""
        with self._database.write() as session:
            now = self._database.now(session)
            session.execute(
                delete(UploadRow).where(
                    UploadRow.taken_at.is_(None), UploadRow.uploaded_at < now - _KEPT
                )
            )
            session.execute(
                update(UploadRow)
                .where(UploadRow.taken_at < now - _OUTCOME_KEPT)
                .values(orders=null())
            )
            row = UploadRow(
                shop_id=shop.id,
                name=name,
                body=body,
                reading=dict(reading),
                uploaded_by=by,
                uploaded_at=now,
            )
            session.add(row)
            session.flush()
            return row.id

    def find(self, upload_id: int) -> Upload | None:
        """Return an upload whose orders are not taken in yet."""
        with self._database.read() as session:
            row = session.get(UploadRow, upload_id)
            if row is None or row.taken_at is not None:
                return None
            return _upload_of(session, row)

    def change_reading(self, upload_id: int, reading: Mapping[str, Any]) -> None:
        """Keep how the file is to be read."""
        with self._database.write() as session:
            row = session.get(UploadRow, upload_id)
            if row is not None and row.taken_at is None:
                row.reading = dict(reading)

    def finish(self, upload_id: int, orders: Iterable[FiledOrder]) -> None:
        """Write down what became of the orders; the file itself goes."""
        with self._database.write() as session:
            row = session.get(UploadRow, upload_id)
            if row is not None:
                row.taken_at, row.body = self._database.now(session), b""
                row.orders = [_plain(order) for order in orders]

    def taken(self, upload_id: int) -> TakenUpload | None:
        """Return an upload whose orders are taken in."""
        with self._database.read() as session:
            row = session.get(UploadRow, upload_id)
            shop = None if row is None else session.get(ShopRow, row.shop_id)
            if row is None or shop is None or row.taken_at is None:
                return None
            return TakenUpload(
                id=row.id,
                shop=shop_of(shop),
                name=row.name,
                uploaded_by=row.uploaded_by,
                taken_at=row.taken_at,
                orders=None if row.orders is None else tuple(map(_filed, row.orders)),
            )

    def discard(self, upload_id: int) -> None:
        """Throw an upload away whose orders are not taken in."""
        with self._database.write() as session:
            session.execute(
                delete(UploadRow).where(
                    UploadRow.id == upload_id, UploadRow.taken_at.is_(None)
                )
            )

    def last_reading(self, shop: Shop) -> Mapping[str, Any] | None:
        """Return how the shop's last file was read whose orders were taken in."""
        with self._database.read() as session:
            return session.scalar(
                select(UploadRow.reading)
                .where(UploadRow.shop_id == shop.id, UploadRow.taken_at.is_not(None))
                .order_by(UploadRow.taken_at.desc(), UploadRow.id.desc())
                .limit(1)
            )

    def newest_revisions(
        self, shop: Shop, external_ids: Sequence[str]
    ) -> dict[str, StoredRevision]:
        """Return what is known of the shop's orders, by its own id."""
        with self._database.read() as session:
            return {
                stored.external_id: stored
                for at in range(0, len(external_ids), _AT_ONCE)
                for stored in _newest_of(
                    session, shop, external_ids[at : at + _AT_ONCE]
                )
            }


def _plain(order: FiledOrder) -> list[Any]:
    errors = [[e.line, e.column, dump_sentence(e.message)] for e in order.errors]
    return [order.number, order.standing.value, order.order_id, errors]


def _filed(plain: list[Any]) -> FiledOrder:
    number, standing, order_id, errors = plain
    return FiledOrder(
        number=number,
        standing=Standing(standing),
        order_id=order_id,
        errors=tuple(
            CellError(line=line, column=column, message=load_sentence(message))
            for line, column, message in errors
        ),
    )


def _newest_of(
    session: Session, shop: Shop, external_ids: Sequence[str]
) -> Iterator[StoredRevision]:
    found = session.execute(
        select(OrderRow, RevisionRow)
        .join(RevisionRow, RevisionRow.id == OrderRow.revision_id)
        .where(OrderRow.shop_id == shop.id, OrderRow.external_id.in_(external_ids))
    )
    for order, revision in found:
        yield StoredRevision(
            order_id=order.id,
            revision_id=revision.id,
            external_id=order.external_id,
            number=order.number,
            shop=shop,
            payload=revision.payload,
            headers=revision.headers,
            received_at=revision.received_at,
        )


def _upload_of(session: Session, row: UploadRow) -> Upload | None:
    shop = session.get(ShopRow, row.shop_id)
    if shop is None:
        return None
    return Upload(
        id=row.id,
        shop=shop_of(shop),
        name=row.name,
        body=row.body,
        reading=row.reading,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
