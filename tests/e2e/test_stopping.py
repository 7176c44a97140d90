"""Stopping and starting again: in good order, and nothing is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.books import Books
from tests.e2e.company import Company, MakeCompany
from tests.e2e.mock_program import MockProgram, running_mock
from tests.e2e.processes import Running, eventually
from tests.e2e.woocommerce import an_order


@pytest.fixture
def kept_mock(tmp_path: Path) -> Iterator[MockProgram]:
    """A mock of the test's own that keeps its books in a folder."""
    folder = tmp_path / "mock"
    folder.mkdir()
    kept = ("--data", str(folder / "books"), "--limits", "off")
    with running_mock(folder, *kept) as program:
        yield program


def send_slowly(company: Company, books: Books) -> None:
    """Push an order and wait until a request about it is on its way."""
    slow = {"match": {"method": "PUT"}, "options": {"seconds": 1.5}}
    books.fault("delay", times=None, **slow)
    company.push(an_order(1))
    wait_until_sending(company)


def wait_until_sending(company: Company) -> None:
    eventually(
        lambda: is_sending(company),
        "a request is on its way",
        within_s=15,
        every_s=0.01,
    )


def is_sending(company: Company) -> bool:
    return any(
        state == "sending" for _id, _kind, state, _tries in company.open_requests()
    )


def press_ctrl_c(running: Running) -> None:
    """Send what a terminal sends: to the process and all its children."""
    os.killpg(running.process.pid, signal.SIGINT)


@pytest.mark.parametrize("how", ["SIGTERM", "Ctrl-C"])
def test_server_ends_within_seconds_and_leaves_no_request_half_sent(
    how: str, company: Company, books: Books
) -> None:
    server = company.serve()
    greeting = server.log.read_text()
    send_slowly(company, books)

    if how == "Ctrl-C":
        press_ctrl_c(server)
    else:
        server.process.terminate()
    eventually(server.is_gone, "the server and its children ended", within_s=10)

    assert server.process.returncode == 0
    assert not is_sending(company)
    assert server.log.read_text() == greeting

    books.control("DELETE", "faults")
    company.serve()
    company.wait_for("1", "paid", within_s=20)
    books.check(["W-1"], ["W-1"])


@pytest.mark.parametrize("how", ["SIGTERM", "Ctrl-C"])
def test_worker_ends_within_seconds_and_leaves_no_request_half_sent(
    how: str, company: Company, books: Books
) -> None:
    server = company.serve()
    send_slowly(company, books)
    server.stop()
    worker = company.worker()
    wait_until_sending(company)

    if how == "Ctrl-C":
        press_ctrl_c(worker)
    else:
        worker.process.terminate()
    eventually(worker.is_gone, "the worker ended", within_s=10)

    assert worker.process.returncode == 0
    assert not is_sending(company)
    assert len(worker.log.read_text().splitlines()) == 1


def test_killed_server_goes_on_at_once_with_what_it_was_sending(
    company: Company, books: Books
) -> None:
    server = company.serve()
    send_slowly(company, books)

    server.kill()
    eventually(server.is_gone, "nothing of the server is left", within_s=5)
    books.control("DELETE", "faults")
    company.serve()

    company.wait_for("1", "paid", within_s=20)
    books.check(["W-1"], ["W-1"])


def test_both_programs_keep_everything_when_ended_or_killed(
    make_company: MakeCompany, kept_mock: MockProgram
) -> None:
    company = make_company()
    company.connect(kept_mock.url)
    server = company.serve()
    with Books(kept_mock.url) as books:
        for number in (1, 2):
            company.push(an_order(number))
        company.wait_until_settled(within_s=10, orders=2)
        before = everything(company, books)
        assert company.statuses() == {"paid": 2}

        kept_mock.running.kill()
        server.kill()
        eventually(server.is_gone, "nothing of the server is left", within_s=5)
        kept_mock.start()
        server = company.serve()
        assert everything(company, books) == before

        kept_mock.running.stop()
        server.stop()
        kept_mock.start()
        company.serve()
        assert everything(company, books) == before

        company.push(an_order(3))
        company.wait_for("3", "paid", within_s=20)
        books.check(["W-1", "W-2", "W-3"], ["W-1", "W-2", "W-3"])


def everything(company: Company, books: Books) -> tuple[object, ...]:
    """Return all that both programs know."""
    return company.orders(), books.invoices(), books.payments(), books.contacts()
