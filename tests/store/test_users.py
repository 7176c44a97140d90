"""Users, their sessions, the throttle of sign-ins and API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from dashboard.domain.users import Role
from dashboard.store.api_tokens import ApiTokenStore, TokenExists
from dashboard.store.passwords import Passwords, PasswordTooWeak
from dashboard.store.schema import ApiTokenRow, UserRow, UserSessionRow
from dashboard.store.sign_in_throttle import MAX_WAIT, SignInThrottle, network_of
from dashboard.store.user_sessions import NORMAL_LIMITS, UserSessionStore
from dashboard.store.users import UserExists, UserStore
from tests.fixtures.clocks import SettableClock
from tests.fixtures.databases import ClockedDatabase

PASSWORD = "four words that differ"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOBODY_WAITS = timedelta(0)


@pytest.fixture
def users(database: ClockedDatabase, clock: SettableClock) -> UserStore:
    return UserStore(database, clock, Passwords(CHEAP))


@pytest.fixture
def sessions(database: ClockedDatabase, clock: SettableClock) -> UserSessionStore:
    return UserSessionStore(database, clock, NORMAL_LIMITS)


def test_a_user_is_verified_by_their_own_password_only(users: UserStore) -> None:
    users.add("Ada@Shop.example", "Ada", Role.MANAGER, PASSWORD)

    found = users.verified(" ada@shop.EXAMPLE ", PASSWORD)

    assert found is not None
    assert (found.email, found.role) == ("ada@shop.example", Role.MANAGER)
    assert users.verified("ada@shop.example", "another password") is None
    assert users.verified("nobody@shop.example", PASSWORD) is None


def test_an_address_has_one_user(users: UserStore) -> None:
    users.add("ada@shop.example", "Ada", Role.MANAGER, PASSWORD)

    with pytest.raises(UserExists):
        users.add("ADA@shop.example", "Ada again", Role.WATCHER, PASSWORD)


@pytest.mark.parametrize(
    "password", ["too short", "aaaaaaaaaaaaaaaa", "ada@shop.example", "x" * 1025]
)
def test_passwords_that_would_be_guessed_are_refused(
    users: UserStore, password: str
) -> None:
    with pytest.raises(PasswordTooWeak):
        users.add("ada@shop.example", "Ada", Role.MANAGER, password)


def test_a_hash_of_weaker_times_is_renewed_at_sign_in(
    database: ClockedDatabase, clock: SettableClock
) -> None:
    UserStore(database, clock, Passwords(CHEAP)).add(
        "ada@shop.example", "Ada", Role.MANAGER, PASSWORD
    )
    stronger = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    today = UserStore(database, clock, Passwords(stronger))

    assert today.verified("ada@shop.example", PASSWORD) is not None

    with database.read() as session:
        stored = session.scalars(select(UserRow.password_hash)).one()
    assert "t=2" in stored
    assert today.verified("ada@shop.example", PASSWORD) is not None


def test_a_new_password_ends_all_sessions(
    users: UserStore, sessions: UserSessionStore
) -> None:
    token = sessions.start(
        users.add("ada@shop.example", "Ada", Role.MANAGER, PASSWORD), "192.0.2.1"
    )

    users.set_password("ada@shop.example", "quite another password")

    assert sessions.user(token, acting=True) is None
    assert users.verified("ada@shop.example", PASSWORD) is None


def test_a_session_is_known_by_its_token_which_is_not_kept(
    users: UserStore, sessions: UserSessionStore, database: ClockedDatabase
) -> None:
    ada = users.add("ada@shop.example", "Ada", Role.MANAGER, PASSWORD)

    token = sessions.start(ada, "192.0.2.1")

    assert sessions.user(token, acting=True) == ada
    assert sessions.user(token + "x", acting=True) is None
    with database.read() as session:
        assert token not in session.scalars(select(UserSessionRow.token_hash)).one()


def test_a_session_in_use_lasts_until_its_end_and_no_longer(
    users: UserStore, sessions: UserSessionStore, clock: SettableClock
) -> None:
    ada = users.add("ada@shop.example", "Ada", Role.MANAGER, PASSWORD)
    token = sessions.start(ada, "192.0.2.1")

    for _ in range(35):
        clock.advance(timedelta(minutes=20).total_seconds())
        assert sessions.user(token, acting=True) == ada
    clock.advance(timedelta(minutes=25).total_seconds())

    assert sessions.user(token, acting=True) is None


def test_an_idle_session_ends(
    users: UserStore, sessions: UserSessionStore, clock: SettableClock
) -> None:
    ada = users.add("ada@shop.example", "Ada", Role.MANAGER, PASSWORD)
    token = sessions.start(ada, "192.0.2.1")
    clock.advance(timedelta(minutes=20).total_seconds())
    assert sessions.user(token, acting=False) == ada

    clock.advance(timedelta(minutes=11).total_seconds())

    assert sessions.user(token, acting=True) is None


def test_tries_cost_more_time_each_and_a_right_one_is_forgiven(
    database: ClockedDatabase, clock: SettableClock
) -> None:
    throttle = SignInThrottle(database, clock)
    for _ in range(5):
        assert throttle.enter("ada@shop.example", "192.0.2.1") == NOBODY_WAITS

    first = throttle.enter("ada@shop.example", "198.51.100.1")
    clock.advance(first.total_seconds())
    assert throttle.enter("ada@shop.example", "198.51.100.1") == NOBODY_WAITS
    second = throttle.enter("ada@shop.example", "198.51.100.1")
    assert second > first

    clock.advance(second.total_seconds())
    assert throttle.enter("ada@shop.example", "198.51.100.1") == NOBODY_WAITS
    throttle.forgive("ada@shop.example", "198.51.100.1")
    assert throttle.enter("ada@shop.example", "198.51.100.1") == NOBODY_WAITS


def test_a_network_that_tries_many_addresses_has_to_wait(
    database: ClockedDatabase, clock: SettableClock
) -> None:
    throttle = SignInThrottle(database, clock)
    for number in range(20):
        throttle.enter(f"user{number}@shop.example", f"192.0.2.{number}")

    assert throttle.enter("new@shop.example", "192.0.2.200") > NOBODY_WAITS
    assert throttle.enter("new@shop.example", "198.51.100.1") == NOBODY_WAITS


def test_nobody_waits_longer_than_a_quarter_of_an_hour(
    database: ClockedDatabase, clock: SettableClock
) -> None:
    throttle = SignInThrottle(database, clock)

    longest = NOBODY_WAITS
    for _ in range(30):
        wait = throttle.enter("ada@shop.example", "192.0.2.1")
        longest = max(longest, wait)
        clock.advance(wait.total_seconds())

    assert longest == MAX_WAIT


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_a_party_is_known_by_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_an_api_token_is_shown_once_and_kept_as_a_hash(
    database: ClockedDatabase, clock: SettableClock
) -> None:
    tokens = ApiTokenStore(database, clock)

    token = tokens.add("till")

    assert tokens.holder(token) == "till"
    assert tokens.holder("sluice_wrong") is None
    with database.read() as session:
        row = session.scalars(select(ApiTokenRow)).one()
    assert token not in row.token_hash
    assert row.last_used_at == clock.now()
    with pytest.raises(TokenExists):
        tokens.add("till")
