"""Settings of the demo, and the only place of this house to read the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seed.problems import BadSetting

HIGHEST_PORT: Final = 65_535
_MOST_ORDERS: Final = 100_000
_PASSED_ON: Final = ("SLUICE_LOG_LEVEL", "SLUICE_SETTLE_SECONDS", "MOCK_LIMITS")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``make demo`` can be told; see docs/settings.md."""

    dashboard_port: int
    mock_port: int
    orders: int
    seed: int
    data_dir: Path
    host: str = "127.0.0.1"
    """What both programs listen on."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the programs."""
        return self.host in {"localhost", "127.0.0.1", "::1"}

    @property
    def dashboard_url(self) -> str:
        """Where the dashboard answers."""
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def mock_url(self) -> str:
        """Where the mock accounting package answers."""
        return f"http://127.0.0.1:{self.mock_port}"

    @property
    def dashboard_health_url(self) -> str:
        """Where the dashboard says whether it is well."""
        return f"{self.dashboard_url}/healthz"

    @property
    def mock_health_url(self) -> str:
        """Where the mock says so; its control API has a path of its own."""
        return f"{self.mock_url}/__mock__/health"


def settings() -> Settings:
    """Read the settings.

    Raises:
        BadSetting: If one of them cannot be used.
    """
    return Settings(
        dashboard_port=_whole_number("DASHBOARD_PORT", 8000, 1, HIGHEST_PORT),
        mock_port=_whole_number("MOCK_PORT", 8001, 1, HIGHEST_PORT),
        orders=_whole_number("DEMO_ORDERS", 60, 0, _MOST_ORDERS),
        seed=_whole_number("DEMO_SEED", 1, 0, 2**31),
        data_dir=Path(os.environ.get("SLUICE_DATA_DIR") or ".data/demo").absolute(),
        host=os.environ.get("DEMO_HOST") or "127.0.0.1",
    )


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a program the demo starts.

    Settings of another installation stay out: the demo must not write to the
    database of the real one.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLUICE_", "MOCK_")) or name in _PASSED_ON
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def _whole_number(name: str, default: int, lowest: int, highest: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise BadSetting(
            f"{name} is {text!r}: it must be a whole number from {lowest} to {highest}."
        )
    return int(text)
