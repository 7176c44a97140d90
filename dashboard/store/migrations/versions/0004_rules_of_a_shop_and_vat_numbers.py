"""rules of a shop and VAT numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table('shop_rules',
    sa.Column('shop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['shop_id'], ['shops.id'], name=op.f('fk_shop_rules_shop_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('shop_id', 'name', name=op.f('pk_shop_rules'))
    )
    # Columns are added in place, with a default that stays: SQLite would take it away
    # by making the table anew, and what hangs on the shops would go with the old one.
    op.add_column('company_rules', sa.Column('vat_check', sa.Text(), nullable=False, server_default='valid'))
    op.add_column('shops', sa.Column('vat_number_keys', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column('shops', 'vat_number_keys')
    op.drop_column('company_rules', 'vat_check')
    op.drop_table('shop_rules')
