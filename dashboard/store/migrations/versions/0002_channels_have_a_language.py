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
    # The column is added in place: SQLite takes a default away by making the table anew,
    # and the notices would go with the old one.
    op.add_column('channels', sa.Column('language', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_column('channels', 'language')
