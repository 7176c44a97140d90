"""The people who sign in, and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from dashboard.domain.sentences import Sentence, say


class Role(IntEnum):
    """What a user may do; a greater role may do everything a smaller one may."""

    WATCHER = 1  # sees everything, retries, ignores with a reason
    MANAGER = 2  # changes rules and schedules
    ADMINISTRATOR = 3  # changes shops, the connection and users

    @property
    def word(self) -> str:
        """The role as it is stored and typed."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """Return the role called *word*.

        Raises:
            KeyError: If there is no such role.
        """
        return cls[word.upper()]


# Within a sentence.
NAMES: Final[Mapping[Role, Sentence]] = {
    Role.WATCHER: say("watcher"),
    Role.MANAGER: say("manager"),
    Role.ADMINISTRATOR: say("administrator"),
}


@dataclass(frozen=True, kw_only=True)
class User:
    """A person who signs in, known by their e-mail address in small letters.

    *invited* says that they have not chosen a password (again) yet. *time_zone* (an
    IANA name) and *language* are empty where the browser's are taken.
    """

    id: int
    email: str
    name: str
    role: Role
    active: bool
    created_at: datetime
    invited: bool = False
    time_zone: str = ""
    language: str = ""
