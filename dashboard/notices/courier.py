"""Takes a message to wherever its channel leads."""

from __future__ import annotations

from dashboard.domain.notices import Channel, Message
from dashboard.domain.sentences import say
from dashboard.notices.failure import NotDelivered
from dashboard.notices.mail import send_mail
from dashboard.notices.webhook import check_receiver, send_webhook
from dashboard.outbound.transport import Transport


class Courier:
    """Delivers messages; may be shared by threads.

    Args:
        transport: Makes the calls of webhooks.
        allow_inner: Let a webhook lead to this machine or its network.
    """

    def __init__(self, transport: Transport, *, allow_inner: bool) -> None:
        self._transport = transport
        self._allow_inner = allow_inner

    def check(self, channel: Channel) -> None:
        """Make sure that *channel* leads to where it may.

        Raises:
            NotDelivered: If it does not.
        """
        if channel.receiver is not None:
            check_receiver(channel.receiver, allow_inner=self._allow_inner)

    def deliver(self, channel: Channel, message: Message) -> str:
        """Send *message* once; return what is odd although it arrived, mostly "".

        Raises:
            NotDelivered: If it did not arrive, or nobody knows whether it did.
        """
        if channel.mail is not None:
            return send_mail(channel.mail, message)
        if channel.receiver is not None:
            send_webhook(
                channel.receiver,
                channel.kind,
                message,
                self._transport,
                allow_inner=self._allow_inner,
            )
            return ""
        raise NotDelivered(
            say(
                "The secret key has changed since this channel was set up. Enter "
                "its address and secret again"
            ),
            for_good=True,
        )
