"""What the columns of a file of orders can stand for, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dashboard.shops.csv_upload.columns import Column
from dashboard.web.language import lazy_gettext as _

COLUMNS: Final[Mapping[Column, str]] = {
    Column.ORDER: _("Order number"),
    Column.ORDERED_ON: _("Day of the order"),
    Column.STATUS: _("Status"),
    Column.CURRENCY: _("Currency"),
    Column.TOTAL: _("Total of the order"),
    Column.PAID_ON: _("Paid on"),
    Column.PAID_AMOUNT: _("Amount paid"),
    Column.PAYMENT_METHOD: _("Payment method"),
    Column.PAYMENT_REFERENCE: _("Transaction number"),
    Column.CUSTOMER: _("Customer number"),
    Column.NAME: _("Name"),
    Column.FIRST_NAME: _("First name"),
    Column.LAST_NAME: _("Last name"),
    Column.COMPANY: _("Company"),
    Column.EMAIL: _("E-mail"),
    Column.PHONE: _("Telephone"),
    Column.VAT_NUMBER: _("VAT number"),
    Column.STREET: _("Street and number"),
    Column.POSTCODE: _("Postcode"),
    Column.CITY: _("City"),
    Column.REGION: _("Region"),
    Column.COUNTRY: _("Country, two letters"),
    Column.NOTE: _("Note"),
    Column.DESCRIPTION: _("Description"),
    Column.SKU: _("Article number"),
    Column.KIND: _("Kind: product, shipping, fee"),
    Column.QUANTITY: _("Quantity"),
    Column.NET: _("Line without tax"),
    Column.GROSS: _("Line with tax"),
    Column.UNIT_NET: _("Price of one without tax"),
    Column.UNIT_GROSS: _("Price of one with tax"),
    Column.TAX_RATE: _("Tax rate, percent"),
    Column.TAX_AMOUNT: _("Tax of the line"),
    Column.SHIPPING_NET: _("Shipping without tax"),
    Column.SHIPPING_GROSS: _("Shipping with tax"),
    Column.SHIPPING_TAX_RATE: _("Tax rate of shipping, percent"),
    Column.SHIPPING_TAX_AMOUNT: _("Tax of shipping"),
}

COLUMN_GROUPS: Final[Sequence[tuple[str, tuple[Column, ...]]]] = (
    (
        _("Order"),
        (
            Column.ORDER,
            Column.ORDERED_ON,
            Column.STATUS,
            Column.CURRENCY,
            Column.TOTAL,
            Column.NOTE,
        ),
    ),
    (
        _("Payment"),
        (
            Column.PAID_ON,
            Column.PAID_AMOUNT,
            Column.PAYMENT_METHOD,
            Column.PAYMENT_REFERENCE,
        ),
    ),
    (
        _("Line"),
        (
            Column.DESCRIPTION,
            Column.QUANTITY,
            Column.GROSS,
            Column.NET,
            Column.UNIT_GROSS,
            Column.UNIT_NET,
            Column.TAX_RATE,
            Column.TAX_AMOUNT,
            Column.SKU,
            Column.KIND,
        ),
    ),
    (
        _("Shipping"),
        (
            Column.SHIPPING_GROSS,
            Column.SHIPPING_NET,
            Column.SHIPPING_TAX_RATE,
            Column.SHIPPING_TAX_AMOUNT,
        ),
    ),
    (
        _("Customer"),
        (
            Column.NAME,
            Column.FIRST_NAME,
            Column.LAST_NAME,
            Column.COMPANY,
            Column.EMAIL,
            Column.PHONE,
            Column.VAT_NUMBER,
            Column.STREET,
            Column.POSTCODE,
            Column.CITY,
            Column.REGION,
            Column.COUNTRY,
            Column.CUSTOMER,
        ),
    ),
)
