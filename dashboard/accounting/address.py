"""Which addresses the program may call: a setting must not open the inner network."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


class AddressRefused(Exception):
    """An address we do not call; the message says why and what would do."""


def check_address(url: str, *, allow_inner: bool) -> None:
    """Make sure that *url* is one the program may call.

    Args:
        url: The base address of an API.
        allow_inner: Also allow plain http and this machine or its network, for a mock.

    Raises:
        AddressRefused: If it may not be called.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused(f"{url!r} is not an http or https address.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AddressRefused("The address must not carry a password, ? or #.")
    if allow_inner:
        return
    if parts.scheme != "https":
        raise AddressRefused(f"{url} is not https: the books' keys would be readable.")
    for address in _addresses(parts.hostname):
        if not address.is_global:
            raise AddressRefused(
                f"{parts.hostname} is {address}, which is not on the internet. "
                "For a mock on this machine, set SLUICE_ALLOW_LOOPBACK_API=1."
            )


def _addresses(
    host: str,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except OSError as error:
        raise AddressRefused(f"{host} cannot be found: {error.strerror}.") from error
    addresses = []
    for *_, sockaddr in found:
        address = ipaddress.ip_address(str(sockaddr[0]).split("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        addresses.append(mapped or address)
    return addresses
