"""One-time links, the last administrator, and the sessions people end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from dashboard.domain.users import Role
from dashboard.store.password_links import (
    FIRST_LINK_LASTS,
    LINK_LASTS,
    LinkInvalid,
    PasswordLinkStore,
)
from dashboard.store.passwords import Passwords, PasswordTooWeak
from dashboard.store.schema import PasswordLinkRow
from dashboard.store.user_sessions import NORMAL_LIMITS, UserSessionStore
from dashboard.store.users import LastAdministrator, UserStore
from tests.fixtures.clocks import SettableClock
from tests.fixtures.databases import ClockedDatabase

PASSWORD = "four words that differ"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
MOMENT = timedelta(seconds=1)


@pytest.fixture
def users(database: ClockedDatabase, clock: SettableClock) -> UserStore:
    return UserStore(database, clock, CHEAP)


@pytest.fixture
def links(database: ClockedDatabase, clock: SettableClock) -> PasswordLinkStore:
    return PasswordLinkStore(database, clock, CHEAP)


@pytest.fixture
def sessions(database: ClockedDatabase, clock: SettableClock) -> UserSessionStore:
    return UserSessionStore(database, clock, NORMAL_LIMITS)


def first(links: PasswordLinkStore) -> str:
    token = links.make_first()
    assert token is not None
    return token


def test_the_first_link_makes_an_administrator_once(
    users: UserStore, links: PasswordLinkStore
) -> None:
    token = first(links)

    made = links.use_first(token, "Ann@shop.example", "Ann", PASSWORD)

    assert (made.email, made.role) == ("ann@shop.example", Role.ADMINISTRATOR)
    assert users.verified("ann@shop.example", PASSWORD) is not None
    with pytest.raises(LinkInvalid):
        links.use_first(token, "eve@shop.example", "Eve", PASSWORD)
    assert links.make_first() is None


def test_of_two_first_links_only_the_newer_works(links: PasswordLinkStore) -> None:
    older, newer = first(links), first(links)

    with pytest.raises(LinkInvalid):
        links.find(older)
    assert links.find(newer).user is None


def test_a_first_link_ends_when_somebody_can_sign_in(
    users: UserStore, links: PasswordLinkStore
) -> None:
    token = first(links)
    users.add("ann@shop.example", "Ann", Role.ADMINISTRATOR, PASSWORD)

    with pytest.raises(LinkInvalid):
        links.use_first(token, "eve@shop.example", "Eve", PASSWORD)


def test_links_expire(
    users: UserStore, links: PasswordLinkStore, clock: SettableClock
) -> None:
    token = first(links)
    clock.advance(FIRST_LINK_LASTS.total_seconds())
    with pytest.raises(LinkInvalid):
        links.find(token)

    invited = links.make(users.invite("bo@shop.example", "Bo", Role.WATCHER).id)
    clock.advance((LINK_LASTS - MOMENT).total_seconds())
    assert links.find(invited).user is not None
    clock.advance(MOMENT.total_seconds())
    with pytest.raises(LinkInvalid):
        links.find(invited)


def test_only_the_hash_of_a_link_is_kept(
    database: ClockedDatabase, links: PasswordLinkStore
) -> None:
    token = first(links)

    with database.read() as session:
        (row,) = session.scalars(select(PasswordLinkRow))
    assert token not in str(vars(row))


def test_who_is_invited_signs_in_with_the_password_they_chose(
    users: UserStore, links: PasswordLinkStore
) -> None:
    invited = users.invite("bo@shop.example", "Bo", Role.MANAGER)
    assert invited.invited
    assert users.verified("bo@shop.example", "nobody has this password") is None
    assert users.verified("bo@shop.example", "") is None
    token = links.make(invited.id)

    with pytest.raises(PasswordTooWeak):
        links.use(token, "short")
    links.use(token, PASSWORD)

    assert users.verified("bo@shop.example", PASSWORD) is not None
    with pytest.raises(LinkInvalid):
        links.use(token, "another four words here")


def test_a_link_used_by_two_at_once_sets_one_password(
    users: UserStore, links: PasswordLinkStore
) -> None:
    token = links.make(users.invite("bo@shop.example", "Bo", Role.MANAGER).id)
    both = threading.Barrier(2)
    done: list[str] = []

    def use(password: str) -> None:
        both.wait()
        try:
            links.use(token, password)
        except LinkInvalid:
            return
        done.append(password)

    passwords = ("one of these four words", "two of these four words")
    threads = [threading.Thread(target=use, args=[each]) for each in passwords]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = done
    assert users.verified("bo@shop.example", winner) is not None


def test_a_reset_takes_password_sessions_and_older_links_away(
    users: UserStore, links: PasswordLinkStore, sessions: UserSessionStore
) -> None:
    users.add("ann@shop.example", "Ann", Role.ADMINISTRATOR, PASSWORD)
    bo = users.add("bo@shop.example", "Bo", Role.WATCHER, PASSWORD)
    older, token = links.make(bo.id), sessions.start(bo, "127.0.0.1")

    users.forget_password(bo.id)

    assert users.verified("bo@shop.example", PASSWORD) is None
    assert sessions.user(token, acting=True) is None
    with pytest.raises(LinkInvalid):
        links.find(older)


def test_the_last_administrator_keeps_role_password_and_access(
    users: UserStore,
) -> None:
    ann = users.add("ann@shop.example", "Ann", Role.ADMINISTRATOR, PASSWORD)
    # Neither can administrate: one cannot sign in yet, the other is switched off.
    users.invite("bo@shop.example", "Bo", Role.ADMINISTRATOR)
    off = users.add("cy@shop.example", "Cy", Role.ADMINISTRATOR, PASSWORD)
    users.switch(off.id, on=False)

    with pytest.raises(LastAdministrator):
        users.change_role(ann.id, Role.MANAGER)
    with pytest.raises(LastAdministrator):
        users.switch(ann.id, on=False)
    with pytest.raises(LastAdministrator):
        users.forget_password(ann.id)

    assert users.verified("ann@shop.example", PASSWORD) is not None
    users.switch(off.id, on=True)
    users.change_role(ann.id, Role.MANAGER)


def test_two_administrators_cannot_take_each_others_role_away_at_once(
    users: UserStore,
) -> None:
    both = [
        users.add(f"{name}@shop.example", name, Role.ADMINISTRATOR, PASSWORD)
        for name in ("ann", "bo")
    ]
    ready = threading.Barrier(2)
    refused: list[str] = []

    def demote(user_id: int) -> None:
        ready.wait()
        try:
            users.change_role(user_id, Role.WATCHER)
        except LastAdministrator as error:
            refused.append(str(error))

    threads = [threading.Thread(target=demote, args=[user.id]) for user in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    roles = sorted(user.role for user in users.all())
    assert roles == [Role.WATCHER, Role.ADMINISTRATOR]


def test_another_role_signs_out_and_keeps_the_link(
    users: UserStore, links: PasswordLinkStore, sessions: UserSessionStore
) -> None:
    users.add("ann@shop.example", "Ann", Role.ADMINISTRATOR, PASSWORD)
    bo = users.invite("bo@shop.example", "Bo", Role.WATCHER)
    link, token = links.make(bo.id), sessions.start(bo, "127.0.0.1")

    users.change_role(bo.id, Role.MANAGER)

    assert sessions.user(token, acting=True) is None
    assert links.find(link).user is not None


def test_sessions_are_listed_and_ended_by_their_owner_alone(
    users: UserStore, sessions: UserSessionStore, clock: SettableClock
) -> None:
    ann = users.add("ann@shop.example", "Ann", Role.WATCHER, PASSWORD)
    bo = users.add("bo@shop.example", "Bo", Role.WATCHER, PASSWORD)
    mine = sessions.start(ann, "192.0.2.1", "Mozilla Firefox/140")
    clock.advance(1)
    other = sessions.start(ann, "192.0.2.2")
    theirs = sessions.start(bo, "192.0.2.3")

    listed = sessions.of(ann.id, this=mine)

    assert [(s.address, s.this) for s in listed] == [
        ("192.0.2.2", False),
        ("192.0.2.1", True),
    ]
    assert sessions.counts() == {ann.id: 2, bo.id: 1}
    (bos,) = sessions.of(bo.id)
    assert not sessions.revoke(ann.id, bos.id)
    assert sessions.revoke(ann.id, listed[0].id)
    assert sessions.user(other, acting=True) is None
    sessions.revoke_all(ann.id, but=mine)
    assert sessions.user(mine, acting=True) is not None
    assert sessions.user(theirs, acting=True) is not None
