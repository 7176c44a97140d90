"""Watches over the whole: opens and ends alarms, and tells people of them.

A thread of its own in every process: what it has to report may be that the engine does
nothing. All processes look; the database lets one of them open an alarm or send.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from typing_extensions import override

from dashboard.domain.alarms import Alarm, AlarmRules, alarms_now, in_quiet_hours
from dashboard.domain.books import BooksFacts
from dashboard.domain.clock import Clock
from dashboard.domain.notices import Channel, Setting, language_of, trial
from dashboard.domain.sentences import sentence_of
from dashboard.domain.zones import zone_of_country
from dashboard.languages.speech import said
from dashboard.notices.courier import Courier
from dashboard.notices.failure import NotDelivered
from dashboard.store.alarms import AlarmStore
from dashboard.store.channels import ChannelStore
from dashboard.store.company import CompanyStore
from dashboard.store.notices import Delivery, NoticeStore
from dashboard.store.sightings import Sightings
from dashboard.sync.background import Background

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WatchStores:
    """What the watch reads and writes."""

    company: CompanyStore
    sightings: Sightings
    alarms: AlarmStore
    channels: ChannelStore
    notices: NoticeStore


class Watch(Background):
    """Looks every 15 s whether somebody has to be told something."""

    def __init__(
        self, stores: WatchStores, courier: Courier, clock: Clock, *, pages: str = ""
    ) -> None:
        """Make a watch; its messages lead to addresses that begin with *pages*."""
        super().__init__("watch")
        self.stores = stores
        self.pages = pages
        self._courier = courier
        self._clock = clock

    def look(self) -> None:
        """Learn what is due to be learned, open and end alarms, and tell of them."""
        stores = self.stores
        now = stores.sightings.now()
        rules, _version = stores.alarms.rules()
        facts = stores.company.facts()
        zone = zone_of(rules, facts)
        if stores.sightings.learn(zone, now):
            stores.alarms.forget_old(now)
            stores.notices.forget_old(now)
        stores.alarms.settle(self.holding(), now)
        if in_quiet_hours(rules, zone, now):
            return
        stores.notices.write_due(self._setting, now)
        while not self._stopping.is_set():
            delivery = stores.notices.claim(stores.sightings.now())
            if delivery is None:
                break
            self._deliver(delivery)

    def holding(self) -> tuple[Alarm, ...]:
        """Return the alarms that hold this moment; opens and tells none."""
        now = self.stores.sightings.now()
        rules, _version = self.stores.alarms.rules()
        return alarms_now(self.stores.sightings.seen(now), rules, now)

    def refusal(self, channel: Channel) -> str:
        """Return why *channel* may not be called, "" if it may."""
        try:
            self._courier.check(channel)
        except NotDelivered as error:
            return sentence_of(error)
        return ""

    def change(self, channel: Channel, *, expected_version: int) -> None:
        """Replace a channel; what it could not be told before goes again, if in use.

        Raises:
            ChangedMeanwhile: If it was changed since *expected_version* was read.
            ChannelExists: If another one has its name.
        """
        self.stores.channels.change(channel, expected_version=expected_version)
        now = self.stores.sightings.now()
        if channel.active:
            self.stores.notices.take_up_again(channel.id, now)
        else:
            self.stores.notices.call_off(channel.id, now)

    def try_out(self, channel: Channel) -> str:
        """Send a test to *channel* at once and return what went wrong, "" if nothing.

        A channel that works gets what was given up before and still holds.
        """
        setting = self._setting(channel)
        message = trial(secrets.token_hex(16), setting, self._clock.now())
        try:
            remark = self._courier.deliver(channel, message)
        except NotDelivered as error:
            return sentence_of(error)
        self.stores.notices.take_up_again(channel.id, self.stores.sightings.now())
        return remark

    def zone(self) -> ZoneInfo:
        """Return the time zone the company keeps."""
        rules, _version = self.stores.alarms.rules()
        return ZoneInfo(zone_of(rules, self.stores.company.facts()))

    @override
    def _work(self) -> None:
        self.look()

    def _setting(self, channel: Channel) -> Setting:
        facts = self.stores.company.facts()
        rules, _version = self.stores.alarms.rules()
        language = language_of(channel, facts.country if facts else "")
        return Setting(
            organisation=facts.organisation if facts else "",
            zone=zone_of(rules, facts),
            speak=partial(said, locale=language),
            pages=self.pages,
        )

    def _deliver(self, delivery: Delivery) -> None:
        notices, sightings = self.stores.notices, self.stores.sightings
        fields = {"channel": delivery.channel.id, "notice": delivery.notice_id}
        try:
            remark = self._courier.deliver(delivery.channel, delivery.message)
        except NotDelivered as error:
            _log.warning("a notification was not delivered", extra=fields)
            notices.failed(
                delivery, sentence_of(error), sightings.now(), for_good=error.for_good
            )
            return
        _log.info("a notification was delivered", extra=fields)
        notices.delivered(delivery, sightings.now(), remark)


def zone_of(rules: AlarmRules, facts: BooksFacts | None) -> str:
    """Return the time zone the company keeps: as chosen, else as its country has."""
    country = zone_of_country(facts.country) if facts is not None else None
    return rules.timezone or country or "UTC"
