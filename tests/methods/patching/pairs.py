"""Texts to patch, and the twin of a patch: one whole forward with the numbers put there by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import pellucid
from pellucid.core.explanation import Explanation
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.every.test_methods_on_families import swap
from tests.families import family, question

FACT = {"text": "The capital of France is", "corrupt": "The capital of Italy is"}
ASKED = {"target": " Paris", "against": " Rome", "scale": "logit"}


def explained(name: str, by: str, **options: Any) -> Explanation:
    """A method on a family's question and the same with another word."""
    q = question(name)
    return pellucid.explain(
        family(name), q.text, by, **({"target": q.one, "corrupt": swap(name, q.text)[1]} | options)
    )


def texts(name: str) -> tuple[HuggingFaceModel, Text, Text, Target]:
    """The model, the clean and the corrupt text, and the target."""
    model, q = family(name), question(name)
    clean, corrupt = model.cut(q.text, "token"), swap(name, q.text)[1]
    other = model.cut(Text.pair(*corrupt.split("\n")) if clean.seam else corrupt, "token")
    return model, clean, other, model.resolve(clean, Target(q.one))


def put(numbers: Tensor, positions: Any = slice(None), head: int | None = None) -> Callable[[Tensor], Tensor]:
    """A change that puts numbers of a text, shape (position, ...), at some positions."""

    def change(passing: Tensor) -> Tensor:
        new = passing.clone()
        if head is None:
            new[:, positions] = numbers[positions]
        else:
            new[:, positions, head] = numbers[positions, head]
        return new

    return change


def value(model: HuggingFaceModel, text: Text, target: Target, change: Any = None) -> float:
    """The target's number."""
    with torch.no_grad():
        return float(model.trace(text, target, change=change).outputs.sum())
