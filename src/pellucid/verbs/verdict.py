"""Whether an explanation may be used: several tests, two ways of removing, one judgement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core.errors import AblationImpossible, BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter, metered
from pellucid.core.score import Score
from pellucid.core.verdict import MATCHED, RANDOM, Trial, Verdict, Word, joint_p, state_of
from pellucid.verbs.access import opened
from pellucid.verbs.evaluate import evaluate
from pellucid.verbs.explain import record

__all__ = ["TESTS", "verdict"]

TESTS = ("comprehensiveness", "sufficiency", "loo_agreement", "linear_datamodeling_score")
"""The tests that are judged together: of the top, of what is enough, of every feature alone, of features together."""

WAYS = ("delete", "mask", "attention", "mean")
"""Ways of removing features, the simplest first."""

SURE = 0.01
"""The joint chance below which a ranking is said to know something: an explanation that knows nothing passes once
in a hundred times."""

LIKELY = 0.05
FEW = 8  # features: of fewer, too many random rankings are as good as the best one


def verdict(why: Explanation, model: Any, *, draws: int = 99, seed: int = 0) -> Verdict:
    """Whether to use an explanation: use, use with care, do not use, or cannot tell; and why, in a sentence.

    The tests (`TESTS`) are measured under two ways of removing features, one of which the method did not use: metrics
    that delete favour methods that delete. All are judged at once (`joint_p`): random rankings do as well with a
    chance of ``p``. Use: p is at most 0.01, and credits shuffled within quarters of the text do worse as well (p at
    most 0.05). Use with care: it may know only where in a text things matter. Do not use: it does no better than
    chance. Cannot tell: the answer never moves, or the text has too few features for anything to be told.

    ``draws``: how many rankings of each kind stand for chance, at least 99; ``seed``: of those.
    Raises `MismatchedModel` if the weights are not those explained.
    """
    if draws < 99:
        raise BadOption(f"draws={draws}: a chance of 0.01 needs at least 99 random rankings.")
    model, start = opened(model), time.perf_counter()
    ways = _ways(why, model)
    trials: list[Trial] = []
    with metered() as spent:
        for done, ablate in enumerate(ways, start=1):
            scores = evaluate(why, model, TESTS, draws=draws, seed=seed, ablate=ablate)
            trials += [Trial(score, ablate, state_of(score)) for score in scores]
            meter().advance(done, len(ways), "tests")
    options = {"tests": TESTS, "ways": ways, "draws": draws, "seed": seed}
    provenance = record(model, "verdict", options, spent, time.perf_counter() - start)
    scores = [trial.score for trial in trials]
    random, matched = (joint_p(scores, control) for control in (RANDOM, MATCHED))
    word, sentence = _judged(scores, random, matched, len(why.text.features))
    return Verdict(word, sentence, random, matched, tuple(trials), provenance)


def _ways(why: Explanation, model: Any) -> list[str]:
    """Two ways of removing features that this model has, the first the method's own or the default."""
    own = why.provenance.options.get("ablate")
    if own not in WAYS:
        own = model.value(why.text, why.target).ablate
    others = [way for way in WAYS if way != own and _possible(way, why, model)]
    return [str(own), *others[:1]]


def _possible(way: Any, why: Explanation, model: Any) -> bool:
    """Whether the model can remove features so; nothing is read for the answer."""
    try:
        model.value(why.text, why.target, way)
    except AblationImpossible:
        return False
    return True


def _judged(scores: Sequence[Score], random: float, matched: float, features: int) -> tuple[Word, str]:
    if np.isnan(random):
        reasons = dict.fromkeys(score.reason.rstrip(".") for score in scores if score.reason)
        return (
            "cannot tell",
            f"It cannot be told: {'; '.join(reasons).lower() or 'no test tells rankings apart'}.",
        )
    of_both = (
        f"p = {random:.2g} beside random rankings, {matched:.2g} beside its own credits shuffled in place"
    )
    if random > SURE and features < FEW and random < 0.5:
        return (
            "cannot tell",
            f"It cannot be told: a text of {features} features has too few rankings to tell one from chance "
            f"({of_both}).",
        )
    if random > SURE:
        return (
            "do not use",
            f"Do not use it: its ranking was not shown to do better than random ones ({of_both}).",
        )
    if np.isnan(matched) or matched > LIKELY:
        return (
            "use with care",
            "Use it with care: its ranking does better than random ones, but no better than its own credits shuffled "
            f"within quarters of the text, so it may only know where in a text things matter ({of_both}).",
        )
    return "use", f"Use it: its ranking does better than rankings that know nothing ({of_both})."
