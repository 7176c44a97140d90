"""Where messages about alarms lead: to the page on which each is looked into."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect
from flask.typing import ResponseReturnValue

from dashboard.domain.alarms import AlarmKind
from dashboard.domain.notices import alarm_key
from dashboard.domain.users import Role
from dashboard.web.access import requires
from dashboard.web.banner import alarm_address

blueprint = Blueprint("alarms", __name__)

_KINDS: Final = {alarm_key(kind): kind for kind in AlarmKind}


@blueprint.get("/alarms/<alarm>")
@requires(Role.WATCHER)
def follow(alarm: str) -> ResponseReturnValue:
    """Go to where alarms of a kind are looked into."""
    kind = _KINDS.get(alarm)
    if kind is None:
        abort(404)
    return redirect(alarm_address(kind))
