"""Learns from the books what the rules need, and plans anew what waited for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard.accounting.protocol import Books, Log
from dashboard.domain.clock import Clock
from dashboard.mapping.suggest import suggest_rules
from dashboard.store.company import ChangedMeanwhile, CompanyStore
from dashboard.store.orders import OrderStore
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order

_FACTS_LAST = timedelta(hours=24)


def learn_facts(company: CompanyStore, books: Books, clock: Clock, log: Log) -> bool:
    """Ask the books what they are, unless that is known and not old.

    The first answer also fills in the rules that nobody has set.

    Returns:
        True if rules were filled in, or the books have other currencies than before.

    Raises:
        BooksSilent: If the books did not answer.
    """
    known_at = company.facts_at()
    if known_at is not None and clock.now() - known_at < _FACTS_LAST:
        return False
    connection = company.connection()
    before = company.rules().currencies
    facts, tenant_id = books.facts(log)
    saved = company.save_facts(
        facts,
        tenant_id=tenant_id,
        at=clock.now(),
        version=None if connection is None else connection.version,
    )
    if not saved:
        return False  # another connection was set meanwhile: ask that one
    version = company.rules_version()
    rules = company.rules()
    if version == 0:
        # Nobody chose these: better what the books call shipping than a guess.
        rules = replace(rules, shipping_account="", fee_account="")
    suggested = suggest_rules(rules, facts)
    if known_at is not None or suggested == rules:
        return bool(before) and rules.currencies != before
    try:
        company.save_rules(suggested, expected_version=version)
    except ChangedMeanwhile:
        return False  # a person was faster, and knows better
    return True


def plan_waiting(orders: OrderStore) -> int:
    """Plan anew every order a new rule may concern; return how many go on."""
    waiting = orders.changeable_order_ids()
    return orders.plan_again(waiting, read_again, plan_order).moved
