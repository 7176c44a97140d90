"""The pages. They only show; what changes anything goes through the control API."""

from __future__ import annotations

from flask import Blueprint

from mock_accounting.ui.book_pages import add_book_pages
from mock_accounting.ui.frame import Shown, add_frame
from mock_accounting.ui.lab_pages import add_lab_pages
from mock_accounting.ui.request_pages import add_request_pages


def ui_blueprint(shown: Shown) -> Blueprint:
    """The pages over what is *shown*."""
    blueprint = Blueprint(
        "ui",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/mock-static",
    )
    for add in (add_frame, add_book_pages, add_request_pages, add_lab_pages):
        add(blueprint, shown)
    return blueprint
