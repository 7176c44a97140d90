"""Tells which alarms hold, and sets up who is told of them."""

from __future__ import annotations

import sys

import click

from dashboard.app import Program
from dashboard.cli.terminal import json_option, open_program, tell
from dashboard.domain.alarms import AlarmKind
from dashboard.domain.notices import (
    Channel,
    ChannelKind,
    Encryption,
    MailServer,
    Receiver,
)
from dashboard.store.channels import ChannelExists

_MAIL_NEEDS = "An e-mail channel needs --host, --from and --to."


@click.command()
@json_option
def alarms(as_json: bool) -> None:  # noqa: FBT001
    """Look what needs somebody now. Ends with 1 if something does."""
    holding = open_program().watch.holding()
    facts = [
        {
            "kind": alarm.kind.value,
            "subject": alarm.subject,
            "since": alarm.since.isoformat(),
            "message": alarm.message,
        }
        for alarm in holding
    ]
    lines = (
        f"{alarm.kind.value} {alarm.subject} since {alarm.since:%Y-%m-%d %H:%M} UTC\n"
        f"    {alarm.message}"
        for alarm in holding
    )
    tell("\n".join(lines) or "All is well.", {"alarms": facts}, as_json=as_json)
    if holding:
        raise SystemExit(1)


@click.group()
def channels() -> None:
    """Who is told of alarms."""


@channels.command("add")
@click.option(
    "--kind", type=click.Choice([k.value for k in ChannelKind]), required=True
)
@click.option("--name", required=True, help="What you call it.")
@click.option(
    "--of",
    "kinds",
    type=click.Choice([kind.value for kind in AlarmKind]),
    multiple=True,
    help="An alarm to tell of; may be repeated. All of them if not given.",
)
@click.option("--url", default="", help="Where a webhook goes.")
@click.option("--secret", default="", help="What a webhook is signed with.")
@click.option("--host", default="", help="The mail server.")
@click.option("--port", type=click.IntRange(1, 65535), default=587, show_default=True)
@click.option(
    "--encryption",
    type=click.Choice([each.value for each in Encryption]),
    default=Encryption.STARTTLS.value,
    show_default=True,
)
@click.option("--user", default="", help="Whom the mail server knows.")
@click.option("--password-stdin", is_flag=True, help="Read the password from input.")
@click.option("--from", "sender", default="", help="Whom e-mail comes from.")
@click.option("--to", "recipients", multiple=True, help="May be repeated.")
@json_option
def add_channel(  # noqa: PLR0913 - one for each option
    *,
    kind: str,
    name: str,
    kinds: tuple[str, ...],
    url: str,
    secret: str,
    host: str,
    port: int,
    encryption: str,
    user: str,
    password_stdin: bool,
    sender: str,
    recipients: tuple[str, ...],
    as_json: bool,
) -> None:
    """Add a channel; what it is told is tried out with `sluice channels test`."""
    wanted = ChannelKind(kind)
    mail, receiver = None, None
    if wanted is ChannelKind.EMAIL:
        if not (host and sender and recipients):
            raise click.ClickException(_MAIL_NEEDS)
        mail = MailServer(
            host=host,
            port=port,
            encryption=Encryption(encryption),
            user=user,
            password=sys.stdin.readline().rstrip("\n") if password_stdin else "",
            sender=sender,
            recipients=recipients,
        )
        if user and mail.encryption is Encryption.NONE:
            raise click.ClickException("A password needs --encryption starttls or tls.")
    else:
        receiver = Receiver(url=url, secret=secret)
    channel = Channel(
        id=0,
        name=name,
        kind=wanted,
        kinds=tuple(AlarmKind(each) for each in kinds) or tuple(AlarmKind),
        mail=mail,
        receiver=receiver,
    )
    _add(open_program(), channel)
    tell(f"{name} is told of alarms.", {"name": name, "added": True}, as_json=as_json)


@channels.command("list")
@json_option
def list_channels(as_json: bool) -> None:  # noqa: FBT001
    """List the channels, without what is secret of them."""
    facts = [
        {
            "name": channel.name,
            "kind": channel.kind.value,
            "active": channel.active,
            "of": [kind.value for kind in channel.kinds],
            "failure": channel.failure,
        }
        for channel in open_program().watch.stores.channels.all()
    ]
    lines = (f"{f['name']}  {f['kind']}  {f['failure']}".rstrip() for f in facts)
    tell("\n".join(lines), {"channels": facts}, as_json=as_json)


@channels.command("test")
@click.option("--name", required=True)
@json_option
def test_channel(name: str, as_json: bool) -> None:  # noqa: FBT001
    """Send a test to a channel, and say what went wrong."""
    watch = open_program().watch
    every = {channel.name: channel for channel in watch.stores.channels.all()}
    if name not in every:
        raise click.ClickException(f"There is no channel {name}.")
    wrong = watch.try_out(every[name])
    if wrong:
        raise click.ClickException(f"{wrong.rstrip('.')}.")
    tell("The test was taken.", {"name": name, "taken": True}, as_json=as_json)


def _add(program: Program, channel: Channel) -> None:
    refusal = program.watch.refusal(channel)
    if refusal:
        raise click.ClickException(f"{refusal.rstrip('.')}.")
    try:
        program.watch.stores.channels.add(channel)
    except ChannelExists as error:
        raise click.ClickException(str(error)) from error
