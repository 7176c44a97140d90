"""Writes down what the person signed in has just done."""

from __future__ import annotations

from flask import request

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.users import User
from dashboard.web.access import signed_in
from dashboard.web.services import services


def note(
    kind: ActivityKind,
    action: str,
    subject: str = "",
    *,
    subject_id: int | None = None,
    detail: str = "",
    by: User | None = None,
) -> None:
    """Add to Activity what a person did: the one signed in, or *by*; commits."""
    person = by or signed_in()
    services().activity.add(
        Act(
            kind=kind,
            actor=person.name,
            user_id=person.id,
            address=request.remote_addr or "",
            action=action,
            subject=subject,
            subject_id=subject_id,
            detail=detail,
        )
    )
