"""Why the whole connection to the books pauses: nothing that one order could help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Pause(StrEnum):
    """The reason nobody calls the books for now."""

    SIGN_IN_REFUSED = "sign-in refused"
    DISCONNECTED = "disconnected"
    ORGANISATION_UNCLEAR = "organisation unclear"
    WRONG_ADDRESS = "wrong address"
    MINUTE_LIMIT = "minute limit"
    DAY_LIMIT = "day limit"
    AWAY = "books away"
    FAILING = "books failing"

    @property
    def ends_by_itself(self) -> bool:
        """Whether time alone ends it: no call has to prove that it is over."""
        return self is Pause.MINUTE_LIMIT

    @property
    def may_be_over(self) -> bool:
        """Whether asking before its time may find it over.

        Others last until a person puts them right, or as long as the books have said.
        """
        return self in {Pause.AWAY, Pause.FAILING}


@dataclass(frozen=True, kw_only=True)
class ConnectionPause:
    """A pause of the connection.

    *until* is when one call tries whether it is over; past, that call is under way or
    about to be.
    """

    pause: Pause
    reason: str
    since: datetime
    until: datetime
