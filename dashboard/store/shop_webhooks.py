"""What shops say of the webhooks that send us their orders.

A connector that can ask a shop writes it down here; the alarms read it.
"""

from __future__ import annotations

from datetime import datetime

from dashboard.domain.alarms import WebhookState
from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import ShopWebhookRow


class ShopWebhookStore:
    """Reads and writes the state of webhooks; each method commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, shop_id: int, state: WebhookState, at: datetime) -> None:
        """Write down what a shop says now; *at* counts only when that is new."""
        with self._database.write() as session:
            values = {"shop_id": shop_id, "state": state.value, "since": at}
            insert_missing(session, ShopWebhookRow, unique=["shop_id"], **values)
            row = session.get_one(ShopWebhookRow, shop_id)
            if row.state != state.value:
                row.state = state.value
                row.since = at

    def state(self, shop_id: int) -> WebhookState | None:
        """Return what a shop last said; None if it was never asked."""
        with self._database.read() as session:
            row = session.get(ShopWebhookRow, shop_id)
            return None if row is None else WebhookState(row.state)
