"""The kinds of orders a shop sees, and how each goes on after it was placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from seed.basket import Coupon, Fee
from seed.catalogue import (
    COFFEE,
    EBOOK,
    GIFT_CARD,
    GOODS,
    LAMP,
    MUG,
    PEN,
    POSTER,
    STAMPS,
    Product,
)


class Status(StrEnum):
    """An order's status by the slug WooCommerce sends."""

    DRAFT = "checkout-draft"
    PENDING = "pending"
    ON_HOLD = "on-hold"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REFUNDED = "refunded"


@dataclass(frozen=True, kw_only=True)
class PaymentMethod:
    """A way to pay, by the id and title of its WooCommerce plugin."""

    code: str
    title: str
    reference: str = ""


CARD = PaymentMethod(code="stripe", title="Credit card (Stripe)", reference="pi_")
PAYPAL = PaymentMethod(code="ppcp-gateway", title="PayPal", reference="PAYID-")
BANK_TRANSFER = PaymentMethod(code="bacs", title="Direct bank transfer")
CASH_ON_DELIVERY = PaymentMethod(code="cod", title="Cash on delivery")
# Money that no bank account is known for: a person has to choose one.
LOYALTY_POINTS = PaymentMethod(code="loyalty_points", title="Loyalty points")
NOTHING_TO_PAY = PaymentMethod(code="", title="")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What an order has become *turns* orders after it was placed."""

    turns: int = 0
    status: Status
    paid: bool = False


_PAID = (Stage(status=Status.PROCESSING, paid=True),)
_PAID_THEN_SENT = (*_PAID, Stage(turns=6, status=Status.COMPLETED, paid=True))
_DELIVERED_AT_ONCE = (Stage(status=Status.COMPLETED, paid=True),)
_TRANSFER_ARRIVES = (
    Stage(status=Status.ON_HOLD),
    Stage(turns=8, status=Status.PROCESSING, paid=True),
)
_PAID_AT_THE_DOOR = (
    Stage(status=Status.PROCESSING),
    Stage(turns=10, status=Status.COMPLETED, paid=True),
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One kind of order; *often* is how many of it a round of orders holds."""

    name: str
    often: int = 1
    stages: tuple[Stage, ...] = _PAID
    payment: PaymentMethod = CARD
    country: str = "NL"
    currency: str = "EUR"
    company: bool = False
    tax_exempt: bool = False
    without_address: bool = False
    products: Sequence[Product] = GOODS
    most_lines: int = 3
    coupon: Coupon | None = None
    fees: tuple[Fee, ...] = ()
    note: str = ""
    # Products that must be in the basket for the scene to make sense.
    certain: tuple[Product, ...] = field(default=())


SCENES = (
    Scene(name="card", often=6),
    Scene(name="card, then sent", often=2, stages=_PAID_THEN_SENT),
    Scene(name="PayPal", often=3, payment=PAYPAL),
    Scene(name="a payment method that is new", payment=LOYALTY_POINTS),
    Scene(name="e-book", stages=_DELIVERED_AT_ONCE, products=(EBOOK,), most_lines=1),
    Scene(
        name="bank transfer that arrives",
        often=2,
        stages=_TRANSFER_ARRIVES,
        payment=BANK_TRANSFER,
    ),
    Scene(
        name="bank transfer awaited",
        stages=(Stage(status=Status.ON_HOLD),),
        payment=BANK_TRANSFER,
    ),
    Scene(
        name="cash on delivery",
        often=2,
        stages=_PAID_AT_THE_DOOR,
        payment=CASH_ON_DELIVERY,
    ),
    Scene(
        name="left at the payment page",
        stages=(Stage(status=Status.PENDING),),
    ),
    Scene(
        name="paid at the second try",
        stages=(
            Stage(status=Status.FAILED),
            Stage(turns=3, status=Status.PROCESSING, paid=True),
        ),
    ),
    Scene(name="payment failed", stages=(Stage(status=Status.FAILED),)),
    Scene(
        name="cancelled before payment",
        stages=(
            Stage(status=Status.ON_HOLD),
            Stage(turns=5, status=Status.CANCELLED),
        ),
        payment=BANK_TRANSFER,
    ),
    Scene(
        name="free with a coupon",
        stages=_DELIVERED_AT_ONCE,
        payment=NOTHING_TO_PAY,
        products=(EBOOK,),
        most_lines=1,
        coupon=Coupon(coupon_id=52, code="gift", percent=100),
    ),
    Scene(
        name="draft that becomes an order",
        stages=(
            Stage(status=Status.DRAFT),
            Stage(turns=1, status=Status.PROCESSING, paid=True),
        ),
    ),
    Scene(
        name="every tax rate",
        certain=(MUG, COFFEE, STAMPS, GIFT_CARD),
        most_lines=1,
    ),
    Scene(name="many pens", certain=(PEN, PEN, PEN, PEN, PEN), most_lines=2),
    Scene(name="Germany", often=2, country="DE"),
    Scene(
        name="company",
        often=2,
        company=True,
        payment=BANK_TRANSFER,
        stages=_TRANSFER_ARRIVES,
    ),
    Scene(
        name="company abroad, tax exempt", company=True, country="DE", tax_exempt=True
    ),
    Scene(name="export without tax", country="GB", payment=PAYPAL),
    Scene(
        name="Canada, two taxes",
        country="CA",
        currency="CAD",
        products=(MUG, PEN, LAMP),
    ),
    Scene(name="US dollars", country="US", currency="USD", payment=PAYPAL),
    Scene(
        name="nobody's address",
        stages=_DELIVERED_AT_ONCE,
        without_address=True,
        products=(EBOOK,),
        most_lines=1,
    ),
    Scene(
        name="markup in names",
        certain=(POSTER,),
        note='Bel aan "achterdeur" & <script>x</script> ☕',
    ),
    Scene(
        name="fees and a deduction",
        certain=(LAMP,),
        fees=(
            Fee(name="Gift wrapping", net=Decimal("2.50")),
            Fee(name="Loyalty discount", net=Decimal("-3.00")),
            Fee(name="Deposit", net=Decimal("1.00"), taxable=False),
        ),
    ),
    Scene(
        name="coupon",
        often=2,
        coupon=Coupon(coupon_id=51, code="welcome10", percent=10),
    ),
)
LONGEST_WAIT = max(stage.turns for scene in SCENES for stage in scene.stages)
