"""E-mail, handed to the company's own mail server by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime

from dashboard.domain.notices import Encryption, MailServer, Message
from dashboard.domain.sentences import say
from dashboard.notices.failure import NotDelivered

_TIMEOUT_S = 15.0
_GONE_FOR_GOOD = 500  # 4xx: later may do; 5xx: the server will not take it


def send_mail(server: MailServer, message: Message) -> str:
    """Hand *message* over once; return which recipients were refused, if some were.

    Raises:
        NotDelivered: If the server did not take it for anybody.
    """
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            refused = smtp.send_message(_written(server, message))
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise _failure(server, error) from error
    return "" if not refused else f"Refused: {', '.join(sorted(refused))}"


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Give a connection that is as private as *server* says."""
    context = ssl.create_default_context()
    at = (server.host, server.port)
    match server.encryption:
        case Encryption.TLS:
            with smtplib.SMTP_SSL(*at, timeout=_TIMEOUT_S, context=context) as smtp:
                yield smtp
        case Encryption.STARTTLS:
            with smtplib.SMTP(*at, timeout=_TIMEOUT_S) as smtp:
                smtp.starttls(context=context)
                yield smtp
        case Encryption.NONE:
            with smtplib.SMTP(*at, timeout=_TIMEOUT_S) as smtp:
                yield smtp


def _written(server: MailServer, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = ", ".join(server.recipients)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(message.at)
    # The same at every try: a mail server that has it already may tell.
    domain = server.sender.rpartition("@")[2].rstrip(">")
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _failure(server: MailServer, error: Exception) -> NotDelivered:
    where = f"{server.host}:{server.port}"
    if isinstance(error, smtplib.SMTPException):
        return _refusal(where, error)
    if isinstance(error, ssl.SSLError):
        return NotDelivered(_distrust(where, error), for_good=True)
    if isinstance(error, TimeoutError):
        return NotDelivered(
            say(
                "%(where)s did not answer within %(timeout_s)s s",
                where=where,
                timeout_s=round(_TIMEOUT_S),
            )
        )
    if isinstance(error, OSError):
        reason = error.strerror or "the connection broke"
        return NotDelivered(
            say("%(where)s cannot be reached: %(reason)s", where=where, reason=reason)
        )
    return NotDelivered(
        say("The message cannot be written: %(error)s", error=str(error)), for_good=True
    )


def _refusal(where: str, error: smtplib.SMTPException) -> NotDelivered:
    """Tell what the mail server would not do; a 4xx of its may pass by itself."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        said = "; ".join(
            f"{who} ({code} {_plain(text)})"
            for who, (code, text) in error.recipients.items()
        )
        why = say("%(where)s refuses all recipients: %(said)s", where=where, said=said)
        return NotDelivered(why, for_good=min(codes) >= _GONE_FOR_GOOD)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        why = say(
            "%(where)s cannot do what is set: %(error)s. Choose another encryption",
            where=where,
            error=str(error),
        )
        return NotDelivered(why, for_good=True)
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_plain(error.smtp_error)}"
        for_good = error.smtp_code >= _GONE_FOR_GOOD
        if isinstance(error, smtplib.SMTPAuthenticationError):
            why = say(
                "%(where)s refuses user name or password: %(said)s",
                where=where,
                said=said,
            )
            return NotDelivered(why, for_good=for_good)
        return NotDelivered(
            say("%(where)s refuses it: %(said)s", where=where, said=said),
            for_good=for_good,
        )
    return NotDelivered(
        say("%(where)s broke off: %(error)s", where=where, error=str(error))
    )


def _distrust(where: str, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return say(
            "The certificate of %(where)s is not accepted: %(verify_message)s",
            where=where,
            verify_message=error.verify_message,
        )
    return say(
        "%(where)s does not begin with TLS. Mostly port 465 wants TLS, "
        "and port 587 STARTTLS",
        where=where,
    )


def _plain(text: bytes | str) -> str:
    """Return what a server said as one short line."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(said.split())[:200]
