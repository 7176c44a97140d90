"""schedules of a shop, and runs that say which shop they pulled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column('runs', sa.Column('shop_id', sa.BigInteger(), nullable=True))
    op.add_column('schedules', sa.Column('shop_id', sa.BigInteger(), nullable=True))
    op.create_index(op.f('ix_schedules_shop_id'), 'schedules', ['shop_id'], unique=True)


def downgrade() -> None:
    """Go back to the one before."""
    op.execute('DELETE FROM schedules WHERE shop_id IS NOT NULL')
    op.drop_index(op.f('ix_schedules_shop_id'), table_name='schedules')
    op.drop_column('schedules', 'shop_id')
    op.drop_column('runs', 'shop_id')
