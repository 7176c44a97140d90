"""Writing elements one by one, each with its own verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.listing import flag
from mock_accounting.dialect.messages import Answer
from mock_accounting.ledger.errors import Refused

S = TypeVar("S")
D = TypeVar("D")


def write_and_answer(
    request: ApiRequest,
    name: str,
    inputs: Sequence[S],
    *,
    write: Callable[[S], D],
    show: Callable[[D], JsonObject],
    echo: Callable[[S], JsonObject],
) -> Answer:
    """Write every input; one that is refused does not stop the others.

    With `summarizeErrors=false` the answer is a 200 with a verdict an element,
    otherwise a 400 that tells of the refused ones only: the good elements of a
    mixed batch are written all the same, and the caller is not told. So does
    the real one.
    """
    verdicts = _written(request, inputs, write=write, show=show, echo=echo)
    if not flag(request.call, "summarizeErrors", default=True):
        return request.envelope(
            name, [_with_verdict(element) for element in verdicts.elements]
        )
    if verdicts.refused:
        return answers.validation_exception(
            [_summarized(element) for element in verdicts.refused]
        )
    return request.envelope(name, verdicts.elements)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Verdicts:
    """The elements of a batch in the order sent, good and refused ones."""

    elements: Sequence[JsonObject]
    refused: Sequence[JsonObject]


def _written(
    request: ApiRequest,
    inputs: Sequence[S],
    *,
    write: Callable[[S], D],
    show: Callable[[D], JsonObject],
    echo: Callable[[S], JsonObject],
) -> _Verdicts:
    elements: list[JsonObject] = []
    refused: list[JsonObject] = []
    for place, sent in enumerate(inputs, start=1):
        try:
            shown = show(write(request.to_write(place, sent)))
        except Refused as refusal:
            failed = echo(sent) | {
                "HasErrors": True,
                "HasValidationErrors": True,
                "StatusAttributeString": "ERROR",
                "ValidationErrors": answers.validation_errors(refusal.messages),
            }
            elements.append(failed)
            refused.append(failed)
        else:
            elements.append(shown)
    return _Verdicts(elements=elements, refused=refused)


def _with_verdict(element: JsonObject) -> JsonObject:
    return {"StatusAttributeString": "OK"} | element


def _summarized(element: JsonObject) -> JsonObject:
    shown = dict(element)
    shown.pop("StatusAttributeString", None)
    return shown
