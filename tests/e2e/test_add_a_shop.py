"""docs/add-a-shop.md, followed to the letter: a kind of shop unknown to Sluice."""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from pathlib import Path

import pytest

from tests.e2e.books import Books
from tests.e2e.company import SECRET, MakeCompany

_GUIDE = (Path(__file__).parents[2] / "docs" / "add-a-shop.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _GUIDE, re.DOTALL | re.MULTILINE)


def install(folder: Path) -> None:
    """Leave in *folder* what `pip install` makes of the package in the guide."""
    package = folder / "sluice_market"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "connector.py").write_text("\n\n".join(blocks("python")))
    project = tomllib.loads(blocks("toml")[0])["project"]
    facts = folder / f"sluice_market-{project['version']}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\n"
        f"Version: {project['version']}\n"
    )
    (facts / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n"
            + "".join(f"{name} = {path}\n" for name, path in names.items())
            for group, names in project["entry-points"].items()
        )
    )


def test_a_package_beside_sluice_books_the_sales_of_its_own_kind_of_shop(
    make_company: MakeCompany,
    books: Books,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(tmp_path / "installed")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    company = make_company()
    company.cli(
        *("shops", "add", "--kind", "market", "--slug", "stall", "--prefix", "M-"),
        *("--secret", SECRET),
    )
    company.cli("rules", "set", "--payment-method", "card=090")
    company.serve()
    sale = blocks("json")[0].encode()
    unpriced = sale.replace(b'"14.00"', b'"free"').replace(b"T-17", b"T-18")

    def push(body: bytes, secret: str = SECRET) -> tuple[int, str]:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        with company.http() as http:
            answer = http.post(
                f"{company.url}/intake/stall",
                data=body,
                headers={"X-Market-Signature": signature},
                timeout=10,
            )
        return answer.status_code, answer.text

    assert push(sale, "guessed")[0] == 401
    assert push(sale)[0] == 202
    refused = push(unpriced)

    company.wait_for("T-17", "paid", within_s=15)
    assert push(sale)[0] == 200
    assert refused[0] == 422
    assert 'must be an amount, not \\"free\\"' in refused[1]
    assert "items[0].price" in refused[1]
    assert company.orders()["T-18"].status == "needs attention"
    books.check(["M-T-17"], ["M-T-17"])
