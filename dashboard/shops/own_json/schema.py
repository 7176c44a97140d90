"""Holds an order against order.schema.json and says in words what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from dashboard.domain.sentences import say
from dashboard.shops.protocol import FieldError

_FILE: Final = "order.schema.json"


def _load() -> dict[str, Any]:
    text = files("dashboard.shops.own_json").joinpath(_FILE).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _without_references(part: object, definitions: Mapping[str, Any]) -> object:
    """Return a part of the schema with what it refers to put in place.

    To follow the references again for every order is a third of what reading one takes.
    """
    if isinstance(part, list):
        return [_without_references(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref", "").removeprefix("#/$defs/")
    merged = definitions[name] | part if name else part
    return {
        key: _without_references(value, definitions)
        for key, value in merged.items()
        if key not in {"$ref", "$defs"}
    }


ORDER_SCHEMA: Final = _load()
_WHOLE: Final = _without_references(ORDER_SCHEMA, ORDER_SCHEMA["$defs"])
_VALIDATOR: Final = Draft202012Validator(cast("dict[str, Any]", _WHOLE))


def schema_errors(payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Return what is wrong, each field named, in no particular order."""
    found = (
        field_error
        for error in _VALIDATOR.iter_errors(payload)
        for field_error in _field_errors(error)
    )
    return tuple(dict.fromkeys(found))


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    """Yield the fields that *error* is about, with a message for each."""
    path = _path(error.absolute_path)
    wanted: Any = error.validator_value
    given: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "required":
            for name in wanted:
                if name not in given:
                    yield FieldError(path=_join(path, name), message=say("is missing"))
        case "additionalProperties":
            for name in given:
                if name not in schema["properties"]:
                    message = say("is not a field of this format")
                    yield FieldError(path=_join(path, name[:80]), message=message)
        case "enum":
            message = say("must be one of %(wanted)s", wanted=", ".join(wanted))
            yield FieldError(path=path, message=message)
        case "minItems":
            yield FieldError(path=path, message=say("must not be empty"))
        case "maxItems":
            yield FieldError(
                path=path,
                message=say("has more than %(wanted)s entries", wanted=wanted),
            )
        case _:
            yield FieldError(
                path=path, message=say("must be %(schema)s", schema=_expected(schema))
            )


def _expected(schema: Mapping[str, Any]) -> str:
    """Return what belongs in that place in words: the schema's title has them."""
    names = {"object": "an object", "array": "a list", "boolean": "true or false"}
    return str(schema.get("title") or names.get(schema["type"]) or schema["type"])


def _path(steps: Iterable[str | int]) -> str:
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else _join(path, step)
    return path


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
