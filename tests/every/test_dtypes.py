"""Every method on weights of 16 bits, on CPU: it runs, its numbers are finite, and they are near those of float32.

bfloat16 keeps 8 bits of a number and float16 11, so the rounded model is another one, and its scores move. What a
method makes of that is bounded by what it is made of:

* Where credits are differences of scores, by how far the scores themselves move, which is measured (``noise``): a
  difference of two moves by at most twice that. Estimates and differences of differences get as much again.
* Where credits are gradients, nothing can be measured beside them. Some twenty sums, each rounded by 2^-9 of its
  size (bfloat16), come to 2 to 4 percent; allowed are 10. float16 rounds by 2^-12; half of that is allowed.
* A method that chooses (few features, replacements that the model proposes, real words on its path) may choose
  otherwise: only that its numbers are numbers is asked of it.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import NotFinite
from pellucid.core.explanation import Explanation
from pellucid.core.registry import find, names
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.every.test_methods_on_families import finite, needed, options_of, refusal
from tests.families import ALL, fresh, live, question, shape_of

METHODS = names("method")
# Effects of patching are differences of scores, and guesses of those.
PATCHING = {by for by in METHODS if find("method", by).family in ("patching", "neurons")}
CHOOSES = {"circuit", "ffn_updates", "context_cite", "reagent", "discretized_integrated_gradients"}
SOME = ("gpt2", "roberta-masked", "bert-label", "t5", "gpt2-token-label", "bert-question", "bert-pair")
OF_GRADIENTS = {torch.bfloat16: 0.1, torch.float16: 0.05}
MOST_NOISE = {
    torch.bfloat16: 0.02,
    torch.float16: 0.0025,
}  # of scores of 0.1 to 10: some roundings of 2^-9, 2^-12


@cache
def model_of(name: str, dtype: torch.dtype) -> HuggingFaceModel:
    """A family in a dtype."""
    module, tokenizer = live(name)
    return HuggingFaceModel(module.to(dtype), tokenizer, name)


def explained(by: str, name: str, dtype: torch.dtype) -> Explanation:
    model = model_of(name, dtype)
    model.memo.clear()
    q = question(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return pellucid.explain(
            model, q.text, by=by, target=q.one, unit="word", **options_of(by), **needed(by, name, q.text)
        )


def scores(name: str, dtype: torch.dtype) -> np.ndarray:
    """The target's scores of the whole text, of nothing, without each feature, and of 50 random subsets."""
    model, q = model_of(name, dtype), question(name)
    text = model.cut(q.text, "word")
    n = len(text.features)
    random = np.random.default_rng(0).random((50, n)) < 0.5
    masks = np.vstack([np.ones((1, n), bool), np.zeros((1, n), bool), ~np.eye(n, dtype=bool), random])
    return model.value(text, model.resolve(text, Target(q.one))).total(masks)


@cache
def noise(name: str, dtype: torch.dtype) -> float:
    """How far a score moves at most."""
    return float(np.abs(scores(name, dtype) - scores(name, torch.float32)).max())


def check(by: str, name: str, dtype: torch.dtype) -> None:
    if expected := refusal(by, name):
        with pytest.raises(expected[0], match=expected[1]):
            explained(by, name, dtype)
        return
    rounded, exact = explained(by, name, dtype), explained(by, name, torch.float32)
    assert rounded.provenance.dtype == str(dtype).removeprefix("torch.")
    assert exact.provenance.dtype == "float32"
    assert finite(rounded.primary)
    assert rounded.primary.dtype == exact.primary.dtype == np.float64
    if by in CHOOSES:
        return
    credit, true = (why.primary.fillna(0).to_numpy().ravel() for why in (rounded, exact))
    of_parts = "attribution" in exact.data or "input_b" in exact.primary.dims
    scores_differ = of_parts and not exact.provenance.backwards
    if not scores_differ and by not in PATCHING:  # not in the units of a score
        assert np.linalg.norm(credit - true) <= OF_GRADIENTS[dtype] * np.linalg.norm(true)
    else:
        assert np.abs(credit - true).max() <= 4 * noise(name, dtype)


@pytest.mark.parametrize("dtype", OF_GRADIENTS, ids=str)
@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("by", METHODS)
def test_each_method_in_16_bits(by: str, name: str, dtype: torch.dtype) -> None:
    check(by, name, dtype)


@pytest.mark.full
@pytest.mark.parametrize("dtype", OF_GRADIENTS, ids=str)
@pytest.mark.parametrize("name", sorted(set(ALL) - set(SOME)))
@pytest.mark.parametrize("by", METHODS)
def test_each_family_in_16_bits(by: str, name: str, dtype: torch.dtype) -> None:
    """Numbers above 65,504 are none in float16: a family that comes to them is refused, not answered."""
    try:
        check(by, name, dtype)
    except NotFinite:
        assert dtype is torch.float16


@pytest.mark.parametrize("dtype", OF_GRADIENTS, ids=str)
@pytest.mark.parametrize("name", SOME)
def test_scores_move_little(name: str, dtype: torch.dtype) -> None:
    """Else the bound on credits would allow anything."""
    assert 0 < noise(name, dtype) <= MOST_NOISE[dtype]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_dtype_that_was_asked_for_is_kept(dtype: str) -> None:
    model = pellucid.load("demo-sentiment", dtype=dtype)
    why = pellucid.explain(
        model, "A slow start, but the ending is wonderful.", by="integrated_gradients", steps=8
    )
    assert why.provenance.dtype == model.dtype == dtype
    assert finite(why.primary)


def test_a_small_model_on_cpu_is_float32_unless_asked(demo_sentiment: Any) -> None:
    """Its weights lie in float16 on the disk."""
    assert demo_sentiment.dtype == "float32"


@pytest.mark.parametrize("by", METHODS)
def test_numbers_too_large_for_float16_are_refused(by: str) -> None:
    """float16 ends at 65,504: weights that float32 carries overflow, and the error says what to do."""
    model = fresh("gpt2")
    with torch.no_grad():
        model.module.transformer.h[0].mlp.c_proj.weight.mul_(1e4)
        model.module.transformer.h[0].mlp.c_fc.weight.mul_(1e2)
    model.module.half()
    with pytest.raises(NotFinite, match=r'run as float16.*dtype="float32"'):
        pellucid.explain(
            model,
            question("gpt2").text,
            by=by,
            target=" the",
            unit="word",
            **options_of(by),
            **needed(by, "gpt2", question("gpt2").text),
        )


def test_every_shape_is_met() -> None:
    assert {shape_of(name) for name in SOME} == {shape_of(name) for name in ALL}
    assert all(find("method", by) for by in METHODS)
