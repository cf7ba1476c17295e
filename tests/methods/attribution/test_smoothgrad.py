"""SmoothGrad against a loop over the same noise, and its standard errors against other seeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from tests.methods.attribution.plain import CASES, opened, plain_of, texts

SAMPLES = 4


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("of", ["input_x_gradient", "saliency"])
def test_equals_a_loop_over_the_same_noise(request, name, of):
    text, target = texts(name)
    why = pellucid.explain(
        opened(request, name), text, "smoothgrad", target=target, of=of, samples=SAMPLES, noise=0.5, seed=7
    )
    plain = plain_of(request, name, why)
    own = plain.inputs[plain.free[:, 0]].numpy()
    noise = np.random.default_rng(7).standard_normal((SAMPLES, *plain.inputs.shape), dtype=np.float32)
    slow = []
    for draw in noise:
        moved = plain.inputs + torch.from_numpy(draw) * 0.5 * own.std() * plain.free
        gradient = plain.gradient(moved)
        if of == "saliency":
            slow.append(np.sqrt(plain.by_feature(gradient.square().sum(-1))))
        else:
            slow.append(plain.by_feature((gradient * plain.inputs).sum(-1)))
    close = 2e-3 * np.abs(slow).max()
    np.testing.assert_allclose(why.credit(), np.mean(slow, 0), atol=close)
    error = np.std(slow, 0, ddof=1) / np.sqrt(SAMPLES)
    np.testing.assert_allclose(why.data["standard_error"], error, atol=close)


def test_hardly_any_noise_is_the_map_itself(demo_sentiment):
    text = "a warm and funny film"
    for of in ("input_x_gradient", "saliency"):
        smooth = pellucid.explain(demo_sentiment, text, "smoothgrad", of=of, samples=2, noise=1e-4)
        rough = pellucid.explain(demo_sentiment, text, of)
        np.testing.assert_allclose(smooth.credit(), rough.credit(), rtol=0.01, atol=1e-4)
        assert smooth.data.attrs["signed"] == rough.data.attrs["signed"]
        assert smooth.data.attrs["units"] == rough.data.attrs["units"]


def test_same_seed_same_numbers_other_seed_others(demo_sentiment):
    def credit(seed: int) -> np.ndarray:
        return pellucid.explain(
            demo_sentiment, "a warm and funny film", "smoothgrad", samples=4, seed=seed
        ).credit()

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


def test_numbers_do_not_hang_on_the_size_of_a_batch(demo_sentiment, monkeypatch):
    text, options = "a warm and funny film", {"samples": 6, "noise": 0.5}
    together = pellucid.explain(demo_sentiment, text, "smoothgrad", **options)
    monkeypatch.setattr(demo_sentiment, "batch_tokens", 32)
    apart = pellucid.explain(demo_sentiment, text, "smoothgrad", **options)
    assert apart.provenance.calls > together.provenance.calls
    np.testing.assert_allclose(apart.credit(), together.credit(), atol=1e-6)


def test_the_standard_error_is_that_of_the_mean(demo_sentiment):
    """Over many seeds the spread of the means is what each of them says of itself."""
    found = [
        pellucid.explain(
            demo_sentiment, "a warm film", "smoothgrad", of="saliency", samples=8, noise=1.0, seed=s
        )
        for s in range(40)
    ]
    spread = np.std([why.credit() for why in found], 0, ddof=1)
    said = np.sqrt(np.mean([why.data["standard_error"].values ** 2 for why in found], 0))
    np.testing.assert_allclose(spread, said, rtol=0.4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 1}, "at least 2"),
        ({"noise": 0.0}, "some noise"),
        ({"of": "lime"}, "Maps: input_x_gradient"),
    ],
)
def test_refusals(demo_sentiment, options, words):
    with pytest.raises(BadOption, match=words):
        pellucid.explain(demo_sentiment, "a warm film", "smoothgrad", **options)
