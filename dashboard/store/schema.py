"""The tables. Rows never leave the store; see the modules beside this one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.domain.exchanges import SLOW_MS
from dashboard.store.database import Base, SentenceText, UtcDateTime

# Which orders ix_orders_problem holds. SQLite takes the index for a query only when it
# has these very words; with a parameter in them it would read a million orders.
HAS_PROBLEM = text("cause <> ''")
# A run that did something, or did not end well.
TELLING = (
    "state <> 'done' OR orders + contacts + invoices + payments + credits + refused > 0"
)

# Marks a column that holds what a vault has locked; `StoredSecrets` finds it by this.
ENCRYPTED = {"encrypted": True}

# BigInteger would not count up by itself on SQLite.
_Key = BigInteger().with_variant(Integer(), "sqlite")


class UserRow(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)  # none: cannot sign in yet
    active: Mapped[bool] = mapped_column(default=True)
    time_zone: Mapped[str] = mapped_column(Text, default="")  # "": the browser's
    language: Mapped[str] = mapped_column(Text, default="")  # "": the browser's
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrganisationRow(Base):
    """A further organisation; only the rows in the first one's database count."""

    __tablename__ = "organisations"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasswordLinkRow(Base):
    """A link that lets its holder choose a password, once; we hold its hash.

    Without a user it makes the first administrator.
    """

    __tablename__ = "password_links"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UserSessionRow(Base):
    """A browser that is signed in; the cookie holds the token, we hold its hash."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    address: Mapped[str] = mapped_column(Text, default="")
    browser: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SavedViewRow(Base):
    """A list of orders that a user keeps under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)  # as it stands in the address


class SignInThrottleRow(Base):
    """How often signing in failed for one e-mail address or one network."""

    __tablename__ = "sign_in_throttles"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiTokenRow(Base):
    """A bearer token of the JSON API; we hold its hash."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ActivityRow(Base):
    """Who did what; never changed, and kept as long as the company wants."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_kind_id", "kind", "id"),
        Index("ix_activities_user_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(SentenceText)
    user_id: Mapped[int | None] = mapped_column(BigInteger)  # of the actor
    address: Mapped[str] = mapped_column(Text, default="")
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(SentenceText, default="")
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[str] = mapped_column(SentenceText, default="")


class ConnectionRow(Base):
    """The accounting package; there is one."""

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    base_url: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(Text)
    client_secret: Mapped[str] = mapped_column(Text, info=ENCRYPTED)
    tenant_id: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    facts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShopRow(Base):
    """A shop whose orders are booked."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    # A JSON list, newest first
    secrets: Mapped[str] = mapped_column(Text, info=ENCRYPTED)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # How it is asked for its orders; empty where it only sends them
    base_url: Mapped[str] = mapped_column(Text, default="")
    api_keys: Mapped[str] = mapped_column(Text, default="", info=ENCRYPTED)
    orders_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # One a line
    vat_number_keys: Mapped[str] = mapped_column(Text, default="", server_default="")


class ShopRuleRow(Base):
    """A rule that is another one for a shop than for the company."""

    __tablename__ = "shop_rules"

    shop_id: Mapped[int] = mapped_column(
        ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)  # a field of the rules
    value: Mapped[Any] = mapped_column(JSON)


class UploadRow(Base):
    """A file of orders that a person looks over before they are taken in."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    shop_id: Mapped[int] = mapped_column(
        ForeignKey("shops.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes]  # empty once the orders are taken in
    reading: Mapped[dict[str, Any]] = mapped_column(JSON)
    uploaded_by: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    orders: Mapped[list[Any] | None] = mapped_column(JSON)  # what became of each


class ShopPullRow(Base):
    """How far a shop has been read, and how that went last."""

    __tablename__ = "shop_pulls"

    shop_id: Mapped[int] = mapped_column(
        ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True
    )
    cursor: Mapped[str] = mapped_column(Text, default="")  # the connector's own words
    pulled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    problem: Mapped[str] = mapped_column(SentenceText, default="")
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderHintRow(Base):
    """An order that a webhook spoke of, to be read from the shop."""

    __tablename__ = "order_hints"
    __table_args__ = (Index("ix_order_hints_shop", "shop_id", "id"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CompanyRulesRow(Base):
    """The company's rules that are not lists; there is one row."""

    __tablename__ = "company_rules"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    invoice_when: Mapped[str] = mapped_column(Text)
    mark_as_paid: Mapped[bool]
    correction: Mapped[str] = mapped_column(Text, default="")  # "" = ask a person
    sales_account: Mapped[str] = mapped_column(Text)
    shipping_account: Mapped[str] = mapped_column(Text)
    fee_account: Mapped[str] = mapped_column(Text)
    rounding_account: Mapped[str] = mapped_column(Text)
    gift_card_account: Mapped[str] = mapped_column(Text, default="", server_default="")
    number_pattern: Mapped[str] = mapped_column(Text)
    due_days: Mapped[int]
    vat_check: Mapped[str] = mapped_column(
        Text, default="valid", server_default="valid"
    )
    version: Mapped[int] = mapped_column(default=1)


class TaxRuleRow(Base):
    """A tax of the shop and the tax type it becomes."""

    __tablename__ = "tax_rules"
    __table_args__ = (UniqueConstraint("situation", "rate_percent", "country"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    situation: Mapped[str] = mapped_column(Text)
    rate_percent: Mapped[str] = mapped_column(Text, default="")  # exact; "" = none
    country: Mapped[str] = mapped_column(Text, default="")
    tax_type: Mapped[str] = mapped_column(Text)


class PaymentRuleRow(Base):
    """A payment method and the bank account its money arrives on."""

    __tablename__ = "payment_rules"

    method: Mapped[str] = mapped_column(Text, primary_key=True)
    bank_account: Mapped[str] = mapped_column(Text)


class OrderRow(Base):
    """An order with its status, kept for lists; revisions hold what the shop sent."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_orders_status_id", "status", "id"),
        Index("ix_orders_number", "number"),
        Index("ix_orders_invoice_number", "invoice_number"),
        Index("ix_orders_contact", "contact_posting_id"),
        # All that the groups of problems need, of the few orders that have one.
        Index(
            "ix_orders_problem",
            *("cause", "cause_about", "id", "status_at", "shop_id"),
            sqlite_where=HAS_PROBLEM,
            postgresql_where=HAS_PROBLEM,
        ),
        Index("ix_orders_shop_received", "shop_id", "received_at"),
        Index("ix_orders_received", "received_at"),
        # Lists of a shop or a status, by age and by total.
        Index("ix_orders_shop_status_id", "shop_id", "status", "id"),
        Index(
            "ix_orders_shop_status_total",
            *("shop_id", "status", "total_hundredths", "id"),
        ),
        Index("ix_orders_total", "total_hundredths", "id"),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    external_id: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    shop_status: Mapped[str] = mapped_column(Text, default="")
    currency: Mapped[str] = mapped_column(Text, default="")
    total_hundredths: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_hundredths: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_hundredths: Mapped[int] = mapped_column(BigInteger, default=0)
    customer_name: Mapped[str] = mapped_column(Text, default="")
    customer_email: Mapped[str] = mapped_column(Text, default="")
    # Of the payment provider, with a blank between them
    payment_references: Mapped[str] = mapped_column(Text, default="", server_default="")
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    modified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision_id: Mapped[int | None] = mapped_column(BigInteger)  # the newest one
    planned_revision_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_posting_id: Mapped[int | None] = mapped_column(BigInteger)
    invoice_number: Mapped[str] = mapped_column(Text, default="")
    # What the plan decided
    decision: Mapped[str] = mapped_column(Text)
    decision_reason: Mapped[str] = mapped_column(SentenceText, default="")
    decision_problem: Mapped[dict[str, str] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    leads_to: Mapped[str] = mapped_column(Text, default="")
    # How a person wants the books to follow a change, and the revision they saw
    correction: Mapped[str] = mapped_column(Text, default="")
    corrected_revision_id: Mapped[int | None] = mapped_column(BigInteger)
    ignored_by: Mapped[str] = mapped_column(Text, default="")
    ignored_reason: Mapped[str] = mapped_column(Text, default="")
    # What follows from it and from the postings
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(SentenceText, default="")
    cause: Mapped[str] = mapped_column(Text, default="")
    cause_about: Mapped[str] = mapped_column(Text, default="")
    message: Mapped[str] = mapped_column(SentenceText, default="")
    settings_section: Mapped[str] = mapped_column(Text, default="")
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderWordRow(Base):
    """A word that an order is found by: `store/order_words.py` says of what."""

    __tablename__ = "order_words"
    __table_args__ = (
        Index("ix_order_words_word", "word", "order_id"),
        {"sqlite_with_rowid": False},
    )

    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    # Compared byte by byte: what begins with a word lies in one range.
    word: Mapped[str] = mapped_column(
        Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True
    )


class OrderTallyRow(Base):
    """So many orders more (or fewer) of a shop have a status; all together count them.

    Only added to, so that nobody waits for anybody; now and then folded into few.
    """

    __tablename__ = "order_tallies"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    shop_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
    orders: Mapped[int]


class RevisionRow(Base):
    """What the shop sent of an order, as it came; never changed."""

    __tablename__ = "order_revisions"
    __table_args__ = (UniqueConstraint("order_id", "content_hash"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    content_hash: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostingRow(Base):
    """One document an order needs in the books."""

    __tablename__ = "postings"
    __table_args__ = (
        Index("ix_postings_state_kind", "state", "kind", "turn", "id"),
        Index("ix_postings_order", "order_id"),
        Index("ix_postings_requires", "requires_id"),
        Index("ix_postings_kind_updated", "kind", "state", "updated_at"),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str] = mapped_column(Text)
    natural_key: Mapped[str] = mapped_column(Text, unique=True)
    draft: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    requires_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id"))
    also_requires_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id"))
    document_id: Mapped[str] = mapped_column(Text, default="")
    problem: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    clashes: Mapped[int] = mapped_column(default=0)  # with this draft
    # What a person asked for goes first (0); the lowest comes next.
    turn: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RequestRow(Base):
    """Postings on their way: the exact bytes and key, frozen before they are sent."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_state_due", "state", "not_before"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes]
    idempotency_key: Mapped[str] = mapped_column(Text, unique=True)
    generation: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(Text)
    turn: Mapped[int] = mapped_column(default=1)  # the lowest of its members'
    attempts: Mapped[int] = mapped_column(default=0)
    # Sent at least once with no certain "not processed": may be in the books.
    dirty: Mapped[bool] = mapped_column(default=False)
    # Refused as a whole: what is missing goes again in two requests.
    in_halves: Mapped[bool] = mapped_column(default=False)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A person was told; the books are asked for it slowly, and nothing is sent.
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str] = mapped_column(Text, default="")
    claimed_until: Mapped[datetime] = mapped_column(UtcDateTime)
    claim_token: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RequestMemberRow(Base):
    """A posting carried by a request, at its place in the body."""

    __tablename__ = "request_members"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("postings.id"), index=True)


class ExchangeRow(Base):
    """One HTTP request to the books and its answer; secrets and people masked."""

    __tablename__ = "exchanges"
    # Lists are sorted by id; each index answers one question in that order.
    __table_args__ = (
        Index("ix_exchanges_result_id", "result", "id"),
        Index("ix_exchanges_purpose_id", "purpose", "id"),
        Index("ix_exchanges_purpose_result_id", "purpose", "result", "id"),
        Index(
            "ix_exchanges_slow_id",
            "id",
            "result",
            "purpose",
            "duration_ms",  # or SQLite looks into the table for it
            sqlite_where=text(f"duration_ms >= {SLOW_MS}"),
            postgresql_where=text(f"duration_ms >= {SLOW_MS}"),
        ),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    purpose: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    request_id: Mapped[int | None] = mapped_column(
        ForeignKey("requests.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("runs.id", ondelete="SET NULL"), index=True
    )
    method: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    request_headers: Mapped[dict[str, str]] = mapped_column(JSON)
    request_body: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[int | None]
    response_headers: Mapped[dict[str, str]] = mapped_column(JSON)
    response_body: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    duration_ms: Mapped[int] = mapped_column(default=0)


class OrderEventRow(Base):
    """A line of an order's story; never changed."""

    __tablename__ = "order_events"
    __table_args__ = (Index("ix_order_events_order", "order_id", "id"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(SentenceText)
    request_id: Mapped[int | None] = mapped_column(BigInteger)
    run_id: Mapped[int | None] = mapped_column(BigInteger, index=True)


class RetentionRow(Base):
    """For how many days what nothing follows from any more is kept; there is one row.

    0 keeps it for ever.
    """

    __tablename__ = "retention_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_days: Mapped[int]
    failure_days: Mapped[int]
    activity_days: Mapped[int]
    version: Mapped[int]


class SelectionRow(Base):
    """Orders that one act was chosen for, and how far it has come."""

    __tablename__ = "selections"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    act: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, index=True)
    asked_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    # Of a backfill
    shop_id: Mapped[int | None] = mapped_column(
        ForeignKey("shops.id", ondelete="CASCADE")
    )
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    calls: Mapped[int | None]
    lasts_s: Mapped[int | None]
    message: Mapped[str] = mapped_column(SentenceText, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_before: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Its counts once it has ended: to count a hundred thousand orders takes long
    tally: Mapped[dict[str, dict[str, int]] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    # The process that works on it, until its lease ends
    claimed_by: Mapped[str] = mapped_column(Text, default="")
    claimed_until: Mapped[datetime] = mapped_column(UtcDateTime)


class SelectionOrderRow(Base):
    """An order of a selection, and what became of it."""

    __tablename__ = "selection_orders"
    __table_args__ = (
        Index("ix_selection_orders_result", "selection_id", "result", "position"),
        Index("ix_selection_orders_outlook", "selection_id", "outlook", "position"),
    )

    selection_id: Mapped[int] = mapped_column(
        ForeignKey("selections.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int | None] = mapped_column(BigInteger)  # none: not taken in yet
    external_id: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[str] = mapped_column(Text)
    outlook: Mapped[str] = mapped_column(Text, default="")
    # None where the plan of a backfill lets nothing be done
    result: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(SentenceText, default="")


class ScheduleRow(Base):
    """When runs start; APScheduler is told what stands here."""

    __tablename__ = "schedules"
    __table_args__ = (Index("ix_schedules_shop_id", "shop_id", unique=True),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    task: Mapped[str] = mapped_column(Text)
    # The shop it pulls: shops are never deleted, and a reference would have SQLite
    # make the table anew. So with runs.
    shop_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)  # interval or cron
    spec: Mapped[str] = mapped_column(Text)  # seconds, or five cron fields
    timezone: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    paused_reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    next_due_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RunRow(Base):
    """One pass of the engine, or one pull of the shops."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_runs_state_id", "state", "id"),
        Index("ix_runs_task_state_id", "task", "state", "id"),
        Index("ix_runs_trigger_state_id", "trigger", "state", "id"),
        # Among a year of minutes with nothing to do, those that did something.
        Index(
            "ix_runs_telling",
            *("id", "state", "task", "trigger"),
            sqlite_where=text(TELLING),
            postgresql_where=text(TELLING),
        ),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    task: Mapped[str] = mapped_column(Text)
    trigger: Mapped[str] = mapped_column(Text)
    schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedules.id", ondelete="SET NULL")
    )
    shop_id: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    process: Mapped[str] = mapped_column(Text, default="")
    orders: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)
    invoices: Mapped[int] = mapped_column(default=0)
    payments: Mapped[int] = mapped_column(default=0)
    credits: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(SentenceText, default="")
    # Who wants it to end after the batch it is at
    stopped_by: Mapped[str | None] = mapped_column(Text)


class HeartbeatRow(Base):
    """A process that is alive, and what it does."""

    __tablename__ = "heartbeats"

    process: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CallRow(Base):
    """A call of the last minute; all of them together are a sliding window."""

    __tablename__ = "calls"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CallHourRow(Base):
    """How many calls were made in the hour that begins then."""

    __tablename__ = "call_hours"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    calls: Mapped[int]


class CallSlotRow(Base):
    """One call that may be in flight."""

    __tablename__ = "call_slots"

    number: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class GateRow(Base):
    """Whether the books may be called at all; there is one row."""

    __tablename__ = "gates"

    id: Mapped[int] = mapped_column(primary_key=True)
    closed_until: Mapped[datetime] = mapped_column(UtcDateTime)
    pause: Mapped[str] = mapped_column(Text, default="books away")
    reason: Mapped[str] = mapped_column(SentenceText, default="")
    paused_since: Mapped[datetime] = mapped_column(UtcDateTime)
    # It was closed, and no call has proved yet that the reason is gone.
    unproven: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)  # in a row


class ShopWebhookRow(Base):
    """What a shop last said of the webhook that sends us its orders."""

    __tablename__ = "shop_webhooks"

    shop_id: Mapped[int] = mapped_column(
        ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class RhythmRow(Base):
    """What was learned of something that comes again and again, a shop's orders."""

    __tablename__ = "rhythms"

    flow: Mapped[str] = mapped_column(Text, primary_key=True)
    learned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rhythm: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    usual_wait_s: Mapped[int | None]


class AlarmRulesRow(Base):
    """When the company wants to be told; there is one row.

    Whoever opens and ends alarms or writes notices locks it first.
    """

    __tablename__ = "alarm_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(default=0)


class AlarmRow(Base):
    """An alarm, from when it was noticed until it was over."""

    __tablename__ = "alarms"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    # Kind and subject while it holds, so that it holds once; then nothing.
    open_key: Mapped[str | None] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(SentenceText)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class ChannelRow(Base):
    """A way to tell people of alarms."""

    __tablename__ = "channels"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, info=ENCRYPTED)  # JSON
    kinds: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(Text, default="")  # "": the company's
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(SentenceText, default="")


class NoticeRow(Base):
    """A message to a channel, written down before it is sent."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_state_due", "state", "not_before"),)

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channels.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str] = mapped_column(Text)
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    turn: Mapped[int] = mapped_column(default=1)  # the lowest of its members'
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_until: Mapped[datetime] = mapped_column(UtcDateTime)
    claim_token: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(SentenceText, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeAlarmRow(Base):
    """That a channel was told of an alarm, or of its end; once for all."""

    __tablename__ = "notice_alarms"

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True
    )
    alarm_id: Mapped[int] = mapped_column(
        ForeignKey("alarms.id", ondelete="CASCADE"), primary_key=True
    )
    event: Mapped[str] = mapped_column(Text, primary_key=True)
    notice_id: Mapped[int] = mapped_column(
        ForeignKey("notices.id", ondelete="CASCADE"), index=True
    )


class PassRow(Base):
    """One comparison of orders with the books."""

    __tablename__ = "reconciliation_passes"

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, index=True)
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("runs.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tally: Mapped[dict[str, int]] = mapped_column(JSON)
    totals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    message: Mapped[str] = mapped_column(SentenceText, default="")


class DifferenceRow(Base):
    """Something that shop and books do not agree on, until a pass finds it gone."""

    __tablename__ = "differences"
    __table_args__ = (
        Index("ix_differences_order", "order_id"),
        Index("ix_differences_document", "document_id"),
    )

    id: Mapped[int] = mapped_column(_Key, primary_key=True)
    # Null once it is resolved: it may come back, and is another one then.
    open_key: Mapped[str | None] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str] = mapped_column(Text)
    document_kind: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    currency: Mapped[str] = mapped_column(Text)
    shop_hundredths: Mapped[int | None] = mapped_column(BigInteger)
    books_hundredths: Mapped[int | None] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(SentenceText)
    subject: Mapped[str] = mapped_column(Text, default="")
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PassFindingRow(Base):
    """A pass found a difference."""

    __tablename__ = "pass_findings"

    pass_id: Mapped[int] = mapped_column(
        ForeignKey("reconciliation_passes.id", ondelete="CASCADE"), primary_key=True
    )
    difference_id: Mapped[int] = mapped_column(
        ForeignKey("differences.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ReadDocumentRow(Base):
    """A document as a pass under way read it; forgotten when the pass ends."""

    __tablename__ = "read_documents"
    __table_args__ = (
        Index("ix_read_documents_number", "pass_id", "number"),
        Index("ix_read_documents_reference", "pass_id", "reference"),
    )

    pass_id: Mapped[int] = mapped_column(
        ForeignKey("reconciliation_passes.id", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    # Asked for itself, and not only because an order of the period may need it.
    in_scope: Mapped[bool]
    matched: Mapped[bool] = mapped_column(default=False)


class ReadBankEntryRow(Base):
    """On which bank account a payment stands, as a pass under way read it."""

    __tablename__ = "read_bank_entries"

    pass_id: Mapped[int] = mapped_column(
        ForeignKey("reconciliation_passes.id", ondelete="CASCADE"), primary_key=True
    )
    payment_id: Mapped[str] = mapped_column(Text, primary_key=True)
    bank_account: Mapped[str] = mapped_column(Text)
