"""What Shopify is asked for, against the schema of its Admin API.

The file is not ours to keep: `SHOPIFY_SCHEMA_FILE` names it, for example
`dist/data/admin_2026-10.json.gz` of the npm package `@shopify/dev-mcp`. Without it
these tests are skipped. The questions were last validated with 1.16.0 of that package.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLSchema, build_client_schema, parse, validate
from graphql.validation import NoDeprecatedCustomRule, specified_rules

from dashboard.shops.shopify import queries

_FILE = os.environ.get("SHOPIFY_SCHEMA_FILE", "")

pytestmark = pytest.mark.skipif(not _FILE, reason="SHOPIFY_SCHEMA_FILE is not set")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    content = Path(_FILE).read_bytes()
    if _FILE.endswith(".gz"):
        content = gzip.decompress(content)
    loaded = json.loads(content)
    # Shopify's own file breaks a rule on deprecated fields.
    return build_client_schema(loaded.get("data", loaded), assume_valid=True)


def _questions() -> Iterator[str]:
    for scopes in ((), ("read_customers", "read_companies")):
        of_orders = queries.order_queries(scopes)
        yield of_orders.changed
        yield of_orders.one
        yield of_orders.bulk % "created_at:>='2026-11-22T07:00:00Z'"
    for connection in (*queries.OF_ORDER, *queries.OF_REFUND):
        yield connection.rest()
    yield from (queries.SHOP, queries.LISTED_ORDERS, queries.WEBHOOKS)
    yield from (queries.SUBSCRIBE, queries.START_BULK, queries.BULK_STATUS)


@pytest.mark.parametrize("question", list(_questions()))
def test_every_question_fits_the_schema(schema: GraphQLSchema, question: str) -> None:
    rules = (*specified_rules, NoDeprecatedCustomRule)

    assert validate(schema, parse(question), rules) == []


def test_every_topic_is_known(schema: GraphQLSchema) -> None:
    known = schema.type_map["WebhookSubscriptionTopic"]

    assert isinstance(known, GraphQLEnumType)
    assert set(queries.TOPICS) <= set(known.values)
