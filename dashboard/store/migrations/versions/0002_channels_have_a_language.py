"""channels have a language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    # Those that are there speak the company's language, as all of them do at first.
    language = sa.Column('language', sa.Text(), nullable=False, server_default='')
    with op.batch_alter_table('channels', schema=None) as batch_op:
        batch_op.add_column(language)
    with op.batch_alter_table('channels', schema=None) as batch_op:
        batch_op.alter_column('language', server_default=None)


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table('channels', schema=None) as batch_op:
        batch_op.drop_column('language')
