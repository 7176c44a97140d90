"""What the rules do not cover stops that order alone, until a rule is made."""

from __future__ import annotations

import json
import sys

from tests.e2e.books import Books
from tests.e2e.company import Company
from tests.e2e.woocommerce import an_order, taxed_at

# What the Settings page does, in a process of its own.
_ADD_TAX_RULE = """
from dataclasses import replace
from decimal import Decimal

from dashboard.app import build
from dashboard.config import load_settings
from dashboard.domain.rules import TaxRule, TaxSituation
from dashboard.sync.setup import plan_waiting

program = build(load_settings())
rules = program.company.rules()
rule = TaxRule(
    situation=TaxSituation.RATE, tax_type="OUTPUT2", rate_percent=Decimal("21.5")
)
program.company.save_rules(
    replace(rules, tax_rules=(*rules.tax_rules, rule)),
    expected_version=program.company.rules_version(),
)
print(plan_waiting(program.orders))
"""


def test_what_no_rule_covers_stops_its_order_alone_and_goes_on_with_the_rule(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1, payment_method="bitcoin", payment_method_title="Bitcoin"))
    serving.push(taxed_at(an_order(2), 21.5))
    serving.push(an_order(3))
    no_account = serving.wait_for("1", "needs attention", within_s=10)
    no_tax_type = serving.wait_for("2", "needs attention", within_s=10)
    serving.wait_for("3", "paid", within_s=10)

    assert no_account.cause == "unknown payment method"
    assert '"bitcoin" (Bitcoin) has no bank account' in no_account.message
    assert "Settings > Payments" in no_account.message
    assert no_tax_type.cause == "unknown tax rate"
    assert "tax rate 21.5 % in NL has no tax type" in no_tax_type.message
    assert "Settings > Taxes" in no_tax_type.message
    books.check(["W-3"], ["W-3"])

    told = serving.cli("rules", "set", "--payment-method", "bitcoin=092")
    assert told == {"moved": 1}
    assert json.loads(serving.run(sys.executable, "-c", _ADD_TAX_RULE)) == 1

    # Nobody tells the engine: its sweep finds them.
    serving.wait_until_settled(within_s=20)
    assert serving.statuses() == {"paid": 3}
    books.check(["W-1", "W-2", "W-3"], ["W-1", "W-2", "W-3"])
    accounts = {p["Reference"]: p["Account"]["Code"] for p in books.payments()}
    assert accounts == {"W-1-P1": "092", "W-2-P1": "091", "W-3-P1": "091"}
