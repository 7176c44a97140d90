"""A call that fails says whether the other side can have worked on it."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from dashboard.domain.clock import SystemClock
from dashboard.outbound import transport as module
from dashboard.outbound.transport import NoAnswer, NotSent, Reply, Transport
from tests.outbound.conftest import BadServer, reset

DAY = timedelta(days=1)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for this machine that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + DAY)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(certificate + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Some: thing\r\n\r\n{}"


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(SystemClock(), deadline_s=1.0, allow_inner=True)
    yield transport
    transport._session.close()


def put(transport: Transport, url: str) -> Reply:
    return transport.call("PUT", url + "/Invoices", {"Accept": "*/*"}, b'{"a": 1}')


def test_a_complete_answer_comes_back_whatever_its_status(
    transport: Transport, server: BadServer
) -> None:
    server.answer(b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\noops")

    reply = put(transport, server.url)

    assert (reply.status, reply.body) == (500, b"oops")
    assert server.requests[0].endswith(b'\r\n\r\n{"a": 1}')


def test_a_refused_connection_was_never_sent(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(NotSent):
        put(transport, f"http://127.0.0.1:{port}")


def test_a_name_that_does_not_exist_was_never_sent(transport: Transport) -> None:
    with pytest.raises(NotSent):
        put(transport, "http://books.invalid")


@pytest.mark.parametrize("url", ["http://", "http://[", "http://a:b:c", "ftp://a"])
def test_an_address_that_is_none_was_never_sent(transport: Transport, url: str) -> None:
    with pytest.raises(NotSent):
        put(transport, url)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=[
        "nothing",
        "not http",
        "cut body",
        "cut chunk",
        "no last chunk",
        "no chunk size",
        "no gzip",
    ],
)
def test_an_answer_that_breaks_off_leaves_doubt_and_is_not_repeated(
    transport: Transport, server: BadServer, raw: bytes
) -> None:
    server.answer(raw)

    with pytest.raises(NoAnswer):
        put(transport, server.url)

    assert server.connections == 1


def test_a_reset_after_sending_leaves_doubt_and_is_not_repeated(
    transport: Transport, server: BadServer
) -> None:
    def behave(connection: socket.socket) -> None:
        server.read_request(connection)
        reset(connection)

    server.behave = behave

    with pytest.raises(NoAnswer):
        put(transport, server.url)

    assert server.connections == 1


def test_an_answer_that_drips_in_has_an_end_all_the_same(server: BadServer) -> None:
    def drip(connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not server.done.wait(0.05):
            connection.sendall(b"x")

    server.behave = drip
    hasty = Transport(SystemClock(), deadline_s=0.3, allow_inner=True)

    with pytest.raises(NoAnswer, match="took longer"):
        put(hasty, server.url)


def test_an_endless_answer_is_not_read_to_its_end(
    transport: Transport, server: BadServer
) -> None:
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)

    with pytest.raises(NoAnswer, match="longer than 1000"):
        transport.call("GET", server.url, {}, max_bytes=1000)


def test_a_file_is_written_as_it_comes(transport: Transport, server: BadServer) -> None:
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlines")
    file = BytesIO()

    reply = transport.save(server.url, file, max_bytes=10, deadline_s=5)

    assert (reply.status, reply.body, file.getvalue()) == (200, b"", b"lines")


def test_a_file_that_is_too_long_is_not_read_to_its_end(
    transport: Transport, server: BadServer
) -> None:
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)

    with pytest.raises(NoAnswer, match="longer than 10"):
        transport.save(server.url, BytesIO(), max_bytes=10, deadline_s=5)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_an_answer_and_is_not_followed(
    transport: Transport, server: BadServer, status: int
) -> None:
    location = f"Location: {server.url}/elsewhere\r\n".encode()
    server.answer(
        b"HTTP/1.1 %d No\r\nContent-Length: 4\r\n%b\r\ngone" % (status, location)
    )

    reply = put(transport, server.url)

    assert (reply.status, reply.body) == (status, b"gone")
    assert server.connections == 1


def test_proxies_and_passwords_of_the_machine_are_ignored(
    transport: Transport,
    server: BadServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer(_OK)

    assert put(transport, server.url).status == 200
    assert b"Authorization" not in server.requests[0]


def test_an_answer_that_was_packed_is_unpacked(
    transport: Transport, server: BadServer
) -> None:
    body = gzip.compress(b'{"packed": true}')
    length = f"Content-Length: {len(body)}\r\n".encode()
    server.answer(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + length + b"\r\n" + body
    )

    assert put(transport, server.url).body == b'{"packed": true}'


def test_a_certificate_that_is_not_accepted_was_never_sent(
    transport: Transport, server: BadServer, self_signed: ssl.SSLContext
) -> None:
    def behave(connection: socket.socket) -> None:
        with self_signed.wrap_socket(connection, server_side=True) as secure:
            server.read_request(secure)

    server.behave = behave

    with pytest.raises(NotSent, match="certificate"):
        put(transport, server.url.replace("http:", "https:"))

    assert server.requests == []


def test_a_tls_connection_that_breaks_leaves_doubt() -> None:
    error = requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF in violation"))

    assert isinstance(module._failure(error), NoAnswer)


def test_a_header_that_cannot_be_sent_was_never_sent(
    transport: Transport, server: BadServer
) -> None:
    with pytest.raises(NotSent):
        transport.call("GET", server.url, {"xero-tenant-id": "ключ"})


def test_a_name_that_has_come_to_lead_here_is_not_called(server: BadServer) -> None:
    server.answer(_OK)
    outer = Transport(SystemClock(), deadline_s=1.0)

    with pytest.raises(NotSent):
        outer.call("GET", server.url.replace("127.0.0.1", "localhost"), {})

    assert server.requests == []


@pytest.mark.parametrize("token", ["canary\nsecret", "canary secret\u2603"])
def test_what_is_wrong_with_a_header_is_told_without_it(
    transport: Transport, token: str
) -> None:
    with pytest.raises(NotSent) as failed:
        transport.call("GET", "http://127.0.0.1:9", {"Authorization": token})

    assert "canary" not in str(failed.value)
