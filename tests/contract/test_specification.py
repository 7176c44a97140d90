"""Answers against the vendor's own OpenAPI file.

The file is not ours to keep: `XERO_OPENAPI_FILE` names it, for example a copy of
`xero_accounting.yaml`. Without it these tests are skipped; the field lists of
`test_fields.py` always run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from mock_accounting.app import create_app
from mock_accounting.config import Settings
from tests.contract.answers import Example, examples

_FILE = os.environ.get("XERO_OPENAPI_FILE", "")
_RECORDED = frozenset(
    {
        *("Id", "Status", "ProviderName", "DateTimeUTC"),  # the envelope
        *("DateString", "DueDateString", "DateUTCString"),
        *("ID", "InvoicePaymentServices", "ValidationErrors"),
    }
)
"""Fields that recorded answers have and the file does not."""

pytestmark = pytest.mark.skipif(not _FILE, reason="XERO_OPENAPI_FILE is not set")


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(Path(_FILE).read_text(), yaml.CSafeLoader)
    return loaded


@pytest.fixture(scope="module")
def answered() -> list[Example]:
    return examples(create_app(Settings(enforce_limits=False)))


def _operation(specification: dict[str, Any], example: Example) -> dict[str, Any]:
    """The file's operation for an endpoint: paths that differ in names only."""
    for path, item in specification["paths"].items():
        parts = [
            "{id}" if part.startswith("{") else part.lower()
            for part in path.strip("/").split("/")
        ]
        if tuple(parts) == example.endpoint and example.method.lower() in item:
            operation: dict[str, Any] = item[example.method.lower()]
            return operation
    return {}


def _schema(
    specification: dict[str, Any], example: Example
) -> Mapping[str, Any] | None:
    """What a 200 of this endpoint looks like; None where it has no JSON."""
    response = _operation(specification, example).get("responses", {}).get("200", {})
    if "$ref" in response:
        name = response["$ref"].rpartition("/")[2]
        response = specification["components"]["responses"][name]
    content = response.get("content", {}).get("application/json", {})
    schema: Mapping[str, Any] | None = content.get("schema")
    return schema


def _errors(
    specification: dict[str, Any], schema: Mapping[str, Any], content: Any
) -> Iterator[str]:
    resource = Resource(contents=specification, specification=DRAFT4)
    registry = Registry().with_resource("urn:xero", resource)
    reference = {"$ref": "urn:xero" + schema["$ref"]} if "$ref" in schema else schema
    for error in Draft4Validator(reference, registry=registry).iter_errors(content):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message}"


def _unknown(
    specification: dict[str, Any], schema: Mapping[str, Any], content: Any, path: str
) -> Iterator[str]:
    """Fields that the file does not know."""
    while "$ref" in schema:
        schema = specification["components"]["schemas"][schema["$ref"].split("/")[-1]]
    if isinstance(content, list):
        for item in content:
            yield from _unknown(specification, schema.get("items", {}), item, path)
    elif isinstance(content, dict) and "properties" in schema:
        for name, value in content.items():
            inner = schema["properties"].get(name)
            if inner is not None:
                yield from _unknown(specification, inner, value, f"{path}.{name}")
            elif name not in _RECORDED:
                yield f"{path}.{name}"


def test_every_endpoint_answers_as_the_file_says(
    specification: dict[str, Any], answered: list[Example]
) -> None:
    problems = []
    for example in answered:
        name = f"{example.method} /{'/'.join(example.endpoint)}"
        schema = _schema(specification, example)
        assert example.answer.status_code in {200, 204}, (name, example.answer.text)
        if schema is None or not example.answer.is_json:
            continue
        content = example.answer.get_json()
        problems += [f"{name}: {it}" for it in _errors(specification, schema, content)]
        problems += [
            f"{name}: unknown {it}"
            for it in _unknown(specification, schema, content, "")
        ]

    assert sorted(set(problems)) == []


def test_every_endpoint_is_in_the_file(
    specification: dict[str, Any], answered: list[Example]
) -> None:
    missing = {
        (example.method, *example.endpoint)
        for example in answered
        if not _operation(specification, example)
    }

    # Some clients call it so.
    assert {it for it in missing if it[1] != "organisations"} == set()
