"""Writing elements one by one, each with its own verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mock_accounting.dialect import answers
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.messages import Answer
from mock_accounting.ledger.errors import Refused

S = TypeVar("S")
D = TypeVar("D")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """The elements of a batch in the order sent, good and refused ones."""

    elements: Sequence[JsonObject]
    refused: Sequence[JsonObject]


def write_all(
    inputs: Sequence[S],
    *,
    write: Callable[[S], D],
    show: Callable[[D], JsonObject],
    echo: Callable[[S], JsonObject],
) -> Verdicts:
    """Write every input; one that is refused does not stop the others."""
    elements: list[JsonObject] = []
    refused: list[JsonObject] = []
    for sent in inputs:
        try:
            shown = show(write(sent))
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
    return Verdicts(elements=elements, refused=refused)


def answer_batch(
    verdicts: Verdicts,
    *,
    summarize: bool,
    envelope: Callable[[Sequence[JsonObject]], Answer],
) -> Answer:
    """200 with a verdict an element, or a 400 that tells of the refused ones only.

    With *summarize* the good elements of a mixed batch are written all the
    same, and the caller is not told: so does the real one.
    """
    if not summarize:
        return envelope([_with_verdict(element) for element in verdicts.elements])
    if verdicts.refused:
        return answers.validation_exception(
            [_summarized(element) for element in verdicts.refused]
        )
    return envelope(verdicts.elements)


def _with_verdict(element: JsonObject) -> JsonObject:
    return {"StatusAttributeString": "OK"} | element


def _summarized(element: JsonObject) -> JsonObject:
    shown = dict(element)
    shown.pop("StatusAttributeString", None)
    return shown
