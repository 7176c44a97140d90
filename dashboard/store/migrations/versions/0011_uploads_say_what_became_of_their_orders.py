"""uploads say what became of their orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column('uploads', sa.Column('orders', sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column('uploads', 'orders')
