"""The mock and the dashboard as real processes, set up by their console commands."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.books import Books
from tests.e2e.company import Company, MakeCompany
from tests.e2e.mock_program import MockProgram, running_mock

# A line of the log may hold a whole traceback.
_MAX_HALF = 1500


@pytest.fixture(scope="session")
def mock_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProgram]:
    """One mock for all tests; each begins with new books."""
    with running_mock(tmp_path_factory.mktemp("mock"), "--memory") as program:
        yield program


@pytest.fixture
def books(mock_program: MockProgram) -> Iterator[Books]:
    """New books without limits or faults."""
    with Books(mock_program.url) as books:
        books.control("POST", "reset")
        books.control("POST", "limits", {"mode": "off"})
        yield books


@pytest.fixture(scope="session")
def set_up_folder(
    mock_program: MockProgram, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with shops and a connection: made once, copied by each test."""
    company = Company(tmp_path_factory.mktemp("set-up"))
    company.set_up(mock_program.url)
    assert company.end() == []
    return company.data


@pytest.fixture
def make_company(
    books: Books, set_up_folder: Path, tmp_path: Path
) -> Iterator[MakeCompany]:
    """Make companies on the mock's books; their programs end with the test."""
    made: list[Company] = []

    def make(*, database_url: str = "", books_url: str = "") -> Company:
        folder = tmp_path / f"company-{len(made)}"
        folder.mkdir()
        company = Company(folder, database_url=database_url)
        made.append(company)
        if database_url:
            company.set_up(books_url or books.url)
        else:
            shutil.copytree(set_up_folder, company.data)
        return company

    yield make
    problems = [problem for company in made for problem in company.end()]
    for company in made:
        for line in company.logs().splitlines():
            sys.stdout.write(f"{shortened(line)}\n")
    assert problems == []


@pytest.fixture
def company(make_company: MakeCompany) -> Company:
    """One company; nothing of it runs yet."""
    return make_company()


@pytest.fixture
def serving(company: Company) -> Company:
    """One company whose dashboard serves."""
    company.serve()
    return company


def shortened(line: str) -> str:
    """Return a line without its middle if it is long."""
    if len(line) <= 2 * _MAX_HALF:
        return line
    return f"{line[:_MAX_HALF]} ... {line[-_MAX_HALF:]}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
