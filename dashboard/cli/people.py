"""Adds users and API tokens, and gives users new passwords."""

from __future__ import annotations

import sys

import click

from dashboard.app import Program
from dashboard.cli.terminal import json_option, note, open_program, tell
from dashboard.domain.activity import ActivityKind
from dashboard.domain.sentences import say
from dashboard.domain.users import NAMES, Role
from dashboard.store.api_tokens import TokenExists
from dashboard.store.passwords import PasswordTooWeak
from dashboard.store.users import UserExists, UserUnknown

_password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from input."
)


@click.group()
def users() -> None:
    """The people who sign in."""


@users.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option(
    "--role", type=click.Choice([role.word for role in Role]), default="watcher"
)
@_password_option
@json_option
def add_user(
    email: str,
    name: str,
    role: str,
    password_stdin: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Add a user; one who is there already stays as they are."""
    if "@" not in email.strip("@ "):
        raise click.ClickException(f"{email!r} is not an e-mail address.")
    program = open_program()
    if program.users.exists(email):
        tell(
            f"{email} is a user already.",
            {"email": email, "added": False},
            as_json=as_json,
        )
        return
    password = _read_password(from_input=password_stdin)
    try:
        user = program.users.add(email, name, Role.of(role), password)
    except (PasswordTooWeak, UserExists) as error:
        raise click.ClickException(str(error)) from error
    note(
        program,
        "added",
        user.email,
        kind=ActivityKind.USER,
        detail=NAMES[user.role],
    )
    facts = {"email": user.email, "role": role, "added": True}
    tell(f"{user.email} may sign in as {role}.", facts, as_json=as_json)


@users.command("first-link")
@json_option
def first_link(as_json: bool) -> None:  # noqa: FBT001
    """Make the one-time link for the first administrator; earlier ones end."""
    program = open_program()
    href = first_administrator_link(program)
    if href is None:
        raise click.ClickException(
            "Somebody can sign in already. An administrator invites others on the "
            "Users page; a forgotten password is set with: sluice users password"
        )
    tell(href, {"link": href}, as_json=as_json)


def first_administrator_link(program: Program) -> str | None:
    """Return a new link for the first administrator, None if there is one."""
    token = program.password_links.make_first()
    settings = program.settings
    # Listening on every address is no address to open.
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with
    host = "localhost" if everywhere else settings.host
    if token is None:
        return None
    root = settings.public_url or f"http://{host}:{settings.port}"
    return f"{root}{program.organisation.path}/welcome/{token}"


@users.command("password")
@click.option("--email", required=True)
@_password_option
@json_option
def set_password(email: str, password_stdin: bool, as_json: bool) -> None:  # noqa: FBT001
    """Give a user a new password; they have to sign in again everywhere."""
    program = open_program()
    if not program.users.exists(email):
        raise click.ClickException(f"There is no user {email}.")
    password = _read_password(from_input=password_stdin)
    try:
        program.users.set_password(email, password)
    except (PasswordTooWeak, UserUnknown) as error:
        raise click.ClickException(str(error)) from error
    note(program, "changed the password of", email, kind=ActivityKind.USER)
    tell(
        f"{email} has a new password and signs in again.",
        {"email": email, "changed": True},
        as_json=as_json,
    )


def _read_password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\n")
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return str(typed)


@click.group()
def tokens() -> None:
    """Bearer tokens of the JSON API."""


@tokens.command("add")
@click.option("--name", required=True, help="What it is for.")
@json_option
def add_token(name: str, as_json: bool) -> None:  # noqa: FBT001
    """Make a token and print it; it cannot be shown again."""
    program = open_program()
    try:
        token = program.tokens.add(name)
    except TokenExists as error:
        raise click.ClickException(str(error)) from error
    note(program, "added", say("API token %(name)s", name=name))
    tell(token, {"name": name, "token": token}, as_json=as_json)
