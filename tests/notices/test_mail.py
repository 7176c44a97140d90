"""E-mail, handed to a real mail server on loopback."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.domain.notices import Encryption, Message
from dashboard.notices.failure import NotDelivered
from dashboard.notices.mail import send_mail
from tests.fixtures.receivers import PASSWORD, USER, a_mail_server

PRIVATE = [Encryption.STARTTLS, Encryption.TLS]


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for localhost that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def test_a_mail_arrives_with_all_that_a_mail_needs(message: Message) -> None:
    with a_mail_server() as box:
        send_mail(box.address(), message)

    (mail,) = box.mails
    assert mail["Subject"] == message.subject
    assert mail["To"] == "ann@company.example"
    assert mail["From"] == "sluice@company.example"
    assert mail["Message-ID"] == "<0123abcd@company.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == message.at
    assert mail.get_content().replace("\r\n", "\n").strip() == message.text


@pytest.mark.parametrize("encryption", PRIVATE)
def test_a_password_is_given_over_an_encrypted_line(
    encryption: Encryption, trusted: Path, message: Message
) -> None:
    with a_mail_server(encryption, trusted) as box:
        send_mail(box.address(encryption, user=USER, password=PASSWORD), message)

    assert box.subjects() == [message.subject]


@pytest.mark.parametrize("encryption", PRIVATE)
def test_a_server_nobody_vouches_for_is_told_nothing(
    encryption: Encryption, certificate: Path, message: Message
) -> None:
    with (
        a_mail_server(encryption, certificate) as box,
        pytest.raises(NotDelivered, match="certificate of localhost:") as caught,
    ):
        send_mail(box.address(encryption, user=USER, password=PASSWORD), message)

    assert caught.value.for_good
    assert box.mails == []


def test_a_wrong_password_is_said(trusted: Path, message: Message) -> None:
    with (
        a_mail_server(Encryption.STARTTLS, trusted) as box,
        pytest.raises(NotDelivered, match="refuses user name or password: 535"),
    ):
        send_mail(
            box.address(Encryption.STARTTLS, user=USER, password="guess"), message
        )


def test_a_server_without_starttls_is_said(message: Message) -> None:
    with (
        a_mail_server() as box,
        pytest.raises(NotDelivered, match=r"STARTTLS.*Choose another encryption"),
    ):
        send_mail(box.address(Encryption.STARTTLS), message)


def test_the_other_kind_of_tls_is_said(message: Message) -> None:
    with (
        a_mail_server() as box,
        pytest.raises(NotDelivered, match="port 465 wants TLS, and port 587 STARTTLS"),
    ):
        send_mail(box.address(Encryption.TLS), message)


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [("451 4.3.0 Try later", False), ("554 5.7.1 Looks like spam", True)],
)
def test_what_the_server_answers_tells_whether_later_would_do(
    message: Message, answer: str, *, for_good: bool
) -> None:
    with a_mail_server() as box:
        box.refusals = [answer]
        with pytest.raises(NotDelivered, match=answer[10:]) as caught:
            send_mail(box.address(), message)

    assert caught.value.for_good is for_good


def test_a_mailbox_that_does_not_exist_is_named(message: Message) -> None:
    with a_mail_server() as box:
        box.refused_recipients = {"ann@company.example"}
        with pytest.raises(NotDelivered, match=r"ann@company\.example \(550") as caught:
            send_mail(box.address(), message)

    assert caught.value.for_good


def test_one_mailbox_of_two_is_enough_and_the_other_is_named(message: Message) -> None:
    with a_mail_server() as box:
        box.refused_recipients = {"gone@company.example"}
        server = replace(
            box.address(), recipients=("ann@company.example", "gone@company.example")
        )

        remark = send_mail(server, message)

    assert remark == "Refused: gone@company.example"
    assert len(box.mails) == 1


def test_a_server_that_is_not_there_is_said(message: Message) -> None:
    with a_mail_server() as box:
        gone = box.address()
    with pytest.raises(NotDelivered, match="cannot be reached: Connection refused"):
        send_mail(gone, message)


def test_a_name_that_leads_nowhere_is_said(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with a_mail_server() as box:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(NotDelivered, match="Name or service not known"):
            send_mail(box.address(), message)


def test_a_subject_cannot_smuggle_a_header_in(message: Message) -> None:
    sly = replace(message, subject="Shop\r\nBcc: everybody@company.example")

    with a_mail_server() as box:
        send_mail(box.address(), sly)

    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Shop Bcc: everybody@company.example"
