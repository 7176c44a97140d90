"""What a pass of reconciliation read of the books, kept in the database meanwhile.

A hundred thousand documents do not fit in memory beside everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select, update

from dashboard.domain.booked import BankEntry, BookedDocument
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.database import Database, insert_all_missing
from dashboard.store.schema import ReadBankEntryRow, ReadDocumentRow

_AT_ONCE = 500


class ReadDocuments:
    """Keeps and finds the documents of one pass; each method is one transaction."""

    def __init__(self, database: Database, pass_id: int) -> None:
        self._database = database
        self._pass_id = pass_id

    def keep(self, documents: Iterable[BookedDocument], *, in_scope: bool) -> None:
        """Keep a page of documents; one that is known already stays as it is.

        Args:
            documents: What was read.
            in_scope: Whether the documents were asked for themselves, and not only
                because an order that is looked at may need them.
        """
        rows: list[dict[str, object]] = [
            {
                "pass_id": self._pass_id,
                "document_id": document.id,
                "number": document.number,
                "reference": document.reference,
                "content": json.dumps(to_plain(document), ensure_ascii=False),
                "in_scope": in_scope,
                "matched": False,
            }
            for document in documents
        ]
        with self._database.write() as session:
            unique = ["pass_id", "document_id"]
            insert_all_missing(session, ReadDocumentRow, rows, unique=unique)

    def keep_bank_entries(self, entries: Iterable[BankEntry]) -> None:
        """Keep a page of payments."""
        rows: list[dict[str, object]] = [
            {
                "pass_id": self._pass_id,
                "payment_id": entry.payment_id,
                "bank_account": entry.bank_account,
            }
            for entry in entries
        ]
        with self._database.write() as session:
            unique = ["pass_id", "payment_id"]
            insert_all_missing(session, ReadBankEntryRow, rows, unique=unique)

    def bearing(
        self, ids: Iterable[str], numbers: Iterable[str], references: Iterable[str]
    ) -> tuple[BookedDocument, ...]:
        """Return the documents that have one of these ids, numbers or references."""
        wanted = (
            (ReadDocumentRow.document_id, set(ids)),
            (ReadDocumentRow.number, set(numbers)),
            (ReadDocumentRow.reference, set(references)),
        )
        found: dict[str, BookedDocument] = {}
        with self._database.read() as session:
            for column, values in wanted:
                rows = session.execute(
                    select(ReadDocumentRow.document_id, ReadDocumentRow.content).where(
                        ReadDocumentRow.pass_id == self._pass_id, column.in_(values)
                    )
                )
                for document_id, content in rows:
                    if document_id not in found:
                        found[document_id] = _document(content)
        return tuple(found.values())

    def bank_accounts(self, payment_ids: Sequence[str]) -> dict[str, str]:
        """Return the bank account of each of these payments that is known."""
        with self._database.read() as session:
            rows = session.execute(
                select(ReadBankEntryRow.payment_id, ReadBankEntryRow.bank_account)
                .where(ReadBankEntryRow.pass_id == self._pass_id)
                .where(ReadBankEntryRow.payment_id.in_(payment_ids))
            )
            return {payment_id: account for payment_id, account in rows}  # noqa: C416

    def match(self, document_ids: Sequence[str]) -> None:
        """Note that documents belong to orders."""
        belonging = (
            update(ReadDocumentRow)
            .where(ReadDocumentRow.pass_id == self._pass_id)
            .where(ReadDocumentRow.document_id.in_(document_ids))
            .values(matched=True)
        )
        self._database.repeated(lambda session: session.execute(belonging))

    def unmatched(self) -> Iterator[tuple[BookedDocument, ...]]:
        """Yield what was asked for itself and belongs to no order, some at a time."""
        after = ""
        while True:
            with self._database.read() as session:
                rows = session.execute(
                    select(ReadDocumentRow.document_id, ReadDocumentRow.content)
                    .where(
                        ReadDocumentRow.pass_id == self._pass_id,
                        ReadDocumentRow.in_scope,
                        ~ReadDocumentRow.matched,
                        ReadDocumentRow.document_id > after,
                    )
                    .order_by(ReadDocumentRow.document_id)
                    .limit(_AT_ONCE)
                ).all()
            if not rows:
                return
            yield tuple(_document(content) for _id, content in rows)
            after = rows[-1][0]


def _document(content: str) -> BookedDocument:
    return from_plain(BookedDocument, json.loads(content))
