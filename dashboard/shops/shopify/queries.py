"""What Shopify is asked for, in GraphQL.

Every text here was validated against the schema of the Admin API in `API_VERSION`;
`tests/contract/test_shopify_schema.py` does it again where that file is at hand.

https://shopify.dev/docs/api/admin-graphql
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

API_VERSION: Final = "2026-10"

READ_ORDERS: Final = "read_orders"
READ_ALL_ORDERS: Final = "read_all_orders"
_READ_CUSTOMERS: Final = "read_customers"
_READ_COMPANIES: Final = "read_companies"

# Webhooks that speak of an order.
TOPICS: Final = (
    "ORDERS_CREATE",
    "ORDERS_PAID",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_CANCELLED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "ORDER_TRANSACTIONS_CREATE",
)

# What the customer saw in their own currency is not asked for: the shop's is booked.
_MONEY = "{shopMoney{amount currencyCode}}"
_TAXES = f"taxLines{{title rate ratePercentage channelLiable priceSet{_MONEY}}}"
_PAGE_INFO = "pageInfo{hasNextPage endCursor}"
_DISCOUNTS = f"discountAllocations{{allocatedAmountSet{_MONEY}}}"
_ADDRESS = (
    "{company firstName lastName phone address1 address2 city provinceCode zip "
    "countryCodeV2}"
)
_TRANSACTION = (
    f"id kind status gateway formattedGateway createdAt processedAt paymentId "
    f"amountSet{_MONEY} amountRoundingSet{_MONEY}"
)
_LINE_ITEM = (
    f"__typename id name sku quantity isGiftCard originalUnitPriceSet{_MONEY} "
    f"{_DISCOUNTS} {_TAXES} duties{{id price{_MONEY} {_TAXES}}}"
)
_SHIPPING_LINE = f"__typename id title discountedPriceSet{_MONEY} {_TAXES}"
_LOCALIZED_FIELD = "__typename key value"
_REFUND_LINE = (
    f"id quantity restockType subtotalSet{_MONEY} totalTaxSet{_MONEY} lineItem{{id}}"
)
_REFUND_SHIPPING = (
    f"id subtotalAmountSet{_MONEY} taxAmountSet{_MONEY} shippingLine{{id title}}"
)
_REFUND = (
    f"id createdAt processedAt note duties{{amountSet{_MONEY} originalDuty{{id}}}}"
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A list that Shopify gives in pages: whose it is, and what is asked of each."""

    owner: str
    name: str
    fields: str
    first: int
    where: str = ""

    def asked(self, *, paged: bool) -> str:
        """Return the question for the first page, or for all where none are made."""
        arguments = [f"first:{self.first}"] if paged else []
        arguments += [self.where] if self.where else []
        bounds = f"({','.join(arguments)})" if arguments else ""
        page_info = _PAGE_INFO if paged else ""
        return f"{self.name}{bounds}{{nodes{{{self.fields}}}{page_info}}}"

    def rest(self) -> str:
        """Return the query for a further page, by the id of its owner."""
        where = f",{self.where}" if self.where else ""
        return (
            "query Rest($id:ID!,$after:String,$first:Int!){node(id:$id){"
            f"...on {self.owner}{{{self.name}(first:$first,after:$after{where})"
            f"{{nodes{{{self.fields}}}{_PAGE_INFO}}}}}}}}}"
        )


OF_ORDER: Final = (
    Connection(owner="Order", name="lineItems", fields=_LINE_ITEM, first=20),
    Connection(owner="Order", name="shippingLines", fields=_SHIPPING_LINE, first=3),
    Connection(
        owner="Order",
        name="localizedFields",
        fields=_LOCALIZED_FIELD,
        first=3,
        where="purposes:[TAX]",
    ),
)
OF_REFUND: Final = (
    Connection(owner="Refund", name="refundLineItems", fields=_REFUND_LINE, first=10),
    Connection(
        owner="Refund", name="refundShippingLines", fields=_REFUND_SHIPPING, first=2
    ),
    Connection(owner="Refund", name="transactions", fields=_TRANSACTION, first=3),
)

SHOP: Final = (
    "query Shop($orders:String!){shop{currencyCode ianaTimezone myshopifyDomain}"
    "ordersCount(query:$orders,limit:null){count}}"
)
LISTED_ORDERS: Final = (
    "query ListedOrders($first:Int!,$after:String,$query:String!)"
    "{orders(first:$first,after:$after,query:$query,sortKey:CREATED_AT)"
    f"{{nodes{{id updatedAt}}{_PAGE_INFO}}}}}"
)
WEBHOOKS: Final = (
    "query Webhooks($first:Int!,$after:String,$topics:[WebhookSubscriptionTopic!])"
    "{webhookSubscriptions(first:$first,after:$after,topics:$topics)"
    f"{{nodes{{id topic uri}}{_PAGE_INFO}}}}}"
)
SUBSCRIBE: Final = (
    "mutation Subscribe($topic:WebhookSubscriptionTopic!,$uri:String!)"
    "{webhookSubscriptionCreate(topic:$topic,webhookSubscription:{uri:$uri})"
    "{webhookSubscription{id} userErrors{message}}}"
)
START_BULK: Final = (
    "mutation StartBulk($query:String!)"
    "{bulkOperationRunQuery(query:$query,groupObjects:true)"
    "{bulkOperation{id createdAt} userErrors{code message}}}"
)
BULK_STATUS: Final = (
    "query BulkStatus($id:ID!){bulkOperation(id:$id)"
    "{id status errorCode createdAt objectCount url}}"
)


def may(scopes: Collection[str], scope: str) -> bool:
    """Tell whether *scopes* hold one for reading; to write implies to read."""
    return scope in scopes or scope.replace("read_", "write_", 1) in scopes


@dataclass(frozen=True, kw_only=True)
class OrderQueries:
    """The questions for whole orders, as far as an app's access scopes allow them."""

    changed: str
    one: str
    bulk: str


def order_queries(scopes: Collection[str]) -> OrderQueries:
    """Return the questions an app with these access *scopes* may ask.

    A field that an app may not read makes its whole question fail.
    """
    fields = _order_fields(scopes)
    paged = " ".join(connection.asked(paged=True) for connection in OF_ORDER)
    refunds = " ".join(connection.asked(paged=True) for connection in OF_REFUND)
    whole = f"{fields} {paged} refunds{{{_REFUND} {refunds}}}"
    # A bulk operation refuses a connection within a list: only that there are refunds.
    flat = " ".join(connection.asked(paged=False) for connection in OF_ORDER)
    return OrderQueries(
        changed=(
            "query ChangedOrders($first:Int!,$after:String,$query:String!)"
            "{orders(first:$first,after:$after,query:$query,sortKey:UPDATED_AT)"
            f"{{nodes{{{whole}}}{_PAGE_INFO}}}}}"
        ),
        one=f"query OneOrder($id:ID!){{order(id:$id){{{whole}}}}}",
        bulk=f'{{orders(query:"%s"){{nodes{{{fields} {flat} refunds{{id}}}}}}}}',
    )


def _order_fields(scopes: Collection[str]) -> str:
    customer = "customer{id}" if may(scopes, _READ_CUSTOMERS) else ""
    company = (
        "purchasingEntity{...on PurchasingCompany{company{name}"
        "location{taxSettings{taxRegistrationId}}}}"
        if may(scopes, _READ_COMPANIES)
        else ""
    )
    return (
        "id name test cancelledAt createdAt updatedAt currencyCode "
        "presentmentCurrencyCode taxesIncluded dutiesIncluded taxExempt "
        f"displayFinancialStatus email phone note totalPriceSet{_MONEY} "
        f"totalTipReceivedSet{_MONEY} "
        f"totalCashRoundingAdjustment{{paymentSet{_MONEY}}} "
        f"customAttributes{{key value}} billingAddress{_ADDRESS} "
        f"shippingAddress{_ADDRESS} "
        f"additionalFees{{id name price{_MONEY} {_TAXES}}} "
        f"transactions{{{_TRANSACTION}}} {customer} {company}"
    )


_NAME: Final = re.compile(r"(?:query|mutation) (\w+)")


def operation_name(query: str) -> str:
    """Return what a question is called, for the record of calls."""
    found = _NAME.match(query)
    return found[1] if found else ""


# Which of an order's connections the rows of a bulk operation belong to.
CONNECTION_OF_TYPE: Final[Mapping[str, str]] = {
    "LineItem": "lineItems",
    "ShippingLine": "shippingLines",
    "LocalizedField": "localizedFields",
}
