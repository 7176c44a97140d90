"""What a person did, as it is written down for everyone to see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActivityKind(StrEnum):
    """What an act was done to."""

    ORDER = "order"
    SELECTION = "selection"  # many orders at once, or a backfill
    UPLOAD = "upload"
    RUN = "run"
    SCHEDULE = "schedule"
    SETTINGS = "settings"
    USER = "user"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing somebody did.

    *actor* is a person's name or what acted in their stead; *user_id* is theirs, None
    when no user acted. *action* is in the past tense ("retried"). *subject* names what
    it was done to, *subject_id* is its id where it has a page. *address* is where the
    request came from.
    """

    kind: ActivityKind
    actor: str
    action: str
    user_id: int | None = None
    address: str = ""
    subject: str = ""
    subject_id: int | None = None
    detail: str = ""
