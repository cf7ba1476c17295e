from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.errors import UnknownName
from pellucid.core.provenance import Provenance
from pellucid.core.score import Control, Measurement, Score

# Far from each other compared with the slack for float32 noise, ties included.
GRID = st.integers(-20, 20).map(lambda n: n / 4)
PROVENANCE = Provenance("demo", "0123", "by_hand")


def score(value: float = 0.5, *, better: str = "higher", controls: tuple = (), reason: str = "") -> Score:
    return Score("gain", value, better, (-math.inf, 1.0), PROVENANCE, controls, reason=reason)


def slow_p_value(value: float, draws: list[float], better: str) -> float:
    """The definition, a draw at a time."""
    as_good = 0
    for draw in draws:
        if (draw >= value) if better == "higher" else (draw <= value):
            as_good += 1
    return (1 + as_good) / (1 + len(draws))


@given(GRID, st.lists(GRID, min_size=1, max_size=30), st.sampled_from(["higher", "lower"]))
def test_p_value_is_its_definition(value, draws, better):
    assert Control("c", tuple(draws)).p_value(value, better) == slow_p_value(value, draws, better)


@given(GRID, st.lists(GRID, min_size=1, max_size=30), st.sampled_from(["higher", "lower"]))
def test_noise_of_float32_is_a_tie(value, draws, better):
    noisy = tuple(draw + 3e-7 for draw in draws)
    assert Control("c", noisy).p_value(value, better) == slow_p_value(value, draws, better)


def test_nan_and_infinity_beat_nothing_by_accident():
    chance = Control("c", (0.0, 1.0, math.nan))
    assert chance.p_value(math.nan, "higher") == 1.0
    assert chance.p_value(math.nan, "lower") == 1.0
    assert chance.p_value(math.inf, "higher") == 2 / 4
    assert chance.p_value(-math.inf, "higher") == 1.0
    assert Control("c", (math.inf,)).p_value(math.inf, "higher") == 1.0


def test_mean_and_interval_hold_the_middle():
    chance = Control("c", tuple(float(n) for n in range(101)))
    assert chance.mean == 50
    assert chance.interval() == pytest.approx((2.5, 97.5))
    assert chance.interval(0.5) == pytest.approx((25, 75))


def test_beats_is_the_p_value_at_a_level():
    chance = Control("random", tuple(n / 100 for n in range(99)))
    assert score(0.99, controls=(chance,)).beats("random")
    assert not score(0.5, controls=(chance,)).beats("random")
    assert score(-1.0, better="lower", controls=(chance,)).beats("random", 0.01)
    assert not score(-1.0, better="lower", controls=(chance,)).beats("random", 0.009)
    assert not score(math.nan, controls=(chance,), reason="one feature").beats("random")
    with pytest.raises(UnknownName, match=r'"randon" is not a control of gain. Did you mean random'):
        score(controls=(chance,)).beats("randon")


@pytest.mark.parametrize(
    "make", [lambda value, reason: Measurement(value, reason=reason), lambda v, r: score(v, reason=r)]
)
def test_nan_exactly_with_a_reason(make):
    assert math.isnan(make(math.nan, "one feature").value)
    assert make(0.0, "").value == 0
    for value, reason in ((math.nan, ""), (0.0, "one feature")):
        with pytest.raises(ValueError, match="exactly when it gives a reason"):
            make(value, reason)
    assert Measurement.does_not_apply("why not").reason == "why not"
    assert score(math.nan, reason="x").applies is False


def test_plain_data_and_back():
    whole = Score(
        "gain",
        0.5,
        "lower",
        (0.0, math.inf),
        PROVENANCE,
        (Control("c", (1.0, 2.0)),),
        (0.1, 0.9),
        parts={"p": (1.0,)},
    )
    assert Score.from_dict(whole.as_dict()) == whole
    assert Score.from_dict(score().as_dict()) == score()
