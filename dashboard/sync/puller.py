"""The puller of one process: carries out pulls of the shops, one at a time.

Apart from the engine: a shop that answers slowly must not hold up the booking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Exchange
from dashboard.domain.rules import Shop
from dashboard.domain.runs import (
    ALL_BY_THEMSELVES,
    NOTHING_TO_PULL,
    Run,
    RunState,
    Task,
    Trigger,
)
from dashboard.domain.sentences import say, sentence_of, together
from dashboard.shops.protocol import Log, ShopFacts, ShopReader, ShopSilent
from dashboard.store.company import CompanyStore
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.orders import OrderStore
from dashboard.store.pulls import ApiKeys, PulledElsewhere, PullStore
from dashboard.store.runs import RunStore, stopped_message
from dashboard.store.schedules import ScheduleStore
from dashboard.store.shop_webhooks import ShopWebhookStore
from dashboard.store.vault import SecretUnreadable
from dashboard.sync.background import Background
from dashboard.sync.pull import ShopPull
from dashboard.sync.webhook_watch import watch_webhooks

_log = logging.getLogger(__name__)

# Opens a shop by its keys; raises ShopSilent if its address may not be called.
OpenShop = Callable[[Shop, ApiKeys, Log], ShopReader]


@dataclass(frozen=True, kw_only=True)
class PullStores:
    """What the puller reads and writes."""

    company: CompanyStore
    pulls: PullStore
    orders: OrderStore
    exchanges: ExchangeStore
    webhooks: ShopWebhookStore
    runs: RunStore
    schedules: ScheduleStore


class Puller(Background):
    """Carries out runs that pull the shops, in a thread of its own."""

    def __init__(
        self,
        stores: PullStores,
        open_shop: OpenShop,
        clock: Clock,
        wake_engine: Callable[[Trigger], None],
        front: str,
    ) -> None:
        """Begin nothing yet; *front* is what the organisation's addresses begin with.

        It is only the path of them where the address of the program is not known.
        """
        super().__init__("puller")
        self._stores = stores
        self._open_shop = open_shop
        self._clock = clock
        self._wake_engine = wake_engine
        self._front = front

    def run_now(self, shop: Shop | None = None) -> Run:
        """Pull all shops, or one, in the calling thread; return what came of it."""
        return self._carry_out(self._stores.runs.begin(Task.PULL, Trigger.PERSON, shop))

    def test(self, shop: Shop) -> ShopFacts:
        """Try out the access to a shop.

        Raises:
            ShopSilent: If it does not work; the message says what to do.
        """
        return self._reader(shop, self._keys(shop), run_id=None).facts()

    def reader_since(self, shop: Shop, since: datetime) -> ShopReader:
        """Open a shop for the orders placed since then, whatever is pulled of it.

        Raises:
            ShopSilent: If there are no keys to it.
        """
        keys = replace(self._keys(shop), orders_since=since)
        return self._reader(shop, keys, run_id=None)

    @override
    def _work(self) -> None:
        while not self._stopping.is_set():
            run = self._stores.runs.take(Task.PULL)
            if run is None:
                break
            self._carry_out(run)
        if self._stores.pulls.has_hints() and not self._stopping.is_set():
            self._carry_out(self._stores.runs.begin(Task.PULL, Trigger.ORDER))

    def _carry_out(self, run: Run) -> Run:
        every = [
            shop
            for shop in self._stores.company.shops()
            if shop.active and shop.base_url
        ]
        shops = self._of_run(run, every)
        if not shops:
            why = ALL_BY_THEMSELVES if every and not run.shop_id else NOTHING_TO_PULL
            return self._stores.runs.finish(run.id, RunState.DONE, why)
        results = [self._pull(shop, run) for shop in shops if not self._is_ending(run)]
        stopped_by = self._stores.runs.stopped_by(run.id)
        if stopped_by:
            message = stopped_message(stopped_by)
            return self._stores.runs.finish(run.id, RunState.STOPPED, message)
        state = RunState.DONE if all(ok for ok, _ in results) else RunState.FAILED
        message = together(said for _, said in results)
        return self._stores.runs.finish(run.id, state, message)

    def _of_run(self, run: Run, shops: Sequence[Shop]) -> Sequence[Shop]:
        """Return those of *shops* that a run is about."""
        if run.shop_id is not None:
            return [shop for shop in shops if shop.id == run.shop_id]
        if run.trigger is not Trigger.SCHEDULE:
            return shops
        others = self._stores.schedules.pulled_by_themselves()
        return [shop for shop in shops if shop.id not in others]

    def _pull(self, shop: Shop, run: Run) -> tuple[bool, str]:
        """Pull one shop; return whether it went well, and what is to be said of it."""
        if run.trigger is not Trigger.PERSON and self._rests(shop):
            return True, ""
        if run.trigger is Trigger.ORDER and not self._stores.pulls.hints(shop):
            return True, ""
        try:
            return True, self._pull_well(shop, run)
        except PulledElsewhere:
            return True, say(
                "%(name)s: another process reads it just now.", name=shop.name
            )
        except ShopSilent as silent:
            problem, wait_s = sentence_of(silent), silent.wait_s
        except Exception as error:  # noqa: BLE001 - logged
            # The edge of a run: one shop must not keep the others from being read.
            _log.exception("a shop cannot be pulled", extra={"shop": shop.slug})
            problem, wait_s = (
                say("%(error)s: see the log.", error=type(error).__name__),
                None,
            )
        self._stores.pulls.note_failure(shop, problem, wait_s)
        return False, say("%(name)s: %(problem)s", name=shop.name, problem=problem)

    def _pull_well(self, shop: Shop, run: Run) -> str:
        keys = self._keys(shop)
        reader = self._reader(shop, keys, run.id)
        pull = ShopPull(
            shop=shop,
            keys=keys,
            reader=reader,
            pulls=self._stores.pulls,
            orders=self._stores.orders,
            clock=self._clock,
            run_id=run.id,
            arrived=lambda: self._wake_engine(Trigger.ORDER),
            stopping=lambda: self._is_ending(run),
        )
        pull.heed_hints()
        said = ""
        if run.trigger is not Trigger.ORDER:
            pull.read_changes()
            compared = pull.compare_if_due()
            now = self._clock.now()
            said = watch_webhooks(shop, reader, self._stores.webhooks, now, self._front)
            if not self._is_ending(run):
                self._stores.pulls.note_success(shop, compared=compared)
        done = say(
            "%(name)s: %(read)s orders read, %(news)s new or changed.",
            name=shop.name,
            read=pull.tally.read,
            news=pull.tally.news,
        )
        return together([done, said])

    def _is_ending(self, run: Run) -> bool:
        return self._stopping.is_set() or bool(self._stores.runs.stopped_by(run.id))

    def _rests(self, shop: Shop) -> bool:
        not_before = self._stores.pulls.state(shop).not_before
        return not_before is not None and self._clock.now() < not_before

    def _keys(self, shop: Shop) -> ApiKeys:
        try:
            keys = self._stores.pulls.keys(shop)
        except SecretUnreadable as error:
            raise ShopSilent(sentence_of(error)) from error
        if keys is None:
            raise ShopSilent(say("There are no keys to this shop: Settings > Shops."))
        return keys

    def _reader(self, shop: Shop, keys: ApiKeys, run_id: int | None) -> ShopReader:
        def log(exchange: Exchange) -> None:
            self._stores.exchanges.add(exchange, request_id=None, run_id=run_id)
            if run_id is not None:
                self._stores.runs.keep_alive(run_id)

        return self._open_shop(shop, keys, log)
