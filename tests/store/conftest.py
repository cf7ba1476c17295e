from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.provenance import Provenance
from pellucid.core.score import Control, Score
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.core.verdict import Trial, Verdict


@pytest.fixture(scope="session")
def a_why() -> Explanation:
    """A small explanation with what is hard to store: NaN, infinity, float32, other scripts."""
    text = Text("The cat 猫 sat").cut("word")
    target = Target(" down", scale="logprob", outputs=(" down",), ids=(7,))
    array = np.array([[0.5, np.nan, -np.inf, 1.0]], np.float32)
    attrs = {"primary": "attribution", "signed": True, "units": "logprob"}
    data = xr.Dataset({"attribution": (("output", "input"), array)}, attrs=attrs)
    made_by = Provenance(
        "demo", "0123", "leave_one_out", {"ablate": "delete"}, versions={"pellucid": "0.1.0"}
    )
    return Explanation(label(data, text, target), text, target, made_by)


@pytest.fixture(scope="session")
def a_score(a_why: Explanation) -> Score:
    chance = Control("random order", (0.25, 0.5))
    return Score("comprehensiveness", 0.75, "higher", (-1.0, 1.0), a_why.provenance, (chance,))


@pytest.fixture(scope="session")
def a_verdict(a_score: Score) -> Verdict:
    """One that could not tell: a chance that is no number, a test that was not measured."""
    nothing = Score(
        "loo_agreement", math.nan, "higher", (-1.0, 1.0), a_score.provenance, reason="It never moves."
    )
    trials = (Trial(a_score, "delete", "pass"), Trial(nothing, "mask", "not measured"))
    return Verdict("cannot tell", "It cannot be told.", 0.5, math.nan, trials, a_score.provenance)
