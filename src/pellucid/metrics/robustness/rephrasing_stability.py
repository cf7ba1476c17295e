"""Rephrasing stability: does an explanation stay when the text says the same in other words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.protocols import Explain, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Control, Measurement
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.metrics._again import agreement
from pellucid.metrics._ranked import Measured, Rank, Unmoved, beside_chance, credits_of, unfit
from pellucid.metrics.robustness._words import Worded, in_common, worded

__all__ = ["rephrasing_stability"]

Shared = tuple[np.ndarray, np.ndarray]
"""Which words of the explained text another one shares, and the credits that it gives them."""

FEWEST = 4
"""Words in common below which a correlation of ranks says nothing."""


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="one forward for each text, and one explanation for each that counts",
    paper="Alvarez-Melis & Jaakkola 2018, arXiv:1806.08049 (that explanations of alike inputs are alike)",
)
def rephrasing_stability(
    why: Explanation,
    model: GreyBox,
    explain: Explain,
    *,
    rephrasings: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean of Spearman's correlation with explanations of rephrasings, over the words that both texts have.

    Credits are added up to words; words are matched in order, whatever their case. Only rephrasings count to which the
    model's own answer is the same, and that share at least 4 words. ``parts["agreement"]`` are their correlations,
    ``parts["words"]`` how many words they share, ``parts["same answer"]`` how many texts were answered alike, and of
    how many. Chance is what random rankings of the explained text have in common with the same rephrasings; with
    ``others`` also what texts have in common with it that say something else and happen to share words. An
    explanation that knows words and no text scores as high there.

    :param rephrasings: texts that say the same.
    :param others: texts that say something else, as a second control.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    if not rephrasings:
        return Measurement.does_not_apply(
            'No rephrasings were given. Give texts that say the same: rephrasings=("...", "...").'
        )
    if (problem := unfit(why, rank, draws) or _not_rephrased(why)) is not None:
        return Measurement.does_not_apply(problem)
    own = worded(why.text)
    kept = [text for text in rephrasings if _answer(why, model, text) == _answer(why, model, why.text)]
    beside = _laid(own, explain, kept, rank)
    apart = _laid(own, explain, others, rank)

    def measure(credits: np.ndarray) -> Measured:
        if not beside:
            raise Unmoved(f"The model answers otherwise to all {len(rephrasings)} rephrasings.")
        each = _agreements(own.credits(credits), beside)  # (ranking, text)
        counts = np.isfinite(each[0])
        if not counts.any():
            raise Unmoved(f"No rephrasing shares {FEWEST} words with the text whose credits differ.")
        parts = {
            "agreement": tuple(each[0].tolist()),
            "words": tuple(float(len(ours)) for ours, _ in beside),
            "same answer": (float(len(kept)), float(len(rephrasings))),
        }
        # A shuffle whose shared words happen to have one credit agrees with nothing.
        return Measured(np.nan_to_num(each[:, counts]).mean(1), parts=parts)

    score = beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
    found = _agreements(own.credits(credits_of(why, rank)[None]), apart)[0]
    known = tuple(found[np.isfinite(found)].tolist())
    if np.isnan(score.value) or not known:
        return score
    return replace(score, controls=(*score.controls, Control("other texts", known)))


def _not_rephrased(why: Explanation) -> str | None:
    """Why an explanation has no words that another text could share, if so."""
    if why.text.unit not in ("token", "word"):
        return 'Its features are longer than words: explain with unit="word".'
    if why.text.seam is not None or why.text.turns is not None:
        return "A text of two parts and a chat are not rephrased as one string."
    if why.target.at is not None:
        return "The answer is about one place of the text, and another text does not have that place."
    return None


def _answer(why: Explanation, model: GreyBox, text: Text | str) -> str | None:
    """The model's own answer to a text, as long as the explained one."""
    return model.resolve(model.cut(text, why.text.unit), Target(answer_tokens=len(why.target.ids))).answer


def _laid(own: Worded, explain: Explain, texts: Sequence[str], rank: Rank) -> list[Shared]:
    """For each text the words of the explained one that it shares, and what its own explanation gives them."""
    found = []
    for done, text in enumerate(texts, start=1):
        other = explain(text)
        theirs = worded(other.text)
        ours, at = in_common(own, theirs)
        found.append((ours, theirs.credits(credits_of(other, rank)[None])[0, at]))
        meter().advance(done, len(texts), "other texts")
    return found


def _agreements(words: np.ndarray, texts: list[Shared]) -> np.ndarray:
    """Spearman's correlation of rankings of words with each text, shape (ranking, text); NaN for too few words."""
    found = np.full((len(words), len(texts)), np.nan)
    for column, (ours, theirs) in enumerate(texts):
        if len(ours) >= FEWEST:
            found[:, column] = agreement(words[:, ours], theirs[None])[:, 0]
    return found
