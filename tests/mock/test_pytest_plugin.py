"""The pytest plugin: fixtures as other projects use them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import requests

from mock_accounting.testing.client import (
    ControlRefused,
    MockOrganisation,
    MockServer,
)
from mock_accounting.testing.process import MockDidNotStart, running_mock

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs" / "mock.md"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Another project, with the example of the documentation as its test."""
    pytester.makepyfile(test_example=_example())
    return pytester


def _example() -> str:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def _run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_the_example_of_the_documentation_passes(project: pytest.Pytester) -> None:
    _run(project).assert_outcomes(passed=1)


def test_the_example_takes_ten_lines_at_most() -> None:
    assert len(_example().splitlines()) <= 10


def test_every_worker_of_xdist_has_a_mock_of_its_own(project: pytest.Pytester) -> None:
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    project.makepyfile(
        test_books=(
            "import pytest\n"
            "@pytest.mark.parametrize('number', range(4))\n"
            "def test_books_are_empty(mock_books, number):\n"
            "    assert mock_books.invoices() == []\n"
        )
    )

    _run(project, "-n", "2").assert_outcomes(passed=5)


def test_a_test_has_books_of_its_own(
    mock_books: MockOrganisation, mock_server: MockServer
) -> None:
    mock_books.put_invoice("W-1", "10.50")
    other = mock_server.open("Second Shop")

    assert [it["number"] for it in mock_books.invoices()] == ["W-1"]
    assert [it["name"] for it in mock_books.contacts()] == ["Buyer"]
    assert other.invoices() == []
    assert [it["method"] for it in mock_books.requests(path="/Invoices")] == ["PUT"]
    other.close()


def test_a_fault_hits_this_organisation_only(
    mock_books: MockOrganisation, mock_server: MockServer
) -> None:
    other = mock_server.open()
    mock_books.preset("down")

    with pytest.raises(requests.HTTPError, match="503"):
        mock_books.put_invoice("W-1", "10.50")
    assert other.put_invoice("W-1", "10.50")["Total"] == 12.71
    mock_books.assert_fired()
    assert [it["status"] for it in mock_books.requests()] == [503]
    mock_books.clear_faults()
    assert mock_books.put_invoice("W-1", "10.50")["InvoiceNumber"] == "W-1"
    other.close()


def test_what_is_wrong_with_the_books_is_said(mock_books: MockOrganisation) -> None:
    mock_books.put_invoice("W-1", "10.50")

    mock_books.assert_sound()
    mock_books.assert_one_invoice_each(["W-1"])
    mock_books.assert_sum("12.71")
    with pytest.raises(AssertionError, match="W-2: 0 live invoices"):
        mock_books.assert_one_invoice_each(["W-1", "W-2"])
    with pytest.raises(AssertionError, match="W-1: AUTHORISED"):
        mock_books.assert_paid(["W-1"])


def test_a_fault_that_did_not_fire_is_said(mock_books: MockOrganisation) -> None:
    mock_books.fault("status", match={"path": "/Payments"})

    with pytest.raises(AssertionError, match="did not fire"):
        mock_books.assert_fired()


def test_time_and_limits_are_switched(
    mock_books: MockOrganisation, mock_server: MockServer
) -> None:
    mock_server.freeze("2026-03-14T09:30:00Z")
    mock_server.limits(minute=1)
    headers = mock_books.headers()
    url = f"{mock_books.url}/api.xro/2.0/Organisation"

    statuses = [requests.get(url, headers=headers, timeout=5).status_code]
    statuses.append(requests.get(url, headers=headers, timeout=5).status_code)
    mock_server.advance(60)
    statuses.append(requests.get(url, headers=headers, timeout=5).status_code)

    assert statuses == [200, 429, 200]


def test_a_call_that_makes_no_sense_says_why(mock_books: MockOrganisation) -> None:
    with pytest.raises(ControlRefused, match="kind must be one of"):
        mock_books.fault("explode")


def test_a_mock_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "mock_accounting.testing.process._COMMAND"
    monkeypatch.setattr(command, ("python3", "-c", "raise SystemExit('no port left')"))

    with pytest.raises(MockDidNotStart, match="no port left"), running_mock():
        pass
