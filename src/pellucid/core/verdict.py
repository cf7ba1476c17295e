"""A verdict: whether an explanation may be used, from several tests that are judged as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer
from pellucid.core.score import Score

__all__ = ["State", "Trial", "Verdict", "Word", "joint_p", "state_of"]

State = Literal["pass", "weak", "fail", "not measured"]
Word = Literal["use", "use with care", "do not use", "cannot tell"]
RANDOM, MATCHED = "random ranking", "position-matched"
ALONE = 0.05
"""The chance at which one test alone counts as better than a control."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of a verdict: a score, under which way of removing features it was measured, and how it ended."""

    score: Score
    ablate: str
    state: State


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether to use an explanation, in a word and a sentence; the tests stay apart, each beside its control.

    ``p_random`` and ``p_matched``: the chance that rankings which know nothing do at least as well in all tests taken
    together, under each control; NaN where nothing could be measured. There is no blended number.
    """

    word: Word
    sentence: str
    p_random: float
    p_matched: float
    trials: tuple[Trial, ...]
    provenance: Provenance

    @property
    def scores(self) -> list[Score]:
        """The scores of the tests."""
        return [trial.score for trial in self.trials]

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {
            "verdict": self.word,
            "sentence": self.sentence,
            "p_random": self.p_random,
            "p_matched": self.p_matched,
            "trials": [
                {"ablate": trial.ablate, "state": trial.state, "score": trial.score.as_dict()}
                for trial in self.trials
            ],
            "provenance": self.provenance.as_dict(),
        }

    @staticmethod
    def from_dict(data: Mapping) -> Verdict:
        """The inverse of `as_dict`."""
        return Verdict(
            word=data["verdict"],
            sentence=data["sentence"],
            p_random=float(data["p_random"]),
            p_matched=float(data["p_matched"]),
            trials=tuple(
                Trial(Score.from_dict(trial["score"]), trial["ablate"], trial["state"])
                for trial in data["trials"]
            ),
            provenance=Provenance.from_dict(data["provenance"]),
        )

    def further(self, scores: Sequence[Score]) -> list[Score]:
        """Those scores that are none of its own tests."""
        tested = {(score.metric, score.value) for score in self.scores}
        return [score for score in scores if (score.metric, score.value) not in tested]

    def __str__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def state_of(score: Score) -> State:
    """How one test ended: pass beats both controls, weak one of them, fail none."""
    if not score.applies:
        return "not measured"
    won = [score.beats(control.name, ALONE) for control in score.controls]
    if not won:
        return "not measured"
    return "pass" if all(won) else "weak" if any(won) else "fail"


def joint_p(scores: Sequence[Score], control: str) -> float:
    """The chance that a ranking of a control does at least as well in all tests taken together.

    A score and its draws are put on one scale (less their mean, over their spread, turned so that more is better) and
    added up over the tests. Draw j is the same ranking in every test, so the sums of the draws are what chance gives to
    the sum: ``p = (1 + draws as high) / (1 + draws)``. One test, whatever the tests have in common. NaN where no test
    tells rankings apart.
    """
    sums, measured = np.zeros(()), 0
    for score in scores:
        drawn = next((c.values for c in score.controls if c.name == control), ())
        numbers = np.array([score.value, *drawn])
        if len(numbers) < 2 or not np.isfinite(numbers).all() or np.ptp(numbers) == 0:
            continue
        sign = 1.0 if score.better == "higher" else -1.0
        sums = sums + sign * (numbers - numbers.mean()) / numbers.std()
        measured += 1
    if not measured:
        return float("nan")
    return float((sums >= sums[0] - 1e-9).mean())
