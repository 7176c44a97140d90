"""How far shops have been read, and by which keys; what a webhook spoke of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dashboard.domain.keys import contact_number
from dashboard.domain.rules import Shop
from dashboard.domain.tokens import AccessToken
from dashboard.store.database import Database, Overtaken, insert_missing
from dashboard.store.new_orders import take_in_new
from dashboard.store.revisions import Planner, Reader, Revision, Taken
from dashboard.store.schema import (
    OrderHintRow,
    OrderRow,
    PostingRow,
    ShopPullRow,
    ShopRow,
)
from dashboard.store.taking_in import add_missing, take_in_within
from dashboard.store.vault import Vault

_MAX_PROBLEM = 1000
_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 15 * 60.0
_MAX_DOUBLINGS = 10  # a thousand of them are no number any more
_DAY_S = 24 * 3600.0
_GONE = ["deleted", "trash"]


class PulledElsewhere(Exception):
    """Another process reads the same shop and has moved its cursor."""


@dataclass(frozen=True, kw_only=True)
class ApiKeys:
    """The keys of a shop's API, in the clear, and the day from which orders count.

    *token* is the one they were last exchanged for, at shops that want that.
    """

    key: str
    secret: str
    orders_since: datetime
    token: AccessToken | None = None

    @property
    def hint(self) -> str:
        """The last characters of the key, which tell it apart in the shop."""
        return self.key[-7:] if len(self.key) > 14 else ""  # noqa: PLR2004


@dataclass(frozen=True, kw_only=True)
class PullState:
    """How far a shop has been read, and how that went last."""

    cursor: str = ""
    pulled_at: datetime | None = None
    compared_at: datetime | None = None
    failures: int = 0
    problem: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class KnownOrder:
    """What we know of an order, to be held against what the shop lists."""

    modified_at: datetime | None
    total_hundredths: int
    refunded_hundredths: int


class PullStore:
    """Reads and writes how shops are read; each method is one transaction."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    # The keys -------------------------------------------------------------------------

    def set_access(self, shop: Shop, base_url: str, keys: ApiKeys) -> None:
        """Keep where the shop's API is and the keys to it; commits.

        With another address, or an earlier day, the shop is read from the beginning.
        """
        with self._database.write() as session:
            row = _locked_shop(session, shop)
            since = row.orders_since
            afresh = row.base_url != base_url or (
                since is not None and keys.orders_since < since
            )
            row.base_url = base_url
            row.api_keys = self._vault.lock([keys.key, keys.secret])
            row.orders_since = keys.orders_since
            state = _state(session, shop.id)
            state.failures, state.problem, state.not_before = 0, "", None
            if afresh:
                state.cursor, state.compared_at = "", None

    def forget_access(self, shop: Shop) -> None:
        """Ask the shop no more; what it sends is taken in as before; commits."""

        def work(session: Session) -> None:
            row = _locked_shop(session, shop)
            row.base_url, row.api_keys, row.orders_since = "", "", None
            session.execute(delete(OrderHintRow).where(OrderHintRow.shop_id == shop.id))

        self._database.repeated(work)

    def keys(self, shop: Shop) -> ApiKeys | None:
        """Return the keys of the shop's API, if it has any.

        Raises:
            SecretUnreadable: If they were encrypted with another key.
        """
        with self._database.read() as session:
            row = session.get(ShopRow, shop.id)
            if row is None or not row.api_keys or row.orders_since is None:
                return None
            key, secret, *token = self._vault.unlock(row.api_keys)
            return ApiKeys(
                key=key,
                secret=secret,
                orders_since=row.orders_since,
                token=_read_token(token),
            )

    def keep_token(self, shop: Shop, keys: ApiKeys, token: AccessToken) -> None:
        """Keep what *keys* were exchanged for, unless they have changed; commits."""
        with self._database.write() as session:
            row = _locked_shop(session, shop)
            if not row.api_keys:
                return
            key, secret, *_old = self._vault.unlock(row.api_keys)
            if (key, secret) == (keys.key, keys.secret):
                written = [
                    token.text,
                    " ".join(sorted(token.scopes)),
                    token.ends_at.isoformat(),
                ]
                row.api_keys = self._vault.lock([key, secret, *written])

    # How it goes ----------------------------------------------------------------------

    def state(self, shop: Shop) -> PullState:
        """Return how far a shop has been read."""
        with self._database.read() as session:
            row = session.get(ShopPullRow, shop.id)
            if row is None:
                return PullState()
            return PullState(
                cursor=row.cursor,
                pulled_at=row.pulled_at,
                compared_at=row.compared_at,
                failures=row.failures,
                problem=row.problem,
                not_before=row.not_before,
            )

    def take_page(
        self,
        shop: Shop,
        revisions: Sequence[Revision],
        planner: Planner,
        reader: Reader,
        *,
        run_id: int | None,
        cursors: tuple[str, str] | None,
    ) -> tuple[Taken, ...]:
        """Store and plan a page of orders and move the cursor, in one commit.

        *cursors* are the one the page was asked with and the one to go on from; None
        for orders that were asked for by themselves, which leave it where it is.

        Raises:
            PulledElsewhere: If another process has moved the cursor; nothing is stored.
        """

        def work(session: Session) -> tuple[Taken, ...]:
            now = self._database.now(session)
            state = _state(session, shop.id)
            if cursors is not None:
                if state.cursor != cursors[0]:
                    raise PulledElsewhere
                state.cursor = cursors[1]
            new = _lock_all(session, shop, revisions, now)
            taken = take_in_new(session, shop, new, planner, now, run_id=run_id)
            return tuple(
                taken.get(revision.external_id)
                or take_in_within(
                    session, shop, revision, planner, now, reader=reader, run_id=run_id
                )
                for revision in revisions
            )

        return self._database.repeated(work)

    def note_success(self, shop: Shop, *, compared: bool) -> None:
        """Write down that the shop was read to its end; commits."""
        with self._database.write() as session:
            now = self._database.now(session)
            row = _state(session, shop.id)
            row.pulled_at, row.failures, row.problem, row.not_before = now, 0, "", None
            if compared:
                row.compared_at = now

    def note_failure(self, shop: Shop, problem: str, wait_s: float | None) -> None:
        """Write down why the shop could not be read; commits.

        It is left alone for *wait_s*, else for longer after each failure in a row.
        """
        with self._database.write() as session:
            row = _state(session, shop.id)
            row.failures += 1
            # A part of a sentence could be told in no other language.
            too_long = len(problem) > _MAX_PROBLEM
            row.problem = problem[:_MAX_PROBLEM] if too_long else problem
            if wait_s is None:
                doublings = min(row.failures - 1, _MAX_DOUBLINGS)
                wait_s = min(_FIRST_WAIT_S * 2**doublings, _LONGEST_WAIT_S)
            wait = timedelta(seconds=min(wait_s, _DAY_S))
            row.not_before = self._database.now(session) + wait

    def known_orders(self, shop: Shop, since: datetime) -> dict[str, KnownOrder]:
        """Return the orders placed since then that are not deleted, by external id."""
        query = select(
            OrderRow.external_id,
            OrderRow.modified_at,
            OrderRow.total_hundredths,
            OrderRow.refunded_hundredths,
        ).where(
            OrderRow.shop_id == shop.id,
            OrderRow.ordered_at >= since,
            OrderRow.shop_status.not_in(_GONE),
        )
        with self._database.read() as session:
            return {
                row.external_id: KnownOrder(
                    modified_at=row.modified_at,
                    total_hundredths=row.total_hundredths,
                    refunded_hundredths=row.refunded_hundredths,
                )
                for row in session.execute(query)
            }

    # What webhooks spoke of -----------------------------------------------------------

    def note_hint(self, shop: Shop, external_id: str) -> None:
        """Keep that an order is to be read from the shop; commits."""
        with self._database.write() as session:
            now = self._database.now(session)
            session.add(
                OrderHintRow(shop_id=shop.id, external_id=external_id, noted_at=now)
            )

    def hints(self, shop: Shop) -> dict[str, int]:
        """Return the orders to be read, each with its newest hint, the oldest first."""
        newest = func.max(OrderHintRow.id)
        query = (
            select(OrderHintRow.external_id, newest)
            .where(OrderHintRow.shop_id == shop.id)
            .group_by(OrderHintRow.external_id)
            .order_by(newest)
        )
        with self._database.read() as session:
            rows = session.execute(query).all()
            return {row[0]: row[1] for row in rows}

    def has_hints(self) -> bool:
        """Tell whether an order is to be read from a shop that may be asked now."""
        with self._database.read() as session:
            now = self._database.now(session)
            rests = select(ShopPullRow.shop_id).where(ShopPullRow.not_before > now)
            waiting = select(OrderHintRow.id).where(OrderHintRow.shop_id.not_in(rests))
            return session.scalar(waiting.limit(1)) is not None

    def drop_hint(self, shop: Shop, external_id: str, newest: int) -> None:
        """Forget the hints of an order up to the newest that was heeded; commits."""
        heeded = delete(OrderHintRow).where(
            OrderHintRow.shop_id == shop.id,
            OrderHintRow.external_id == external_id,
            OrderHintRow.id <= newest,
        )
        self._database.repeated(lambda session: session.execute(heeded))


def _lock_all(
    session: Session, shop: Shop, revisions: Sequence[Revision], now: datetime
) -> dict[int, Revision]:
    """Lock what a page of orders touches: orders first, each kind sorted by id.

    Returns:
        The orders that were not known, by the id of the row they have now.

    Raises:
        Overtaken: If a contact came up that would be locked out of its turn.
    """
    add_missing(session, shop, revisions, now)
    told = {revision.external_id: revision for revision in revisions}
    orders = session.execute(
        select(OrderRow.id, OrderRow.external_id, OrderRow.revision_id)
        .where(OrderRow.shop_id == shop.id, OrderRow.external_id.in_(told))
        .order_by(OrderRow.id)
        .with_for_update(key_share=True)
    ).all()
    contacts = {contact_number(r.order, shop) for r in revisions if r.order}
    shared = (
        select(PostingRow.id)
        .where(PostingRow.natural_key.in_(contacts))
        .order_by(PostingRow.id)
    )
    locked = session.scalars(shared.with_for_update(key_share=True)).all()
    # No request carries one that comes up from here on together with a locked one.
    if session.scalars(shared).all() != locked:
        raise Overtaken
    return {row.id: told[row.external_id] for row in orders if row.revision_id is None}


def _read_token(kept: Sequence[str]) -> AccessToken | None:
    if not kept:
        return None
    text, scopes, ends_at = kept
    return AccessToken(
        text=text,
        scopes=frozenset(scopes.split()),
        ends_at=datetime.fromisoformat(ends_at),
    )


def _locked_shop(session: Session, shop: Shop) -> ShopRow:
    return session.get_one(ShopRow, shop.id, with_for_update={"key_share": True})


def _state(session: Session, shop_id: int) -> ShopPullRow:
    """Return the shop's row, locked."""
    insert_missing(
        session,
        ShopPullRow,
        unique=["shop_id"],
        shop_id=shop_id,
        cursor="",
        failures=0,
        problem="",
    )
    return session.get_one(ShopPullRow, shop_id, with_for_update=True)
