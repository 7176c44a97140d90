"""Changes the key that encrypts the secrets of shops, books and channels."""

from __future__ import annotations

from dataclasses import asdict

import click

from dashboard.app import Program, vault_of
from dashboard.cli.terminal import (
    json_option,
    note,
    open_every,
    open_first,
    read_settings,
    tell,
)
from dashboard.config import SettingWrong, forget_old_secret_key, make_secret_key
from dashboard.domain.sentences import say
from dashboard.store.stored_secrets import SecretCount, StoredSecrets


@click.group()
def secrets() -> None:
    """The key to the stored secrets of shops, books and channels."""


@secrets.command("show")
@json_option
def show_secrets(as_json: bool) -> None:  # noqa: FBT001
    """Count the stored secrets by the key they can be read with."""
    count = _count(open_first())
    tell(
        f"{count.current} with the current key, {count.old} with an old one, "
        f"{count.unreadable} cannot be read.",
        asdict(count),
        as_json=as_json,
    )


@secrets.command("new-key")
@json_option
def new_key(as_json: bool) -> None:  # noqa: FBT001
    """Make a new key; secrets can be read by the one of before, too."""
    settings = read_settings()
    _check_key_is_a_file(settings.key_in_environment)
    try:
        make_secret_key(settings.data_dir)
    except SettingWrong as error:
        raise click.ClickException(str(error)) from error
    tell(
        "The new key is made. Restart Sluice everywhere, then encrypt everything anew "
        "with: sluice secrets rotate",
        {"made": True},
        as_json=as_json,
    )


@secrets.command("rotate")
@json_option
def rotate(as_json: bool) -> None:  # noqa: FBT001
    """Encrypt with the current key what an old one encrypted; all or nothing.

    That goes for each organisation; whatever is cut short can be repeated.
    """
    first = open_first()
    renewed = sum(_renew(program) for program in open_every(first))
    count = _count(first)
    text = f"{renewed} secrets are encrypted anew."
    if count.unreadable:
        text += (
            f" {count.unreadable} cannot be read by any key: give the missing one in "
            "SLUICE_OLD_SECRET_KEYS and repeat this, or set them again."
        )
    tell(text, {"renewed": renewed, **asdict(count)}, as_json=as_json)


@secrets.command("forget-old-key")
@json_option
def forget_old_key(as_json: bool) -> None:  # noqa: FBT001
    """Delete the old key, once nothing is encrypted with it."""
    first = open_first()
    _check_key_is_a_file(first.settings.key_in_environment)
    count = _count(first)
    if count.old:
        raise click.ClickException(
            f"{count.old} secrets are encrypted with the old key still. Encrypt them "
            "anew with: sluice secrets rotate"
        )
    gone = forget_old_secret_key(first.settings.data_dir)
    text = "The old key is deleted." if gone else "There is no old key."
    tell(text, {"deleted": gone}, as_json=as_json)


def _count(first: Program) -> SecretCount:
    """Count the secrets of all organisations: they have the key in common.

    Raises:
        click.ClickException: If those of one cannot be counted.
    """
    counts = [_stored(program).count() for program in open_every(first)]
    return SecretCount(
        current=sum(count.current for count in counts),
        old=sum(count.old for count in counts),
        unreadable=sum(count.unreadable for count in counts),
    )


def _renew(program: Program) -> int:
    renewed = _stored(program).renew()
    if renewed:
        note(program, "changed", say("the secret key"))
    return renewed


def _stored(program: Program) -> StoredSecrets:
    return StoredSecrets(program.database, vault_of(program.settings))


def _check_key_is_a_file(in_environment: bool) -> None:  # noqa: FBT001
    if in_environment:
        raise click.ClickException(
            "The key is given by SLUICE_SECRET_KEY: put a new one there and the old "
            "one into SLUICE_OLD_SECRET_KEYS, or take it out of there."
        )
