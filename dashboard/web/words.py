"""What statuses, states and causes are called on the pages, and how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.domain.activity import ActivityKind
from dashboard.domain.alarms import AlarmKind
from dashboard.domain.exchanges import ExchangeResult
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.rules import Correction
from dashboard.domain.runs import RunPart, RunState, Task, Trigger
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.web.language import lazy_gettext as _


@dataclass(frozen=True, kw_only=True)
class Look:
    """A word with its colour (a tone of the stylesheet) and its icon."""

    label: str
    tone: str
    icon: str


STATUSES: Mapping[OrderStatus, Look] = {
    OrderStatus.AWAITING_PAYMENT: Look(
        label=_("Awaiting payment"), tone="quiet", icon="hourglass-split"
    ),
    OrderStatus.QUEUED: Look(label=_("Queued"), tone="moving", icon="inbox"),
    OrderStatus.IN_PROGRESS: Look(
        label=_("In progress"), tone="moving", icon="arrow-repeat"
    ),
    OrderStatus.RETRYING: Look(
        label=_("Retrying"), tone="waiting", icon="arrow-clockwise"
    ),
    OrderStatus.CHECKING: Look(label=_("Checking"), tone="waiting", icon="search"),
    OrderStatus.INVOICED: Look(label=_("Invoiced"), tone="good", icon="receipt"),
    OrderStatus.PAID: Look(label=_("Paid"), tone="good", icon="check-circle-fill"),
    OrderStatus.CREDITED: Look(
        label=_("Credited"), tone="quiet", icon="arrow-return-left"
    ),
    OrderStatus.NEEDS_ATTENTION: Look(
        label=_("Needs attention"), tone="bad", icon="exclamation-triangle-fill"
    ),
    OrderStatus.IGNORED: Look(label=_("Ignored"), tone="quiet", icon="slash-circle"),
}

POSTING_STATES: Mapping[PostingState, Look] = {
    PostingState.PENDING: Look(label=_("Waiting"), tone="quiet", icon="clock"),
    PostingState.IN_FLIGHT: Look(label=_("On its way"), tone="moving", icon="send"),
    PostingState.CONFIRMED: Look(
        label=_("Booked"), tone="good", icon="check-circle-fill"
    ),
    PostingState.REFUSED: Look(label=_("Refused"), tone="bad", icon="x-circle-fill"),
    PostingState.CANCELLED: Look(
        label=_("Not needed"), tone="quiet", icon="slash-circle"
    ),
}

POSTING_KINDS: Mapping[PostingKind, Look] = {
    PostingKind.CONTACT: Look(label=_("Contact"), tone="quiet", icon="person-circle"),
    PostingKind.INVOICE: Look(label=_("Invoice"), tone="quiet", icon="receipt"),
    PostingKind.PAYMENT: Look(label=_("Payment"), tone="quiet", icon="cash-coin"),
    PostingKind.CREDIT_NOTE: Look(
        label=_("Credit note"), tone="quiet", icon="receipt-cutoff"
    ),
    PostingKind.ALLOCATION: Look(
        label=_("Allocation"), tone="quiet", icon="arrow-left-right"
    ),
    PostingKind.REFUND: Look(label=_("Refund"), tone="quiet", icon="cash-stack"),
    PostingKind.VOID: Look(label=_("Voiding"), tone="quiet", icon="file-earmark-x"),
}

CORRECTIONS: Mapping[Correction, str] = {
    Correction.RENEW: _("Take the invoice back and make it anew"),
    Correction.ADJUST: _("Book only the difference"),
}

RUN_STATES: Mapping[RunState, Look] = {
    RunState.QUEUED: Look(label=_("Queued"), tone="moving", icon="inbox"),
    RunState.RUNNING: Look(label=_("Running"), tone="moving", icon="arrow-repeat"),
    RunState.DONE: Look(label=_("Done"), tone="good", icon="check-circle-fill"),
    RunState.FAILED: Look(label=_("Failed"), tone="bad", icon="x-circle-fill"),
    RunState.STOPPED: Look(label=_("Stopped"), tone="quiet", icon="x-lg"),
    RunState.INTERRUPTED: Look(
        label=_("Interrupted"), tone="waiting", icon="lightning-charge-fill"
    ),
}

TASKS: Mapping[Task, str] = {
    Task.SYNC: _("Write orders to the books"),
    Task.PULL: _("Fetch orders from the shops"),
    Task.RECONCILE: _("Compare orders with the books"),
    Task.PRUNE: _("Clear away what is too old to keep"),
}

EXCHANGE_RESULTS: Mapping[ExchangeResult, Look] = {
    ExchangeResult.ANSWERED: Look(
        label=_("Answered"), tone="good", icon="check-circle-fill"
    ),
    ExchangeResult.REFUSED: Look(label=_("Refused"), tone="bad", icon="x-circle-fill"),
    ExchangeResult.TOLD_TO_WAIT: Look(
        label=_("Told to wait"), tone="waiting", icon="hourglass-split"
    ),
    ExchangeResult.FAILED: Look(
        label=_("Server error"), tone="waiting", icon="exclamation-triangle-fill"
    ),
    ExchangeResult.SILENT: Look(
        label=_("No answer"), tone="waiting", icon="question-circle"
    ),
}

# What an exchange is for, as the connectors say it; another word is shown as it is.
PURPOSES: Mapping[str, str] = {
    "book": _("Book"),
    "ask": _("Ask what is booked"),
    "read": _("Read for a comparison"),
    "pull": _("Fetch from a shop"),
    "sign in": _("Sign in"),
}

# The kinds of shops; one that an installed package brings is shown as it is.
SHOP_KINDS: Mapping[str, str] = {
    "woocommerce": "WooCommerce",
    "shopify": "Shopify",
    "json": _("Our own JSON, or CSV files"),
}

TRIGGERS: Mapping[Trigger, str] = {
    Trigger.SCHEDULE: _("On schedule"),
    Trigger.ORDER: _("An order came in"),
    Trigger.PERSON: _("Asked for by a person"),
    Trigger.SWEEP: _("Work was left over"),
}

ACTIVITY_KINDS: Mapping[ActivityKind, Look] = {
    ActivityKind.ORDER: Look(label=_("Orders"), tone="quiet", icon="inbox"),
    ActivityKind.SELECTION: Look(label=_("Many orders"), tone="quiet", icon="inbox"),
    ActivityKind.UPLOAD: Look(label=_("Files"), tone="quiet", icon="box-arrow-in-down"),
    ActivityKind.RUN: Look(label=_("Runs"), tone="quiet", icon="activity"),
    ActivityKind.SCHEDULE: Look(
        label=_("Schedules"), tone="quiet", icon="calendar-week"
    ),
    ActivityKind.SETTINGS: Look(label=_("Settings"), tone="quiet", icon="gear"),
    ActivityKind.USER: Look(label=_("Users"), tone="quiet", icon="people"),
    ActivityKind.SIGN_IN: Look(
        label=_("Signing in"), tone="quiet", icon="person-circle"
    ),
}

ALARMS: Mapping[AlarmKind, Look] = {
    AlarmKind.WORKER_SILENT: Look(
        label=_("Nothing works in the background"), tone="bad", icon="heart-pulse-fill"
    ),
    AlarmKind.SCHEDULE_LATE: Look(
        label=_("A schedule is late"), tone="bad", icon="calendar-week"
    ),
    AlarmKind.WEBHOOK_OFF: Look(
        label=_("A shop has switched its webhook off"), tone="bad", icon="plug"
    ),
    AlarmKind.NO_ORDERS: Look(
        label=_("No orders come in"), tone="bad", icon="box-arrow-in-down"
    ),
    AlarmKind.NO_BOOKINGS: Look(
        label=_("Nothing is booked"), tone="bad", icon="receipt"
    ),
    AlarmKind.BOOKS_PAUSED: Look(
        label=_("Calls to the books pause"), tone="waiting", icon="cloud-slash"
    ),
    AlarmKind.NOT_DELIVERED: Look(
        label=_("A notification does not arrive"), tone="waiting", icon="send"
    ),
    AlarmKind.NEEDS_PERSON: Look(
        label=_("Orders need a person"),
        tone="waiting",
        icon="exclamation-triangle-fill",
    ),
}

ROLES: Mapping[Role, str] = {
    Role.WATCHER: _("Watcher"),
    Role.MANAGER: _("Manager"),
    Role.ADMINISTRATOR: _("Administrator"),
}

# How old orders are, as figures count them.
AGES: Sequence[str] = (
    _("Up to 5 minutes"),
    _("Up to an hour"),
    _("Up to 6 hours"),
    _("Up to a day"),
    _("Longer than a day"),
)

RUN_PARTS: Mapping[RunPart, str] = {
    RunPart.CONTACTS: _("Contacts"),
    RunPart.INVOICES: _("Invoices"),
    RunPart.PAYMENTS: _("Payments"),
    RunPart.CREDITS: _("Credits"),
    RunPart.REFUSED: _("Refused"),
}
