"""A setting cannot make the program call the inner network."""

from __future__ import annotations

import pytest

from dashboard.outbound.address import AddressRefused, check_address


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_addresses_that_are_not_on_the_internet_are_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(f"https://{host}/", allow_inner=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example",
        "ftp://api.example",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@93.184.216.34/",
        "https://93.184.216.34/?a=b",
        "https://93.184.216.34/#a",
        "https://[::1",
        "https://a..b/",
        f"https://{'a' * 70}.example/",
        "https://93.184.216.34:99999/",
        "https://books.invalid/",
        "http://93.184.216.34/",
    ],
)
def test_addresses_that_are_none_are_refused_in_words(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"\w"):
        check_address(url, allow_inner=False)


@pytest.mark.parametrize(
    "url", ["https://93.184.216.34/", "https://93.184.216.34:8443"]
)
def test_addresses_on_the_internet_are_allowed(url: str) -> None:
    check_address(url, allow_inner=False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://not a url", "there is a space in it"),
        ("https://shop.example/wp json", "there is a space in it"),
        ("https://shop_!.example", "is not a host's name"),
        ("https://-shop.example", "is not a host's name"),
        ("https://a..b/", "is not a host's name"),
        ("https://1.2.3", "is not a host's name"),
        ("https://[::zz]", "is not"),
    ],
)
def test_what_can_be_no_address_is_refused_even_where_any_may_be_called(
    url: str, words: str
) -> None:
    with pytest.raises(AddressRefused, match=words):
        check_address(url, allow_inner=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001",
        "http://mock:8001",
        "http://mock_books:8001/",
        "http://[::1]:8001",
        "https://bücher.example/shop",
        "https://shop.example./",
    ],
)
def test_a_mock_on_this_machine_is_allowed_when_set(url: str) -> None:
    check_address(url, allow_inner=True)
