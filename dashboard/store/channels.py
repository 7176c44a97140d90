"""Channels: how people are told; addresses and secrets lie in the vault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.alarms import AlarmKind
from dashboard.domain.notices import Channel, ChannelKind, MailServer, Receiver
from dashboard.domain.sentences import say
from dashboard.store.alarms import lock_alarms
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.database import Database
from dashboard.store.schema import ChannelRow
from dashboard.store.vault import SecretUnreadable, Vault


class ChannelExists(Exception):
    """A channel of that name is there already."""


class ChannelStore:
    """Reads and writes channels; each method is one transaction and commits."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def all(self) -> tuple[Channel, ...]:
        """Return all channels, the oldest first.

        One whose address cannot be decrypted has neither mail server nor receiver.
        """
        with self._database.read() as session:
            rows = session.scalars(select(ChannelRow).order_by(ChannelRow.id))
            return tuple(self.of_row(row) for row in rows)

    def get(self, channel_id: int) -> Channel | None:
        """Return one channel."""
        with self._database.read() as session:
            row = session.get(ChannelRow, channel_id)
            return None if row is None else self.of_row(row)

    def add(self, channel: Channel) -> int:
        """Add a channel (its id and version do not matter) and return its id.

        Raises:
            ChannelExists: If one has its name.
        """

        def work(session: Session) -> int:
            _refuse_taken(session, channel.name, besides=None)
            row = ChannelRow(name=channel.name, kind=channel.kind.value)
            self._fill(row, channel)
            session.add(row)
            session.flush()
            return row.id

        return self._database.repeated(work)

    def change(self, channel: Channel, *, expected_version: int) -> None:
        """Replace a channel; that it failed before is forgotten.

        Raises:
            ChangedMeanwhile: If it was changed since *expected_version*, or deleted.
            ChannelExists: If another one has its name.
        """

        def work(session: Session) -> None:
            row = lock_channel(session, channel.id)
            if row is None or row.version != expected_version:
                raise ChangedMeanwhile
            _refuse_taken(session, channel.name, besides=channel.id)
            row.name = channel.name
            row.version += 1
            self._fill(row, channel)
            row.failed_at = None
            row.failure = ""

        self._database.repeated(work)

    def delete(self, channel_id: int) -> None:
        """Delete a channel and what it was told."""
        with self._database.write() as session:
            lock_alarms(session)  # nobody writes it a notice meanwhile
            row = session.get(ChannelRow, channel_id)
            if row is not None:
                session.delete(row)

    def of_row(self, row: ChannelRow) -> Channel:
        """Turn a row into a channel."""
        kind = ChannelKind(row.kind)
        mail, receiver = None, None
        try:
            (text,) = self._vault.unlock(row.address)
        except SecretUnreadable:
            pass  # its page says so; the other channels go on
        else:
            address = json.loads(text)
            if kind is ChannelKind.EMAIL:
                mail = from_plain(MailServer, address)
            else:
                receiver = from_plain(Receiver, address)
        return Channel(
            id=row.id,
            name=row.name,
            kind=kind,
            kinds=_known(row.kinds),
            mail=mail,
            receiver=receiver,
            language=row.language,
            active=row.active,
            version=row.version,
            failed_at=row.failed_at,
            failure=row.failure,
        )

    def _fill(self, row: ChannelRow, channel: Channel) -> None:
        address = json.dumps(to_plain(channel.mail or channel.receiver))
        row.address = self._vault.lock([address])
        row.kinds = [kind.value for kind in channel.kinds]
        row.language = channel.language
        row.active = channel.active


def lock_channel(session: Session, channel_id: int) -> ChannelRow | None:
    """Return a channel's row, locked; whoever writes its notices locks it first."""
    return session.get(ChannelRow, channel_id, with_for_update={"key_share": True})


def note_failure(session: Session, channel_id: int, at: datetime, why: str) -> None:
    """Write down that a channel does not work, within the caller's transaction."""
    row = session.get(ChannelRow, channel_id)
    if row is not None and row.failed_at is None:
        row.failed_at = at
        row.failure = why


def note_success(session: Session, channel_id: int) -> None:
    """Write down that a channel works, within the caller's transaction."""
    row = session.get(ChannelRow, channel_id)
    if row is not None:
        row.failed_at = None
        row.failure = ""


def _refuse_taken(session: Session, name: str, *, besides: int | None) -> None:
    taken = session.scalar(select(ChannelRow.id).where(ChannelRow.name == name))
    if taken not in {None, besides}:
        raise ChannelExists(say("There is a channel %(name)s already.", name=name))


def _known(kinds: Iterable[str]) -> tuple[AlarmKind, ...]:
    """Return the kinds that this version still knows."""
    return tuple(kind for kind in AlarmKind if kind.value in set(kinds))
