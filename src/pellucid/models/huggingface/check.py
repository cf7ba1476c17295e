"""Arithmetic that must hold on a loaded model, whatever its family: what `pellucid doctor` runs.

Each check compares a fast path with an obvious one on a short text. A model that fails one gives explanations
that cannot be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.errors import AblationImpossible, NotFinite, PellucidError
from pellucid.core.progress import metered
from pellucid.core.protocols import ABLATIONS
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.check_inside import INVARIANTS, NotThere
from pellucid.models.huggingface.heads.extractive import ExtractiveHead
from pellucid.models.huggingface.heads.masked import MaskedHead
from pellucid.models.huggingface.heads.token_label import TokenLabelHead
from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["Check", "check", "possible_ablations"]

PROBE = "The old house by the river was sold last week."
QUESTION, PLACE = "Where was the old house?", "river"
# Batches of another shape add up in another order; sixteen bits keep three digits.
TOLERANCE = {"float32": 1e-3, "float64": 1e-6, "bfloat16": 0.3, "float16": 0.05}
# Inside, of the largest number beside them: some roundings.
INSIDE = {"float32": 1e-4, "float64": 1e-9, "bfloat16": 0.05, "float16": 0.01}


@dataclass(frozen=True)
class Check:
    """One invariant: its words, whether it holds, and the number that says so (or the error).

    ``applies`` is false where the model does not have what it is about; then ``found`` is the reason.
    """

    name: str
    ok: bool
    found: str
    applies: bool = True


def check(model: HuggingFaceModel) -> list[Check]:
    """Every invariant of a model. An error inside one is a failure of that one, not of the rest."""
    text, target = _probe(model)
    checks: tuple[tuple[str, Callable[[HuggingFaceModel, Text, Target], float]], ...] = (
        ("a padded row scores as the row alone", padding),
        ("the gradient path scores as the value function", gradient_value),
        ("the memo answers as the model does", memo),
    )
    limit = TOLERANCE.get(model.dtype, TOLERANCE["bfloat16"])
    inside = INSIDE.get(model.dtype, INSIDE["bfloat16"])
    return [
        *(_checked(name, invariant, model, text, target, limit) for name, invariant in checks),
        *(_checked(name, invariant, model, text, target, inside) for name, invariant in INVARIANTS),
    ]


def padding(model: HuggingFaceModel, text: Text, target: Target) -> float:
    """Largest difference between rows of several lengths read together and one by one."""
    masks = _prefixes(text)
    model.memo.clear()
    together = model.value(text, target)(masks)
    model.memo.clear()
    value = model.value(text, target)
    return _worst(together, np.concatenate([value(mask[None]) for mask in masks]))


def gradient_value(model: HuggingFaceModel, text: Text, target: Target) -> float:
    """Difference between the score read through the embeddings and the one read through the ids."""
    gradients = model.gradients(text, target)
    through_embeddings, _ = gradients(gradients.inputs[None])
    return _worst(through_embeddings, model.value(text, target)(_prefixes(text)[:1]))


def memo(model: HuggingFaceModel, text: Text, target: Target) -> float:
    """Difference between an answer read anew and the same from the memo; infinite if it was read again."""
    masks = _prefixes(text)
    model.memo.clear()
    anew = model.value(text, target)(masks)
    with metered() as spent:
        kept = model.value(text, target)(masks)
    return float("inf") if spent.forwards else _worst(anew, kept)


def possible_ablations(model: HuggingFaceModel) -> tuple[str, ...]:
    """The ways of removing a feature that this model can do."""
    return tuple(a for a in ABLATIONS if _can(model, a))


def _can(model: HuggingFaceModel, ablate: str) -> bool:
    try:
        model.value(*_probe(model), ablate)  # type: ignore[arg-type]
    except AblationImpossible:
        return False
    except NotFinite:  # broken weights propose nothing; the checks say so
        return True
    return True


def _checked(
    name: str,
    invariant: Callable[[Any, Text, Target], float],
    model: HuggingFaceModel,
    text: Text,
    target: Target,
    limit: float,
) -> Check:
    try:
        difference = invariant(model, text, target)
    except NotThere as reason:
        return Check(name, True, str(reason), applies=False)
    except (PellucidError, RuntimeError, ValueError, IndexError, TypeError) as error:
        return Check(name, False, str(error).strip().partition("\n")[0])
    # Not "difference > limit": NaN must fail.
    return Check(name, difference <= limit, f"largest difference {difference:.1g}, allowed {limit:g}")


def _probe(model: HuggingFaceModel) -> tuple[Text, Target]:
    """A short text and a target that this model can be asked about.

    A masked language model needs a slot to fill; a place that is labelled, or answers, has to stay in the text.
    """
    head = model.head
    if isinstance(head, ExtractiveHead):
        text, asked = Text.pair(QUESTION, Text(PROBE).freeze(PLACE)), Target(PLACE)
    elif isinstance(head, TokenLabelHead):
        text, asked = Text(PROBE).freeze(PLACE), Target(head.labels[0], at=PLACE)
    else:
        mask = model.tokenizer.mask_token if isinstance(head, MaskedHead) else ""
        text, asked = Text(f"{PROBE} {mask}".strip()), Target()
    cut = model.cut(text, "word")
    return cut, model.resolve(cut, asked)


def _prefixes(text: Text) -> np.ndarray:
    """Masks that keep all, then all but the last, and so on: rows of falling length, one feature left."""
    features = len(text.features)
    return np.tril(np.ones((features, features), bool))[::-1]


def _worst(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(np.asarray(one) - np.asarray(other)).max())
