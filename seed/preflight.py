"""Looks, before anything is started, for what would keep the demo from running."""

from __future__ import annotations

import os
import socket

from seed.config import Settings
from seed.problems import BadSetting, DataFolderUnusable, PortInUse


def check_ports(settings: Settings) -> None:
    """See that both ports are free.

    Raises:
        BadSetting: If both programs would use one port.
        PortInUse: If a port is taken.
    """
    if settings.dashboard_port == settings.mock_port:
        raise BadSetting(
            f"DASHBOARD_PORT and MOCK_PORT are both {settings.mock_port}: "
            "give them different ports."
        )
    _check_port(settings.mock_port, "MOCK_PORT", "the mock accounting package")
    _check_port(settings.dashboard_port, "DASHBOARD_PORT", "the dashboard")


def _check_port(port: int, setting: str, program: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUse(
                f"Port {port} for {program} cannot be used ({error.strerror}). "
                f"Choose another one: {setting}={_suggested(port)} make demo"
            ) from error


def _suggested(port: int) -> int:
    return port + 100 if port >= 1024 else 8000 + port  # noqa: PLR2004 - first port open to all


def check_folder(settings: Settings) -> None:
    """Make the data folder.

    Raises:
        DataFolderUnusable: If it cannot be written.
    """
    folder = settings.data_dir
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        probe = folder / "logs" / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DataFolderUnusable(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Choose another one: SLUICE_DATA_DIR=<folder> make demo"
        ) from error
