"""Drafts come back from the database exactly as they went in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.books import (
    AllocationDraft,
    ContactDraft,
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    InvoiceLine,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.postings import PostingKind
from dashboard.domain.rules import PaymentRule
from dashboard.store.codec import dump_draft, from_plain, load_draft, to_plain

_AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, places=4)
_LINE = st.builds(
    InvoiceLine,
    quantity=_AMOUNT,
    unit_amount=_AMOUNT,
    tax=_AMOUNT,
    discount=_AMOUNT,
)
_LINES = st.lists(_LINE, max_size=3).map(tuple)
_DRAFTS = st.one_of(
    st.tuples(st.just(PostingKind.CONTACT), st.builds(ContactDraft)),
    st.tuples(
        st.just(PostingKind.INVOICE),
        st.builds(InvoiceDraft, total=_AMOUNT, lines=_LINES),
    ),
    st.tuples(
        st.just(PostingKind.PAYMENT),
        st.builds(PaymentDraft, amount=_AMOUNT, taken=st.none() | _AMOUNT),
    ),
    st.tuples(
        st.just(PostingKind.CREDIT_NOTE),
        st.builds(CreditNoteDraft, total=_AMOUNT, lines=_LINES),
    ),
    st.tuples(
        st.just(PostingKind.ALLOCATION), st.builds(AllocationDraft, amount=_AMOUNT)
    ),
    st.tuples(st.just(PostingKind.REFUND), st.builds(RefundDraft, amount=_AMOUNT)),
    st.tuples(st.just(PostingKind.VOID), st.builds(VoidDraft)),
)


@given(_DRAFTS)
def test_a_draft_comes_back_to_the_last_decimal(
    draft: tuple[PostingKind, Draft],
) -> None:
    kind, value = draft

    text = dump_draft(value)

    assert load_draft(kind, text) == value
    assert dump_draft(load_draft(kind, text)) == text


@pytest.mark.parametrize("amount", ["0.10", "1E+2", "-0", "1234567890.123456789"])
def test_decimals_keep_their_digits(amount: str) -> None:
    assert to_plain(Decimal(amount)) == str(Decimal(amount))


def test_a_field_that_only_an_earlier_version_kept_is_passed_over() -> None:
    plain = {"method": "card", "bank_account": "090", "colour": "blue"}

    rule = from_plain(PaymentRule, plain)

    assert rule == PaymentRule(method="card", bank_account="090")
