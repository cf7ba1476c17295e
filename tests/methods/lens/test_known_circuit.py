"""Lenses on a model whose circuit is known by construction: see `tests.known.induction`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from tests.known.induction import AGAIN, CLEAN, COPY, CORRUPT, INDUCTION, PREVIOUS, THEN, induction_model

WORDS = CLEAN.split()


@pytest.fixture(scope="module")
def model() -> Any:
    return induction_model()


def asked(model: Any, by: str, text: str = CLEAN, **options: Any) -> Any:
    """Why the word that followed, and not the one that stands there again?"""
    target, against = (WORDS[at] for at in (THEN, AGAIN))
    return pellucid.explain(model, text, by=by, target=f" {target}", against=f" {against}", **options).data


def test_the_head_that_writes_the_answer_has_the_effect_and_the_one_that_feeds_it_has_none(
    model: Any,
) -> None:
    data = asked(model, "direct_logit_attribution", parts="head")
    effect = data["direct_effect"].values.copy()
    assert effect[INDUCTION] > 1
    assert effect[COPY] < -0.1
    assert abs(effect[PREVIOUS]) < 1e-4
    left = float(data["rest"].sum()) + float(data["constant"])
    assert effect[INDUCTION] + effect[COPY] + left == pytest.approx(float(data["logit"]), abs=1e-3)
    effect[INDUCTION] = effect[COPY] = 0
    np.testing.assert_allclose(effect, 0, atol=1e-3)


def test_without_the_pattern_the_copy_is_all_there_is(model: Any) -> None:
    clean, corrupt = (
        asked(model, "direct_logit_attribution", text, parts="head") for text in (CLEAN, CORRUPT)
    )
    assert float(clean["logit"]) > 0 > float(corrupt["logit"])
    assert corrupt["direct_effect"].values[COPY] < -0.1
    assert corrupt["direct_effect"].values[INDUCTION] < 0.1 * clean["direct_effect"].values[INDUCTION]


def test_the_answer_comes_up_behind_the_last_layer_alone(model: Any) -> None:
    """Nothing is found before, so no word is likelier than another."""
    data = asked(model, "logit_lens").isel(position=-1)
    np.testing.assert_allclose(data["probability"][:-1], 1 / model.vocabulary, rtol=1e-4)
    np.testing.assert_allclose(data["against_probability"][:-1], 1 / model.vocabulary, rtol=1e-4)
    assert data["rank"].values[-1] == 0
    assert float(data["probability"][-1]) > 0.5 > float(data["against_probability"][-1])


def test_the_mlps_write_nothing(model: Any) -> None:
    data = asked(model, "ffn_updates")
    np.testing.assert_allclose(data["update_push"], 0, atol=1e-6)
    np.testing.assert_allclose(data["push"], 0, atol=1e-6)
