"""Scopes: which there are, and which of them a call needs.

The granular ones of 2026 (`accounting.invoices`) and the broad one they replace
(`accounting.transactions`) are both accepted; `.read` is enough for a GET.
"""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_SCOPES = (
    "accounting.invoices accounting.payments accounting.contacts "
    "accounting.settings accounting.attachments"
)
OFFLINE = "offline_access"
_SIGN_IN = frozenset({"openid", "profile", "email", OFFLINE})
_AREAS = frozenset(
    {
        "attachments",
        "banktransactions",
        "budgets",
        "contacts",
        "invoices",
        "journals",
        "manualjournals",
        "payments",
        "reports",
        "settings",
        "transactions",
    }
)
_SALES = frozenset({"invoices", "transactions"})
_MONEY = frozenset({"payments", "transactions"})
_SETTINGS = frozenset({"settings"})
_NEEDED: Mapping[str, frozenset[str]] = {
    "accounts": _SETTINGS,
    "batchpayments": _MONEY,
    "contacts": frozenset({"contacts"}),
    "creditnotes": _SALES,
    "currencies": _SETTINGS,
    "invoices": _SALES,
    "items": _SALES | _SETTINGS,
    "organisation": _SETTINGS,
    "organisations": _SETTINGS,
    "payments": _MONEY,
    "taxrates": _SETTINGS,
}
_ATTACHMENTS = "attachments"


def is_scope(scope: str) -> bool:
    """Whether there is such a scope."""
    family, _, area = scope.removesuffix(".read").partition(".")
    return scope in _SIGN_IN or (family == "accounting" and area in _AREAS)


def allows(granted: str, method: str, path: str) -> bool:
    """Whether the scopes *granted* open *path*, given below the API's root.

    What is not imitated is open to all: it is missing anyway.
    """
    parts = [part for part in path.lower().split("/") if part]
    areas = _NEEDED.get(parts[0]) if parts else None
    if areas is None:
        return True
    if _ATTACHMENTS in parts[2:3]:
        areas = frozenset({_ATTACHMENTS})
    scopes = set(granted.split())
    accepted = {f"accounting.{area}" for area in areas}
    if method == "GET":
        accepted |= {f"{scope}.read" for scope in accepted}
    return not scopes.isdisjoint(accepted)
