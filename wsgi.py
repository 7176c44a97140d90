"""The WSGI application, for any server: `gunicorn --threads 8 wsgi:app`."""

from __future__ import annotations

from dashboard.serving import make_app

app = make_app()
