"""keep what ended selections came to; tell the shops of a problem from its index."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column('selections', sa.Column('tally', sa.JSON(none_as_null=True), nullable=True))
    _count(op.get_bind())
    _index_problems('cause', 'cause_about', 'id', 'status_at', 'shop_id')


def _count(connection: sa.Connection) -> None:
    """Count the orders of the selections that have ended."""
    ended = connection.scalars(
        sa.text("SELECT id FROM selections WHERE finished_at IS NOT NULL")
    ).all()
    count = sa.text(
        "SELECT outlook, result, count(*) AS n FROM selection_orders "
        "WHERE selection_id = :id GROUP BY outlook, result"
    )
    selections = sa.table("selections", sa.column("id"), sa.column("tally", sa.JSON))
    for selection_id in ended:
        outlooks: Counter[str] = Counter()
        results: Counter[str] = Counter()
        for outlook, result, n in connection.execute(count, {"id": selection_id}):
            if outlook:
                outlooks[outlook] += n
            if result is not None:
                results[result] += n
        connection.execute(
            selections.update()
            .where(selections.c.id == selection_id)
            .values(tally={"outlooks": outlooks, "results": results})
        )


def downgrade() -> None:
    """Go back to the one before."""
    _index_problems('cause', 'cause_about', 'id', 'status_at')
    op.drop_column('selections', 'tally')


def _index_problems(*columns: str) -> None:
    op.drop_index('ix_orders_problem', 'orders')
    some = sa.text("cause <> ''")
    op.create_index(
        'ix_orders_problem', 'orders', columns, sqlite_where=some, postgresql_where=some
    )
