"""Puts the floors together: the Flask application and the engine beside it."""

from __future__ import annotations

from flask import Flask

from dashboard.config import Settings
from dashboard.domain.clock import Clock, SystemClock
from dashboard.store.database import Database, engine_options, install


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """Make the Flask application; nothing runs in the background yet."""
    app = Flask("dashboard")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SECRET_KEY=settings.secret_key,
    )
    install(app, clock or SystemClock())
    return app


__all__ = ["Database", "create_app"]
