"""Slows down who tries passwords: by e-mail address and by network."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dashboard.domain.clock import Clock
from dashboard.store.database import Database, insert_missing
from dashboard.store.schema import SignInThrottleRow
from dashboard.store.users import normal_email

# An office shares one network, so a network may fail more often than a person.
FREE_FOR_ADDRESS = 5
FREE_FOR_NETWORK = 20
MAX_WAIT = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)
_MAX_DOUBLINGS = 10


class SignInThrottle:
    """Counts every try before the password is checked, and forgives a right one.

    Counting first bounds tries made at the same moment, too.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def enter(self, email: str, address: str) -> timedelta:
        """Count a try; return how long to wait, zero when it may go on; commits."""
        now = self._clock.now()
        free = _keys(email, address)
        with self._database.write() as session:
            rows = _rows(session, free, now)
            wait = max(_wait(row, now) for row in rows)
            if wait > timedelta(0):
                return wait
            for row in rows:
                row.failures += 1
                over = row.failures - free[row.key]
                row.updated_at = now
                if over >= 0:
                    seconds = 2 ** min(over + 1, _MAX_DOUBLINGS)
                    row.blocked_until = now + min(timedelta(seconds=seconds), MAX_WAIT)
        return timedelta(0)

    def forgive(self, email: str, address: str) -> None:
        """Take the try back that `enter` counted: the password was right; commits."""
        account, network = _keys(email, address)
        with self._database.write() as session:
            # The network first, as in `enter`: both may happen at the same moment.
            row = session.get(SignInThrottleRow, network, with_for_update=True)
            if row is not None:
                row.failures = max(0, row.failures - 1)
                row.blocked_until = None
            session.execute(
                delete(SignInThrottleRow).where(SignInThrottleRow.key == account)
            )


def _keys(email: str, address: str) -> Mapping[str, int]:
    """Return the two keys of a try, each with the tries that cost nothing."""
    # Hashed: people type passwords into the wrong field.
    account = hashlib.sha256(normal_email(email).encode()).hexdigest()
    return {
        f"user:{account}": FREE_FOR_ADDRESS,
        f"network:{network_of(address)}": FREE_FOR_NETWORK,
    }


def network_of(address: str) -> str:
    """Return the network one party usually has: an IPv4 /24 or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    bits = 24 if ip.version == 4 else 64  # noqa: PLR2004 - the protocol's version
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


def _rows(
    session: Session, keys: Iterable[str], now: datetime
) -> list[SignInThrottleRow]:
    """Return the rows of *keys*, locked; old ones and new ones count from zero."""
    wanted = sorted(keys)
    for key in wanted:
        insert_missing(
            session,
            SignInThrottleRow,
            unique=["key"],
            key=key,
            failures=0,
            updated_at=now,
        )
    rows = session.scalars(
        select(SignInThrottleRow)
        .where(SignInThrottleRow.key.in_(wanted))
        # Always in the same order: two tries must not wait for each other.
        .order_by(SignInThrottleRow.key)
        .with_for_update()
    ).all()
    for row in rows:
        if row.updated_at <= now - _FORGOTTEN_AFTER:
            row.failures = 0
            row.blocked_until = None
    return list(rows)


def _wait(row: SignInThrottleRow, now: datetime) -> timedelta:
    if row.blocked_until is None:
        return timedelta(0)
    return max(timedelta(0), row.blocked_until - now)
