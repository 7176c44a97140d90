"""Sets up the shops whose orders are booked, and tries out the way to them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import click

from dashboard.app import Program
from dashboard.cli.terminal import json_option, note, open_program, tell
from dashboard.domain.activity import ActivityKind
from dashboard.domain.known_words import schedule_words
from dashboard.domain.rules import SLUG_PATTERN, Shop
from dashboard.domain.runs import ScheduleKind
from dashboard.domain.sentences import say
from dashboard.domain.timespans import start_of
from dashboard.outbound.address import (
    AddressRefused,
    check_address,
    whole_address,
)
from dashboard.scheduling.mirror import give_own_schedule
from dashboard.scheduling.plan import ScheduleWrong, in_words, next_due
from dashboard.shops.protocol import ShopSilent
from dashboard.shops.registry import CONNECTORS, READERS, SIGNED_BY_KEY_SECRET
from dashboard.store.codec import to_plain
from dashboard.store.company import ChangedMeanwhile, ShopExists
from dashboard.store.pulls import ApiKeys
from dashboard.store.schedules import ScheduleStore


@click.group()
def shops() -> None:
    """The shops whose orders are booked."""


@shops.command("add")
@click.option("--kind", type=click.Choice(sorted(CONNECTORS)), required=True)
@click.option(
    "--slug", required=True, help="Its name in addresses: letters, digits, -."
)
@click.option("--secret", required=True, help="What it signs its messages with.")
@click.option("--name", default="", help="Its name on pages; the slug if not given.")
@click.option("--prefix", default="", help="What its invoice numbers begin with.")
@click.option(
    "--url",
    "--domain",
    "url",
    default="",
    help="Where it is asked for its orders; at Shopify, it ends in .myshopify.com.",
)
@click.option(
    "--key",
    "--client-id",
    "key",
    default="",
    help="The key of its API: consumer key (WooCommerce) or client ID (Shopify).",
)
@click.option(
    "--key-secret",
    "--client-secret",
    "key_secret",
    default="",
    help="The secret of that key; at Shopify, it is --secret if not given.",
)
@click.option(
    "--orders-since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Orders before this day, where the company is, are left alone; else today.",
)
@json_option
def add_shop(  # noqa: PLR0913, PLR0917 - a command has its options
    kind: str,
    slug: str,
    secret: str,
    name: str,
    prefix: str,
    url: str,
    key: str,
    key_secret: str,
    orders_since: datetime | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Add a shop. Repeating it changes nothing; a new secret joins the old one."""
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise click.ClickException(
            "A slug has small letters a to z, digits and - only, at most 40 of them."
        )
    if not secret:
        raise click.ClickException("The secret is empty: anybody could sign with it.")
    program = open_program()
    if key and not key_secret and kind in SIGNED_BY_KEY_SECRET:
        key_secret = secret
    url = whole_address(url)
    if url or key or key_secret:
        _check_access(program, kind, url, key, key_secret)
    shop = Shop(id=0, slug=slug, name=name or slug, kind=kind, prefix=prefix)
    try:
        added = program.company.add_shop(shop, secret, at=program.clock.now())
    except ShopExists as error:
        raise click.ClickException(str(error)) from error
    subject = say("shop %(slug)s", slug=slug)
    if added:
        note(program, "added", subject)
    else:
        note(program, "set", subject)
    path = f"{program.organisation.path}/intake/{slug}"
    text = f"The shop {slug} sends its orders to {path}."
    facts = {"slug": slug, "intake": path, "added": added, "pulled": bool(url)}
    if url:
        _give_access(program, slug, url, key, key_secret, orders_since)
        text += f" It is asked for them at {url}: sluice shops test {slug}"
    tell(text, facts, as_json=as_json)


@shops.command("test")
@click.argument("slug")
@json_option
def test_shop(slug: str, as_json: bool) -> None:  # noqa: FBT001
    """Try out whether a shop can be asked for its orders, and say what is wrong."""
    program = open_program()
    shop = shop_named(program, slug)
    try:
        told = program.puller.test(shop)
    except ShopSilent as silent:
        raise click.ClickException(str(silent)) from silent
    text = (
        f"The shop {slug} can be asked for its orders: {told.orders} so far, "
        f"in {told.currency}."
    )
    tell(text, to_plain(told), as_json=as_json)


@shops.command("schedule")
@click.argument("slug")
@click.option("--every", type=int, help="Seconds from one time to the next.")
@click.option("--cron", help="minute, hour, day, month, weekday: '0 7 * * 1-5'.")
@click.option("--timezone", default="UTC", help="Where the cron line is read; UTC.")
@click.option(
    "--shared", is_flag=True, help="As all shops that have none of their own."
)
@json_option
def schedule_shop(
    slug: str,
    every: int | None,
    cron: str | None,
    timezone: str,
    shared: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say when a shop is asked for its orders, or have it asked at other times."""
    if sum((every is not None, cron is not None, shared)) > 1:
        raise click.UsageError("--every, --cron and --shared exclude each other.")
    program = open_program()
    shop = shop_named(program, slug)
    schedules = ScheduleStore(program.database)
    if shared and schedules.remove_own(shop):
        _note_schedule(program, shop, "removed")
    if every is not None or cron is not None:
        kind = ScheduleKind.INTERVAL if cron is None else ScheduleKind.CRON
        _schedule(program, shop, kind, cron or str(every), timezone)
    known = schedules.pulling(shop)
    if known is None:
        raise click.ClickException(
            "There are no schedules yet: sluice serve adds them."
        )
    words = in_words(known.kind, known.spec, known.timezone)
    whose = "as all shops" if known.shop_id is None else "by a schedule of its own"
    next_at = known.next_due_at.isoformat() if known.active else None
    text = f"The shop {slug} is asked {words}, {whose}"
    text += f"; next at {next_at}." if next_at else "; the schedule is paused."
    facts = {
        "slug": slug,
        "own": known.shop_id is not None,
        "kind": known.kind.value,
        "spec": known.spec,
        "timezone": known.timezone,
        "next_due_at": next_at,
    }
    tell(text, facts, as_json=as_json)


def _schedule(
    program: Program, shop: Shop, kind: ScheduleKind, spec: str, timezone: str
) -> None:
    """Give a shop a schedule of its own, or change the one it has."""
    now = program.clock.now()
    try:
        due = next_due(kind, spec, timezone, now)
    except ScheduleWrong as error:
        raise click.ClickException(str(error)) from error
    schedules = ScheduleStore(program.database)
    own = give_own_schedule(schedules, shop, now)
    wanted = replace(own, kind=kind, spec=spec, timezone=timezone, next_due_at=due)
    try:
        schedules.change(wanted, expected_version=own.version)
    except ChangedMeanwhile as error:
        message = "Somebody else changed this schedule just now. Try again."
        raise click.ClickException(message) from error
    _note_schedule(program, shop, "changed")


def _note_schedule(program: Program, shop: Shop, action: str) -> None:
    subject = say("schedule %(name)s", name=schedule_words("", shop.name))
    note(program, action, subject, kind=ActivityKind.SCHEDULE)


def shop_named(program: Program, slug: str) -> Shop:
    """Return the shop of that short name.

    Raises:
        ClickException: If there is none.
    """
    shop = program.company.shop(slug)
    if shop is None:
        raise click.ClickException(
            f"There is no shop {slug}. Add it with: sluice shops add"
        )
    return shop


def _check_access(
    program: Program, kind: str, url: str, key: str, key_secret: str
) -> None:
    if kind not in READERS:
        kinds = ", ".join(sorted(READERS))
        raise click.ClickException(
            f"A shop of kind {kind} only sends its orders; one of these can be asked: "
            f"{kinds}."
        )
    if not (url and key and key_secret):
        raise click.ClickException("--url, --key and --key-secret belong together.")
    try:
        check_address(url, allow_inner=program.settings.allow_loopback_api)
    except AddressRefused as error:
        raise click.ClickException(str(error)) from error


def _give_access(
    program: Program,
    slug: str,
    url: str,
    key: str,
    key_secret: str,
    orders_since: datetime | None,
) -> None:
    shop = program.company.shop(slug)
    if shop is None:
        raise click.ClickException(f"The shop {slug} is switched off.")
    known = program.pulls.keys(shop)
    zone = program.watch.zone()
    today = program.clock.now().astimezone(zone).date()
    since = known.orders_since if known else start_of(zone, today)
    if orders_since is not None:
        since = start_of(zone, orders_since.date())
    keys = ApiKeys(key=key, secret=key_secret, orders_since=since)
    program.pulls.set_access(shop, url, keys)
