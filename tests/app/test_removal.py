"""Trying to break an explanation: against one mask at a time, asked of the model itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pellucid
from pellucid.app.removal import matched, removal
from pellucid.core.errors import BadOption
from tests.app.conftest import EIFFEL


def number(why, model, removed, ablate=None):
    """The explained number without some features: one mask, one call."""
    mask = np.ones((1, len(why.text.features)), bool)
    for feature in removed:
        mask[0, feature] = False
    return model.value(why.text, why.target, ablate).total(mask)[0]


@pytest.mark.parametrize("ablate", [None, "delete", "attention"])
def test_every_number_is_the_model_s(demo_lm, ablate):
    why = pellucid.explain(demo_lm, EIFFEL, target=" Paris, France")
    found = removal(why, demo_lm, (1, 7), ablate=ablate, draws=7, seed=3)
    whole = number(why, demo_lm, (), ablate)
    near = pytest.approx
    assert found["ablate"] == (ablate or "delete")
    assert (found["units"], found["reason"]) == ("logprob", "")
    assert found["whole"] == near(whole)
    assert found["without"] == near(number(why, demo_lm, (1, 7), ablate))
    assert found["change"] == near(found["whole"] - found["without"])
    assert found["predicted"] == near(why.credit()[1] + why.credit()[7])
    for feature in found["features"]:
        assert feature["change"] == near(whole - number(why, demo_lm, (feature["index"],), ablate), abs=1e-6)
        assert feature["credit"] == near(why.credit()[feature["index"]])
        assert EIFFEL[feature["start"] : feature["end"]] == feature["text"]
    assert [feature["text"] for feature in found["features"]] == [" Eiffel", " city"]
    assert [output["text"] for output in found["outputs"]] == list(why.target.outputs)
    assert sum(output["change"] for output in found["outputs"]) == near(found["change"])
    sets = matched(len(why.text.features), (1, 7), 7, 3)
    changes = [whole - number(why, demo_lm, one, ablate) for one in sets]
    assert found["control"]["changes"] == near(changes, abs=1e-6)
    assert found["control"]["mean"] == near(np.mean(changes), abs=1e-6)
    assert found["control"]["low"] == near(np.quantile(changes, 0.025), abs=1e-6)
    assert found["control"]["high"] == near(np.quantile(changes, 0.975), abs=1e-6)


def test_leave_one_out_predicts_itself(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "A slow start, but the ending is wonderful.", unit="word")
    top = int(np.argmax(why.credit()))
    found = removal(why, demo_sentiment, (top,))
    assert found["change"] == pytest.approx(found["predicted"], abs=1e-5)
    assert found["change"] > found["control"]["high"]


def test_the_way_of_the_explanation_is_kept(demo_lm):
    why = pellucid.explain(demo_lm, EIFFEL, ablate="attention")
    assert removal(why, demo_lm, (1,))["ablate"] == "attention"
    assert removal(why, demo_lm, (1,), ablate="mean")["ablate"] == "mean"


def test_without_credit_there_is_no_prediction(demo_lm):
    why = pellucid.explain(demo_lm, EIFFEL, by="attention_weights")
    found = removal(why, demo_lm, (1,))
    assert found["predicted"] is None
    assert "it has no attribution" in found["reason"]
    assert found["features"][0]["credit"] is None
    assert np.isfinite(found["change"])


@pytest.mark.parametrize(
    ("features", "removed"), [(40, (0, 1, 12, 39)), (9, (1, 7)), (8, range(7)), (3, (1,)), (1, (0,))]
)
def test_random_sets_are_of_the_same_places(features, removed):
    quarters = np.array_split(np.arange(features), max(1, min(4, features // 2)))
    of = {int(n): q for q, block in enumerate(quarters) for n in block}
    sets = matched(features, removed, 200, 0)
    assert len(sets) == 200
    for one in sets:
        assert len(set(one)) == len(one) == len(removed)
        assert sorted(of[n] for n in one) == sorted(of[n] for n in removed)
    for q, block in enumerate(quarters):
        taken = [n for n in removed if of[n] == q]
        others = set(map(int, block)) - set(taken)
        drawn = {n for one in sets for n in one if of[n] == q}
        if taken:  # others, where there are enough; and each of them now and then
            assert drawn == (others if len(others) >= len(taken) else set(map(int, block)))
    assert sets == matched(features, removed, 200, 0) != matched(features, removed, 200, 1) or features < 4


def test_over_http(page, demo_lm):
    job = page.done("explain", model="demo-lm", text=EIFFEL, target=" Paris")
    found = page.done("ablate", explanation=job, removed=[7, 1, 1], draws=5, seed=2)
    why = pellucid.explain(demo_lm, EIFFEL, target=" Paris")
    assert page.get(f"/jobs/{found}/result") == json.loads(
        json.dumps(removal(why, demo_lm, (1, 7), draws=5, seed=2))
    )
    words = page.refused("ablate", explanation=job, removed=[9])
    assert words == "There is no feature 9: the text has 9, from 0 to 8."
    assert "removed.0: it should be" in page.refused("ablate", explanation=job, removed=[-1])
    assert "removed: " in page.refused("ablate", explanation=job, removed=[])


def test_the_same_seed_gives_the_same_numbers(demo_lm):
    why = pellucid.explain(demo_lm, EIFFEL)
    assert removal(why, demo_lm, (1,), seed=5) == removal(why, demo_lm, (1,), seed=5)


def test_a_feature_that_is_not_there(demo_lm):
    from pellucid.app.removal import check_removed

    why = pellucid.explain(demo_lm, EIFFEL)
    assert check_removed(why, [3, 1, 3]) == (1, 3)
    with pytest.raises(BadOption, match="There is no feature 9: the text has 9, from 0 to 8"):
        check_removed(why, [0, 9])
