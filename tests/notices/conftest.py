"""Messages to send and receivers to send them to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.domain.alarms import Alarm, AlarmKind
from dashboard.domain.notices import Event, Message
from tests.fixtures.receivers import ChatProgram, a_chat_program, make_certificate

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def message() -> Message:
    alarm = Alarm(
        kind=AlarmKind.NO_ORDERS, subject="demo", since=NOW, message="Look at the shop."
    )
    return Message(
        key="0123abcd",
        event=Event.ALARM,
        at=NOW,
        subject="Sluice, Größe & Söhne: no orders come in (demo)",
        text="No orders come in (demo)\nSince noon.\nLook at the shop.",
        alarms=(alarm,),
    )


@pytest.fixture
def chat() -> Iterator[ChatProgram]:
    with a_chat_program() as program:
        yield program


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody trusts yet."""
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    make_certificate(file)
    return file
