"""Carries out selections: one act on many orders, a few at a time.

It can be paused and stopped between two parts, and goes on where it was when the
program is started again. Whoever holds a selection's claim works on it, nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from dashboard.domain.selections import (
    Member,
    Result,
    Selection,
    SelectionAct,
    SelectionState,
)
from dashboard.domain.sentences import sentence_of
from dashboard.shops.protocol import ShopSilent
from dashboard.store.selections import SelectionStore
from dashboard.sync.actions import OrderActions
from dashboard.sync.backfill import Backfill
from dashboard.sync.background import Background

_log = logging.getLogger(__name__)

# So many orders are acted on before anybody can pause or stop it again.
_PART = 25
# As many are taken up ahead of the books: a backfill that is paused stands still soon,
# and what a customer orders meanwhile does not wait behind all of it.
_AHEAD = 100
_LOOK_AGAIN_S = 1.0


class Performer(Background):
    """Carries out what was confirmed, in a thread of its own."""

    def __init__(
        self, selections: SelectionStore, actions: OrderActions, backfill: Backfill
    ) -> None:
        super().__init__("performer")
        self._selections = selections
        self._actions = actions
        self._backfill = backfill

    def perform(self, selection: Selection, book: Callable[[], object]) -> Selection:
        """Carry out a selection that this process has started, in the calling thread.

        *book* lets the books catch up, where nothing else does.
        """
        self._perform(selection, book)
        return self._selections.one(selection.id) or selection

    def plan(self, selection: Selection) -> Selection:
        """Plan a backfill in the calling thread and return it."""
        self._backfill.plan(selection, self._stopping.wait)
        return self._selections.one(selection.id) or selection

    def work_now(self) -> None:
        """Carry out in the calling thread what waits for it."""
        self._work()

    @override
    def _work(self) -> None:
        self._selections.clean_up()
        while not self._stopping.is_set():
            selection = self._selections.take()
            if selection is None:
                return
            if selection.state is SelectionState.PLANNING:
                self._backfill.plan(selection, self._stopping.wait)
            else:
                self._perform(selection, lambda: self._stopping.wait(_LOOK_AGAIN_S))
            self._selections.release(selection.id)

    def _perform(self, selection: Selection, book: Callable[[], object]) -> None:
        urgent = selection.tally.total <= _PART
        while not self._stopping.is_set():
            members = self._selections.next_members(selection.id, _PART)
            if not members:
                break
            if self._is_far_ahead(selection):
                book()
                continue
            known = [m for m in members if m.order_id is not None]
            acted = [self._act_on(selection, m, urgent=urgent) for m in known]
            # Before the shop is asked: it may fall silent, and what is done is done.
            self._selections.record(selection.id, acted)
            others = [m for m in members if m.order_id is None]
            try:
                taken = self._backfill.take_in(selection, others)
            except ShopSilent as silent:
                self._selections.pause(selection.id, sentence_of(silent))
                break
            self._selections.record(selection.id, taken)
            self._actions.wake()

    def _is_far_ahead(self, selection: Selection) -> bool:
        if selection.act is not SelectionAct.BACKFILL:
            return False
        return self._selections.on_their_way(selection.id) >= _AHEAD

    def _act_on(self, selection: Selection, member: Member, *, urgent: bool) -> Member:
        order_id = member.order_id or 0
        try:
            result = self._actions.act(
                selection.act,
                order_id,
                selection.reason,
                selection.asked_by,
                urgent=urgent,
            )
        except Exception:  # noqa: BLE001 - logged, and told by the selection
            # One order must not keep the others from being acted on.
            _log.exception("an order cannot be acted on", extra={"order": order_id})
            return replace(member, result=Result.FAILED)
        return replace(member, result=result, why=self._why(order_id, result))

    def _why(self, order_id: int, result: Result) -> str:
        match result:
            case Result.STOPPED:
                return self._actions.why(order_id)
            case Result.SKIPPED:
                return self._actions.moved_on(order_id)
            case _:
                return ""
