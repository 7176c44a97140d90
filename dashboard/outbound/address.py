"""Which addresses the program may call: a setting must not open the inner network."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from dashboard.domain.sentences import say

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LABEL = re.compile(r"(?i)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


class AddressRefused(Exception):
    """An address we do not call; the message says why and what would do."""


def whole_address(entered: str) -> str:
    """Return an address as people enter it with its scheme and no end; empty stays."""
    text = entered.strip().rstrip("/")
    return text if "://" in text or not text else f"https://{text}"


def leads_to(url: str, address: str) -> bool:
    """Tell whether *url* leads to *address*, or to that path where it has no host.

    However it is written, and over http where the address is the same over https: a
    server leads on from there.
    """
    try:
        host, port, path = _place(url)
    except LocationParseError:
        return False
    own_host, own_port, own_path = _place(address)
    if path != own_path:
        return False
    return not own_host or (host, port) == (own_host, own_port)


def _place(url: str) -> tuple[str | None, int | None, str]:
    """Return host, port and path; no port where it is the usual one."""
    parts = parse_url(url)
    port = None if parts.port == _PORTS.get(parts.scheme or "") else parts.port
    return parts.host, port, (parts.path or "").rstrip("/")


def check_address(url: str, *, allow_inner: bool) -> None:
    """Make sure that *url* is one the program may call.

    Args:
        url: The base address of an API.
        allow_inner: Also allow plain http and this machine or its network, for a mock.

    Raises:
        AddressRefused: If it may not be called.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(
            say("'%(url)s' is not an address: %(error)s.", url=url, error=str(error))
        ) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused(say("'%(url)s' is not an http or https address.", url=url))
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AddressRefused(say("The address must not carry a password, ? or #."))
    if not url.isprintable() or " " in url:
        raise AddressRefused(
            say("'%(url)s' is not an address: there is a space in it.", url=url)
        )
    if not _may_be_named(parts.hostname):
        raise AddressRefused(say("%(host)s is not a host's name.", host=parts.hostname))
    if allow_inner:
        return
    if parts.scheme != "https":
        raise AddressRefused(
            say("%(url)s is not https: the keys to it would be readable.", url=url)
        )
    for address in _addresses(parts.hostname, port or 443):
        if not is_on_the_internet(address):
            raise AddressRefused(
                say(
                    "%(hostname)s is %(address)s, which is not on the internet. For a "
                    "mock on this machine, set SLUICE_ALLOW_LOOPBACK_API=1.",
                    hostname=parts.hostname,
                    address=address,
                )
            )


def _may_be_named(host: str) -> bool:
    """Tell whether a host can have that name, or that address."""
    if ":" in host:
        return _is_address(host.split("%", maxsplit=1)[0])
    try:
        labels = host.encode("idna").decode().removesuffix(".").split(".")
    except UnicodeError:
        return False
    # What ends in a number is read as an address of four of them.
    if labels[-1].isdecimal():
        return _is_address(host)
    return all(map(_LABEL.fullmatch, labels))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise AddressRefused(
            say(
                "%(host)s cannot be found: %(strerror)s.",
                host=host,
                strerror=error.strerror or str(error),
            )
        ) from error
    except UnicodeError as error:
        raise AddressRefused(
            say("%(host)s is not a host's name.", host=host)
        ) from error
    return [str(sockaddr[0]) for *_, sockaddr in found]


def is_on_the_internet(text: str) -> bool:
    """Tell whether an IP address is one that anybody can reach."""
    return _is_outer(ipaddress.ip_address(text.split("%", maxsplit=1)[0]))


def _is_outer(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_outer(address.ipv4_mapped)
        # Addresses that carry another one inside may lead to where that one is.
        if address.sixtofour or address.teredo or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast
