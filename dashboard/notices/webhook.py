"""Webhooks: a signed POST of JSON that chat programs show and programs can read."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from dashboard.domain.alarms import Alarm
from dashboard.domain.notices import ChannelKind, Message, Receiver
from dashboard.domain.sentences import say, sentence_of, without_stop
from dashboard.notices.failure import NotDelivered
from dashboard.outbound.address import AddressRefused, check_address
from dashboard.outbound.transport import NoAnswer, NotSent, Reply, Transport

_TOO_MANY, _TIMEOUT = 429, 408
_SHOWN = 200


def send_webhook(
    receiver: Receiver,
    kind: ChannelKind,
    message: Message,
    transport: Transport,
    *,
    allow_inner: bool,
) -> None:
    """Post *message* once.

    Raises:
        NotDelivered: If it was not taken, or nobody knows whether it was.
    """
    check_receiver(receiver, allow_inner=allow_inner)
    body = json.dumps(_body(message, kind), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sluice",
        "X-Sluice-Delivery": message.key,
    }
    if receiver.secret:
        headers["X-Sluice-Signature"] = f"sha256={_signature(receiver.secret, body)}"
    try:
        reply = transport.call("POST", receiver.url, headers, body)
    except (NotSent, NoAnswer) as error:
        raise NotDelivered(
            say("The address was called: %(error)s", error=str(error))
        ) from error
    _check(reply)


def check_receiver(receiver: Receiver, *, allow_inner: bool) -> None:
    """Make sure that a webhook does not lead into the inner network.

    Raises:
        NotDelivered: If it does, or leads nowhere.
    """
    try:
        # Chat programs put their keys behind a "?", which matters not to where it is.
        check_address(receiver.url.partition("?")[0], allow_inner=allow_inner)
    except AddressRefused as error:
        raise NotDelivered(without_stop(sentence_of(error))) from error


def _signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _body(message: Message, kind: ChannelKind) -> dict[str, Any]:
    body: dict[str, Any] = {
        "text": f"*{message.subject}*\n\n{message.text}",
        "id": message.key,
        "event": message.event.value,
        "at": message.at.isoformat(),
        "subject": message.subject,
        "alarms": [_alarm(alarm) for alarm in message.alarms],
    }
    if kind is ChannelKind.TEAMS:
        body |= {"type": "message", "attachments": [_card(message)]}
    return body


def _alarm(alarm: Alarm) -> dict[str, str]:
    return {
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "since": alarm.since.isoformat(),
        "message": alarm.message,
    }


def _card(message: Message) -> dict[str, Any]:
    """Return the message as the adaptive card that Teams takes from a webhook."""
    paragraphs = [message.subject, *message.text.split("\n\n")]
    blocks = [
        {"type": "TextBlock", "wrap": True, "text": paragraph.replace("\n", "\n\n")}
        for paragraph in paragraphs
    ]
    blocks[0] |= {"weight": "Bolder", "size": "Medium"}
    return {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": blocks,
        },
    }


def _check(reply: Reply) -> None:
    """Raise unless the message was taken."""
    if 200 <= reply.status < 300:  # noqa: PLR2004 - taken
        return
    if 300 <= reply.status < 400:  # noqa: PLR2004 - somewhere else
        raise NotDelivered(
            say(
                "The address leads on to another one, which is not followed. "
                "Enter the address it leads to"
            ),
            for_good=True,
        )
    said = " ".join(reply.body.decode("utf-8", "replace").split())[:_SHOWN]
    answer = f"The address answered {reply.status}" + (f": {said}" if said else "")
    again = reply.status >= 500 or reply.status in {_TOO_MANY, _TIMEOUT}  # noqa: PLR2004
    raise NotDelivered(answer, for_good=not again)
