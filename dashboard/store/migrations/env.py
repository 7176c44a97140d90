"""How a migration reaches the database: over the application's own engine."""

from __future__ import annotations

from alembic import context
from flask import current_app

_db = current_app.extensions["migrate"].db


def _run() -> None:
    with _db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=_db.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
