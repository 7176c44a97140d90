"""What the demo remembers from one start to the next, in demo.json."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from seed.orders import FIRST_NUMBER
from seed.problems import DataFolderUnusable
from seed.scenes import LONGEST_WAIT


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The demo's own secrets and how far its story has been told.

    *placed* says when the latest orders were placed, in UTC: those that may
    still have news to come.
    """

    password: str
    shop_secret: str
    seed: int
    last_number: int = FIRST_NUMBER - 1
    placed: dict[int, datetime] = field(default_factory=dict)

    @property
    def orders_sent(self) -> int:
        """How many orders have been placed so far."""
        return self.last_number - FIRST_NUMBER + 1

    def after(self, number: int, placed: dict[int, datetime]) -> Memory:
        """Return the memory of order *number* having been placed."""
        recent = {n: at for n, at in placed.items() if n > number - LONGEST_WAIT}
        return Memory(
            password=self.password,
            shop_secret=self.shop_secret,
            seed=self.seed,
            last_number=number,
            placed=recent,
        )

    def anew(self) -> Memory:
        """Return the memory of a story that has not begun."""
        return Memory(
            password=self.password, shop_secret=self.shop_secret, seed=self.seed
        )


def is_lost(folder: Path) -> bool:
    """Whether *folder* holds a dashboard's data, but not the way to sign in."""
    return (folder / "dashboard").exists() and not (folder / "demo.json").exists()


def recall(folder: Path, *, seed: int) -> Memory:
    """Read the memory kept in *folder*, or begin and keep a new one.

    Raises:
        DataFolderUnusable: If it cannot be read or written.
    """
    path = folder / "demo.json"
    if not path.exists():
        memory = Memory(
            password=secrets.token_urlsafe(12),
            shop_secret=secrets.token_urlsafe(24),
            seed=seed,
        )
        keep(folder, memory)
        return memory
    try:
        return _parsed(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFolderUnusable(
            f"{path} cannot be read ({error}). Remove the folder to begin anew."
        ) from error


def keep(folder: Path, memory: Memory) -> None:
    """Write the memory whole or not at all; only its owner can read it.

    Raises:
        DataFolderUnusable: If it cannot be written.
    """
    placed = {number: at.isoformat() for number, at in memory.placed.items()}
    text = json.dumps({**asdict(memory), "placed": placed}, indent=2)
    draft = folder / "demo.json.new"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        draft.replace(folder / "demo.json")
    except OSError as error:
        raise DataFolderUnusable(
            f"{folder} cannot be written ({error.strerror})."
        ) from error


def _parsed(text: str) -> Memory:
    kept = json.loads(text)
    return Memory(
        password=str(kept["password"]),
        shop_secret=str(kept["shop_secret"]),
        seed=int(kept["seed"]),
        last_number=int(kept["last_number"]),
        placed={
            int(number): datetime.fromisoformat(at).astimezone(UTC)
            for number, at in kept["placed"].items()
        },
    )
