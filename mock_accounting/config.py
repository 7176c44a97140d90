"""The mock's settings: the only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MAX_PORT = 65_535
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How the mock runs. See docs/mock.md for each."""

    host: str = "127.0.0.1"
    port: int = 8001
    data_dir: Path | None = None
    """Where the books are kept; None keeps them in memory."""
    enforce_limits: bool = True
    remote_names: tuple[str, ...] = ()
    """Host names besides loopback that may be used to reach it."""

    control_token: str | None = None
    """What calls of the control API must bring; None if they need nothing."""
    seed_file: Path | None = None
    """The state to begin with, if the data folder holds none yet."""

    @property
    def trusted_hosts(self) -> list[str]:
        """Every host name a request may name."""
        return [*LOOPBACK, *self.remote_names]

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in {"localhost", "127.0.0.1", "::1"}


class SettingInvalid(Exception):
    """A variable of the environment has a value that makes no sense."""


def from_environment() -> Settings:
    """The settings that `MOCK_*` variables give.

    Raises:
        SettingInvalid: If one of them cannot be read.
    """
    port = os.environ.get("MOCK_PORT", "8001")
    if not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise SettingInvalid(f"MOCK_PORT must be a port number, not {port!r}")
    limits = os.environ.get("MOCK_LIMITS", "real")
    if limits not in {"off", "real"}:
        raise SettingInvalid(f"MOCK_LIMITS must be off or real, not {limits!r}")
    data_dir = os.environ.get("MOCK_DATA_DIR")
    seed_file = os.environ.get("MOCK_SEED_FILE")
    names = os.environ.get("MOCK_ALLOW_REMOTE", "")
    return Settings(
        host=os.environ.get("MOCK_HOST", "127.0.0.1"),
        port=int(port),
        data_dir=Path(data_dir) if data_dir else None,
        enforce_limits=limits == "real",
        remote_names=tuple(name.strip() for name in names.split(",") if name.strip()),
        control_token=os.environ.get("MOCK_CONTROL_TOKEN") or None,
        seed_file=Path(seed_file) if seed_file else None,
    )


def environment_without_settings() -> dict[str, str]:
    """The environment for another mock that is to run with its defaults."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MOCK_")
    }
