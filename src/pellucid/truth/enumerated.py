"""Short texts of a transformer whose Shapley values are enumerated: all 2^n subsets of their words are read."""

from __future__ import annotations

from functools import partial

import numpy as np

from pellucid.core.registry import find
from pellucid.core.target import Target
from pellucid.models.load import load
from pellucid.truth import bundled
from pellucid.truth.asked import UNIT
from pellucid.truth.items import chosen
from pellucid.truth.known import BUDGET, equal_shares, exact_shapley, marked, shapley_methods
from pellucid.truth.study import Question, Study

__all__ = ["enumerated"]

MODEL = "demo-sentiment"
FEWEST, MOST = 6, 8  # words


def enumerated(count: int, seed: int) -> Study:
    """``count`` texts of demo-sentiment of 6 to 8 words, asked of the methods that remove words, by its default way.

    Gradient SHAP is not among them: its words are not removed but mixed with others, which is another game.
    """
    model = load(MODEL)
    short = [item for item in bundled.verified(MODEL) if FEWEST <= len(_words(model, item.prompt)) <= MOST]
    questions, sizes = [], []
    for item in chosen(short, count, seed):
        text, target = model.cut(item.prompt, UNIT), Target(item.answer, against=item.foil)
        value = model.value(text, model.resolve(text, target))
        exact = exact_shapley(value.total, len(text.features))
        sizes.append(float(np.abs(exact).mean()))
        questions.append(Question(model, item.prompt, target, partial(marked, exact)))
    return Study(
        part="known",
        name="transformer",
        model=MODEL,
        fingerprint=model.fingerprint,
        questions=tuple(questions),
        methods=tuple(name for name in shapley_methods() if "ablate" in find("method", name).options),
        budget=BUDGET,
        checks={"mean size of the exact values": f"{np.mean(sizes):.2f}"},
        baselines={"equal shares": equal_shares},
    )


def _words(model: object, prompt: str) -> tuple:
    return model.cut(prompt, UNIT).features  # type: ignore[attr-defined]
