"""Looks, before anything is started, for what would keep the demo from running."""

from __future__ import annotations

import os
import socket

from seed.config import HIGHEST_PORT, Settings
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
    problem = _what_hinders(port)
    if problem:
        nearby = range(port + 10, min(port + 100, HIGHEST_PORT))
        free = next((p for p in nearby if not _what_hinders(p)), None)
        raise PortInUse(
            f"Port {port} for {program} cannot be used ({problem}). "
            f"Choose another one: {setting}={free or '<port>'} make demo"
        )


def _what_hinders(port: int) -> str:
    """Say why nothing can listen on *port* of this machine; empty if it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def check_folder(settings: Settings) -> None:
    """Make the data folder.

    Raises:
        DataFolderUnusable: If it cannot be written.
    """
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        probe = folder / "logs" / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DataFolderUnusable(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Choose another one: SLUICE_DATA_DIR=<folder> make demo"
        ) from error
