"""Names of processes, and whether the one that had a name is gone."""

from __future__ import annotations

import os
import secrets
import socket
import sys

# What this process calls itself: its number may have been another's before.
_ours: set[str] = set()


def process_name() -> str:
    """Return a name for this process that no other one has or had."""
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    _ours.add(name)
    return name


def is_gone(name: str) -> bool:
    """Tell whether a process has certainly ended; of another machine nobody knows."""
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdecimal() or name in _ours:
        return False
    if int(rest) == os.getpid():
        return True
    if sys.platform == "win32":
        return False  # signalling a process there ends it
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
