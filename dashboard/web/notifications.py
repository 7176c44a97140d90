"""Settings > Notifications: who is told of alarms, when, and whether it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.alarms import AlarmKind, AlarmRules, Seen, silent_from
from dashboard.domain.notices import Channel, ChannelKind
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.channels import ChannelExists
from dashboard.store.company import ChangedMeanwhile
from dashboard.sync.watch import zone_of
from dashboard.web.access import requires
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, said
from dashboard.web.note import note
from dashboard.web.notification_forms import (
    AlarmRulesForm,
    MailForm,
    WebhookForm,
    channel_form,
)
from dashboard.web.services import services

blueprint = Blueprint("notifications", __name__)

_SHOWN_NOTICES: Final = 10
_KINDS: Final[Mapping[ChannelKind, str]] = {
    ChannelKind.EMAIL: lazy_gettext("E-mail"),
    ChannelKind.WEBHOOK: lazy_gettext("Slack or webhook"),
    ChannelKind.TEAMS: lazy_gettext("Microsoft Teams"),
}


@dataclass(frozen=True, kw_only=True)
class ShownRhythm:
    """What is usual for a shop: when its silence would be told, if no order came.

    *orders* tells whether any came at all, *known* whether its rhythm is.
    """

    name: str
    orders: bool
    known: bool
    silent_from: datetime | None


@blueprint.get("/settings/notifications")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show who is told of what."""
    return _page()


@blueprint.post("/settings/notifications/rules")
@requires(Role.MANAGER)
def save_rules() -> ResponseReturnValue:
    """Save when people are told."""
    entered = AlarmRulesForm()
    if not entered.validate():
        return _page(entered, status=422)
    try:
        services().watch.stores.alarms.save_rules(
            entered.rules(), expected_version=entered.version.number
        )
    except ChangedMeanwhile:
        flash(
            _("Somebody else saved this meanwhile. These are theirs; look again."),
            "bad",
        )
        return _back()
    note(ActivityKind.SETTINGS, "changed", say("when notifications are sent"))
    flash(_("Saved."), "good")
    return _back()


@blueprint.get("/settings/notifications/new/<kind>")
@requires(Role.ADMINISTRATOR)
def new(kind: str) -> ResponseReturnValue:
    """Show the form for a new channel, everything ticked."""
    wanted = _kind(kind)
    entered = channel_form(wanted)
    entered.kinds.data = [alarm.value for alarm in AlarmKind]
    entered.active.data = True
    return _form_page(wanted, entered)


@blueprint.post("/settings/notifications/new/<kind>")
@requires(Role.ADMINISTRATOR)
def add(kind: str) -> ResponseReturnValue:
    """Add a channel."""
    wanted = _kind(kind)
    entered = channel_form(wanted)
    if not entered.validate():
        return _form_page(wanted, entered, status=422)
    channel = entered.channel(None, wanted)
    if not _may_be_called(entered, channel):
        return _form_page(wanted, entered, status=422)
    try:
        services().watch.stores.channels.add(channel)
    except ChannelExists:
        return _name_taken(wanted, entered)
    note(
        ActivityKind.SETTINGS,
        "added",
        say("notifications to %(name)s", name=channel.name),
    )
    flash(_("The channel is added. Try it out with Test."), "good")
    return _back()


@blueprint.get("/settings/notifications/<row_id:channel_id>")
@requires(Role.ADMINISTRATOR)
def edit(channel_id: int) -> ResponseReturnValue:
    """Show the form to change a channel."""
    channel = _found(channel_id)
    entered = channel_form(channel.kind)
    entered.fill_from(channel)
    return _form_page(channel.kind, entered, channel)


@blueprint.post("/settings/notifications/<row_id:channel_id>")
@requires(Role.ADMINISTRATOR)
def change(channel_id: int) -> ResponseReturnValue:
    """Save a channel; what it could not be told before it is told now."""
    known = _found(channel_id)
    entered = channel_form(known.kind)
    if not entered.validate():
        return _form_page(known.kind, entered, known, status=422)
    channel = entered.channel(known, known.kind)
    if not _may_be_called(entered, channel):
        return _form_page(known.kind, entered, known, status=422)
    try:
        services().watch.change(channel, expected_version=entered.version.number)
    except ChangedMeanwhile:
        flash(_("Somebody else changed the channel meanwhile. Look again."), "bad")
        return _back()
    except ChannelExists:
        return _name_taken(known.kind, entered, known)
    note(
        ActivityKind.SETTINGS,
        "changed",
        say("notifications to %(name)s", name=channel.name),
    )
    flash(_("Saved. Try it out with Test."), "good")
    return _back()


@blueprint.post("/settings/notifications/<row_id:channel_id>/test")
@requires(Role.ADMINISTRATOR)
def test(channel_id: int) -> ResponseReturnValue:
    """Send a test and say what went wrong."""
    channel = _found(channel_id)
    wrong = services().watch.try_out(channel)
    note(
        ActivityKind.SETTINGS,
        "tested",
        say("notifications to %(name)s", name=channel.name),
    )
    if wrong:
        text = _(
            "%(name)s: %(wrong)s.", name=channel.name, wrong=said(wrong).rstrip(".")
        )
        flash(text, "bad")
    else:
        flash(_("The test was taken. See whether it arrived."), "good")
    return _back()


@blueprint.post("/settings/notifications/<row_id:channel_id>/delete")
@requires(Role.ADMINISTRATOR)
def delete(channel_id: int) -> ResponseReturnValue:
    """Delete a channel."""
    channel = _found(channel_id)
    services().watch.stores.channels.delete(channel_id)
    note(
        ActivityKind.SETTINGS,
        "deleted",
        say("notifications to %(name)s", name=channel.name),
    )
    flash(_("The channel is deleted."), "good")
    return _back()


def _page(
    entered: AlarmRulesForm | None = None, *, status: int = 200
) -> ResponseReturnValue:
    stores = services().watch.stores
    now = services().clock.now()
    rules, version = stores.alarms.rules()
    page = render_template(
        "notifications/index.html",
        alarms=stores.alarms.shown(now),
        channels=stores.channels.all(),
        kinds=_KINDS,
        where=_where,
        rules_form=entered or AlarmRulesForm.of(rules, version),
        zone=zone_of(rules, stores.company.facts()),
        zones=sorted(available_timezones()),
        rhythms=tuple(_rhythms(stores.sightings.seen(now), rules)),
        notices=stores.notices.newest(_SHOWN_NOTICES),
        public_address=services().watch.pages,
    )
    return page, status


def _form_page(
    kind: ChannelKind,
    entered: MailForm | WebhookForm,
    channel: Channel | None = None,
    *,
    status: int = 200,
) -> ResponseReturnValue:
    page = render_template(
        "notifications/edit.html",
        form=entered,
        kind=kind,
        kind_name=_KINDS[kind],
        channel=channel,
        where=_where,
    )
    return page, status


def _where(channel: Channel) -> tuple[str, ...]:
    """Say where a channel leads, without what is secret of it."""
    if channel.mail is not None:
        return channel.mail.recipients
    if channel.receiver is not None:
        return (urlsplit(channel.receiver.url).hostname or "",)
    return (_("The secret key has changed. Enter the address again."),)


def _rhythms(seen: Seen, rules: AlarmRules) -> Iterator[ShownRhythm]:
    for shop in seen.shops:
        yield ShownRhythm(
            name=shop.name,
            orders=bool(shop.orders.recent),
            known=shop.orders.rhythm is not None,
            silent_from=silent_from(shop.orders, rules),
        )


def _may_be_called(entered: MailForm | WebhookForm, channel: Channel) -> bool:
    if isinstance(entered, MailForm):
        return True
    refusal = services().watch.refusal(channel)
    if refusal:
        entered.url.errors = [refusal]
    return not refusal


def _name_taken(
    kind: ChannelKind,
    entered: MailForm | WebhookForm,
    channel: Channel | None = None,
) -> ResponseReturnValue:
    entered.name.errors = [_("Another channel has this name.")]
    return _form_page(kind, entered, channel, status=422)


def _kind(word: str) -> ChannelKind:
    try:
        return ChannelKind(word)
    except ValueError:
        abort(404)


def _found(channel_id: int) -> Channel:
    channel = services().watch.stores.channels.get(channel_id)
    if channel is None:
        abort(404)
    return channel


def _back() -> ResponseReturnValue:
    return redirect(url_for("notifications.index"))
