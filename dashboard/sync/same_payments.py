"""Finds payments again that were planned under another reference. Pure.

A reference holds the shop's own id of the payment, but at first it held its place among
the payments of the order, and what was booked so stays so. A shop that tells no ids has
places to this day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from dashboard.domain.books import PaymentDraft

_Same = Callable[[PaymentDraft, PaymentDraft], bool]


def _same_entry(told: PaymentDraft, known: PaymentDraft) -> bool:
    return _same_day(told, known) and told.bank_account == known.bank_account


def _same_day(told: PaymentDraft, known: PaymentDraft) -> bool:
    return _same_amount(told, known) and told.paid_on == known.paid_on


def _same_amount(told: PaymentDraft, known: PaymentDraft) -> bool:
    return told.amount == (known.taken or known.amount)


def _at_all(_told: PaymentDraft, _known: PaymentDraft) -> bool:
    """Rather take a payment for one that is booked than book it twice."""
    return True


_FROM_SURE_TO_UNSURE: Final[tuple[_Same, ...]] = (
    _same_entry,
    _same_day,
    _same_amount,
    _at_all,
)


def keep_references(
    told: Sequence[PaymentDraft], *known: Iterable[PaymentDraft]
) -> list[PaymentDraft]:
    """Return what the shop *told*, each under the reference that it is known by.

    *known* are the payments planned before, those in the books in a group before
    those that are not. One whose reference is not told any more stands for one that
    is not known by its own.
    """
    groups = [tuple(group) for group in known]
    references = {draft.reference for group in groups for draft in group}
    told_references = {draft.reference for draft in told}
    lost = [draft for draft in told if draft.reference not in references]
    found: dict[str, str] = {}
    for group in groups:
        rest = [
            draft
            for draft in group
            if draft.reference not in told_references
            and not _is_later_part(draft, references | told_references)
        ]
        for same in _FROM_SURE_TO_UNSURE:
            for draft in tuple(lost):
                other = next((each for each in rest if same(draft, each)), None)
                if other is not None:
                    found[draft.reference] = other.reference
                    lost.remove(draft)
                    rest.remove(other)
    return [
        replace(draft, reference=found.get(draft.reference, draft.reference))
        for draft in told
    ]


def replaced_by(
    told: PaymentDraft, booked: Iterable[PaymentDraft]
) -> PaymentDraft | None:
    """Return the payment in the books that *told* was merely taken for, if any.

    *told* bears the reference of another that is not told any more, and not its amount:
    it may be the same money, or other money.
    """
    known = next((each for each in booked if each.reference == told.reference), None)
    return None if known is None or _same_amount(told, known) else known


def _is_later_part(draft: PaymentDraft, references: Iterable[str]) -> bool:
    return any(draft.reference.startswith(f"{each}-") for each in references)
