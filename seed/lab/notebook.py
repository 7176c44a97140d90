"""What the lab remembers from one start to the next, in lab.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from seed.lab.orders import Item, LabOrder
from seed.orders import Refund
from seed.problems import DataFolderUnusable
from seed.scenes import Status

_NAME: Final = "lab.json"


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The orders of the lab, by number, and how far the clock was moved ahead."""

    ahead_s: float = 0.0
    orders: dict[int, LabOrder] = field(default_factory=dict)


def read_notes(folder: Path) -> Notes:
    """Read what is kept in *folder*; nothing yet is an empty notebook.

    Raises:
        DataFolderUnusable: If it cannot be read.
    """
    path = folder / _NAME
    try:
        kept = json.loads(path.read_text("utf-8"))
        orders = [_order(plain) for plain in kept["orders"]]
        return Notes(
            ahead_s=float(kept["ahead_s"]),
            orders={order.number: order for order in orders},
        )
    except FileNotFoundError:
        return Notes()
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise DataFolderUnusable(
            f"{path} cannot be read ({error}). Remove the folder to begin anew."
        ) from error


def keep_notes(folder: Path, notes: Notes) -> None:
    """Write the notebook whole or not at all.

    Raises:
        DataFolderUnusable: If it cannot be written.
    """
    orders = [asdict(order) for order in notes.orders.values()]
    text = json.dumps({"ahead_s": notes.ahead_s, "orders": orders}, default=_plain)
    draft = folder / f"{_NAME}.new"
    try:
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(folder / _NAME)
    except OSError as error:
        raise DataFolderUnusable(
            f"{folder} cannot be written ({error.strerror})."
        ) from error


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _order(plain: dict[str, Any]) -> LabOrder:
    paid_at = plain["paid_at"]
    return LabOrder(
        number=int(plain["number"]),
        scene=str(plain["scene"]),
        items=tuple(
            Item(sku=str(item["sku"]), quantity=int(item["quantity"]))
            for item in plain["items"]
        ),
        country=str(plain["country"]),
        method=str(plain["method"]),
        status=Status(plain["status"]),
        placed_at=_time(plain["placed_at"]),
        modified_at=_time(plain["modified_at"]),
        paid_at=None if paid_at is None else _time(paid_at),
        refunds=tuple(
            Refund(
                refund_id=int(refund["refund_id"]),
                amount=Decimal(refund["amount"]),
                reason=str(refund["reason"]),
            )
            for refund in plain["refunds"]
        ),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
