"""Processes: who is at work, and at what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dashboard.domain.users import Role
from dashboard.web.access import requires
from dashboard.web.language import lazy_gettext as _
from dashboard.web.services import services
from dashboard.web.summary import EngineState, engine_state
from dashboard.web.words import POSTING_KINDS, Look

blueprint = Blueprint("processes", __name__)

_ROLES: Final[Mapping[str, str]] = {
    "engine": _("Does the work"),
    "scheduler": _("Watches the schedules"),
}
_SIGNS: Final[Mapping[EngineState, Look]] = {
    EngineState.ALIVE: Look(label=_("Alive"), tone="good", icon="heart-pulse-fill"),
    EngineState.LATE: Look(label=_("Late"), tone="waiting", icon="heart-pulse-fill"),
    EngineState.STOPPED: Look(label=_("Silent"), tone="bad", icon="heart-pulse-fill"),
}


@blueprint.get("/processes")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the processes and what each is at."""
    now = services().clock.now()
    return render_template(
        "processes/index.html",
        processes=services().processes.all(),
        roles=_ROLES,
        look=lambda process: _SIGNS[engine_state(process.seen_at, now)],
        kinds=POSTING_KINDS,
        forecast=services().forecast(),
    )
