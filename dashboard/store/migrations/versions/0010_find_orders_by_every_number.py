"""find orders by every number of theirs; list runs by task and by what began them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

_AT_ONCE = 5_000
_WORD = re.compile(r"[^\W_]+")
_TELLING = "state <> 'done' OR orders + contacts + invoices + payments + credits + refused > 0"
_FRUITFUL = "state = 'done' AND orders + contacts + invoices + payments + credits + refused > 0"

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('payment_references', sa.Text(), server_default='', nullable=False))

    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index('ix_runs_fruitful_id')
        batch_op.create_index('ix_runs_task_state_id', ['task', 'state', 'id'], unique=False)
        batch_op.create_index('ix_runs_trigger_state_id', ['trigger', 'state', 'id'], unique=False)
        batch_op.create_index(
            'ix_runs_telling',
            ['id', 'state', 'task', 'trigger'],
            unique=False,
            sqlite_where=sa.text(_TELLING),
            postgresql_where=sa.text(_TELLING),
        )
    _add_numbers(op.get_bind())


def _add_numbers(connection: sa.Connection) -> None:
    """Read the orders that are there, some thousands at a time."""
    some = sa.text(
        "SELECT orders.id, external_id, payload FROM orders "
        "LEFT JOIN order_revisions ON order_revisions.id = orders.revision_id "
        "WHERE orders.id > :after ORDER BY orders.id LIMIT :limit"
    )
    keys = sa.text(
        "SELECT order_id, natural_key FROM postings "
        "WHERE order_id BETWEEN :first AND :last "
        "AND kind NOT IN ('contact', 'allocation', 'void')"
    )
    keep = sa.text("UPDATE orders SET payment_references = :told WHERE id = :id")
    add = sa.text(
        "INSERT INTO order_words (order_id, word) VALUES (:order_id, :word) "
        "ON CONFLICT DO NOTHING"
    )
    after = 0
    while orders := connection.execute(some, {"after": after, "limit": _AT_ONCE}).all():
        told = {order.id: " ".join(_references(order.payload)) for order in orders}
        found = {order.id: _words(f"{order.external_id} {told[order.id]}") for order in orders}
        place = {"first": orders[0].id, "last": orders[-1].id}
        for order_id, key in connection.execute(keys, place):
            if order_id in found:
                found[order_id] |= _words(key)
        kept = [{"id": order_id, "told": text} for order_id, text in told.items() if text]
        if kept:
            connection.execute(keep, kept)
        words = [
            {"order_id": order_id, "word": word}
            for order_id, each in found.items()
            for word in sorted(each)
        ]
        if words:
            connection.execute(add, words)
        after = orders[-1].id


def _references(payload: bytes | None) -> Iterator[str]:
    """Yield what payment providers called the payments of an order.

    WooCommerce tells one; in our own JSON and Shopify's answers stands a list.
    """
    try:
        order = json.loads(payload or b"{}")
    except (ValueError, RecursionError):
        return
    if not isinstance(order, dict):
        return
    payments = [(order, "transaction_id")]
    for name, key in (("payments", "reference"), ("transactions", "paymentId")):
        listed = order.get(name)
        if isinstance(listed, list):
            payments += [(each, key) for each in listed if isinstance(each, dict)]
    for payment, key in payments:
        reference = payment.get(key)
        # What stands here is as the shop sent it, and no database takes all of that.
        if isinstance(reference, str) and reference.strip() and reference.isprintable():
            yield reference.strip()


def _words(text: str) -> set[str]:
    """Return the words of a text, as they were when this was written."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    found = _WORD.findall(bare)
    # More does not go into an index of PostgreSQL.
    return {word[:60] for word in found if len(word) > 1 or word.isdecimal()}


def downgrade() -> None:
    """Go back to the one before; words stay until their order is planned anew."""
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index('ix_runs_telling')
        batch_op.drop_index('ix_runs_trigger_state_id')
        batch_op.drop_index('ix_runs_task_state_id')
        batch_op.create_index(
            'ix_runs_fruitful_id',
            ['id'],
            unique=False,
            sqlite_where=sa.text(_FRUITFUL),
            postgresql_where=sa.text(_FRUITFUL),
        )

    op.drop_column('orders', 'payment_references')
