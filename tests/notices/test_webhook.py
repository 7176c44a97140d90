"""Webhooks, posted to a real program on loopback."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from dashboard.domain.clock import SystemClock
from dashboard.domain.notices import ChannelKind, Message, Receiver
from dashboard.notices.failure import NotDelivered
from dashboard.notices.webhook import send_webhook
from dashboard.outbound.transport import Transport
from tests.fixtures.receivers import ChatProgram

SECRET = "a secret of ours"


def post(
    url: str,
    message: Message,
    kind: ChannelKind = ChannelKind.WEBHOOK,
    *,
    allow_inner: bool = True,
) -> None:
    transport = Transport(SystemClock(), 10.0, allow_inner=allow_inner)
    receiver = Receiver(url=url, secret=SECRET)
    send_webhook(receiver, kind, message, transport, allow_inner=allow_inner)


def test_a_chat_program_gets_a_text_to_show(
    chat: ChatProgram, message: Message
) -> None:
    post(chat.url, message)

    (posted,) = chat.posts
    assert posted.path == "/hooks/42?sig=secret"
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.json["text"] == f"*{message.subject}*\n\n{message.text}"
    assert "attachments" not in posted.json


def test_a_program_gets_facts(chat: ChatProgram, message: Message) -> None:
    post(chat.url, message)

    facts = chat.posts[0].json
    assert facts["event"] == "alarm"
    assert facts["id"] == chat.posts[0].headers["X-Sluice-Delivery"] == message.key
    assert facts["alarms"] == [
        {
            "kind": "no orders",
            "subject": "demo",
            "since": "2026-11-24T12:00:00+00:00",
            "message": "Look at the shop.",
        }
    ]


def test_what_is_posted_is_signed(chat: ChatProgram, message: Message) -> None:
    post(chat.url, message)

    (posted,) = chat.posts
    digest = hmac.new(SECRET.encode(), posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Sluice-Signature"] == f"sha256={digest}"


def test_teams_gets_the_card_it_wants(chat: ChatProgram, message: Message) -> None:
    post(chat.url, message, ChannelKind.TEAMS)

    body = chat.posts[0].json
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert attachment["content"]["body"][0]["text"] == message.subject
    assert body["text"].startswith(f"*{message.subject}*")


@pytest.mark.parametrize(
    ("status", "text", "said", "for_good"),
    [
        (404, "no_service", "answered 404: no_service", True),
        (400, "invalid_payload", "answered 400: invalid_payload", True),
        (429, "slow down", "answered 429", False),
        (503, "", "answered 503", False),
        (302, "http://127.0.0.1:9/", "leads on to another one", True),
    ],
)
def test_an_answer_tells_what_went_wrong_and_whether_later_would_do(
    chat: ChatProgram,
    message: Message,
    status: int,
    text: str,
    said: str,
    *,
    for_good: bool,
) -> None:
    chat.answers = [(status, text)]

    with pytest.raises(NotDelivered, match=said) as caught:
        post(chat.url, message)

    assert caught.value.for_good is for_good


def test_a_program_that_is_not_there_is_said(message: Message) -> None:
    with pytest.raises(NotDelivered, match="No connection") as caught:
        post("http://127.0.0.1:9/", message)

    assert not caught.value.for_good


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "http://93.184.216.34/",
        "https://user:secret@93.184.216.34/",
        "file:///etc/passwd",
    ],
)
def test_a_webhook_cannot_reach_the_inner_network(url: str, message: Message) -> None:
    with pytest.raises(NotDelivered):
        post(url, message, allow_inner=False)


def test_a_program_on_this_machine_is_not_called_unless_that_is_allowed(
    chat: ChatProgram, message: Message
) -> None:
    with pytest.raises(NotDelivered, match="not https"):
        post(chat.url, message, allow_inner=False)

    assert chat.posts == []
