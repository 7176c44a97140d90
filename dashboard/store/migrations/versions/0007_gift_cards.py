"""gift cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column('company_rules', sa.Column('gift_card_account', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column('company_rules', 'gift_card_account')
