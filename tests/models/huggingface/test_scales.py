"""The scales of an answer, at the ends where digits are lost too."""

from __future__ import annotations

import math

import pytest
import torch

from pellucid.models.huggingface.scales import on_scale


def scaled(logprobs: list[float], scale: str) -> float:
    numbers = torch.tensor(logprobs, dtype=torch.float64)
    return float(on_scale(torch.stack([torch.zeros_like(numbers), numbers], -1), scale).sum())  # type: ignore[arg-type]


@pytest.mark.parametrize("probability", [1e-300, 1e-9, 0.3, 0.5, 0.999])
def test_an_answer_as_a_whole(probability: float) -> None:
    halves = [math.log(probability) / 2] * 2
    assert scaled(halves, "logprob") == pytest.approx(math.log(probability))
    assert scaled(halves, "prob") == pytest.approx(probability)
    assert scaled(halves, "logodds") == pytest.approx(math.log(probability) - math.log1p(-probability))


def test_near_certainty_keeps_its_digits() -> None:
    """1 - p of 1e-14 has log-odds of log(1e14); by way of p it would have three digits."""
    assert scaled([-1e-14], "logodds") == pytest.approx(math.log(1e14), rel=1e-12)


def test_certainty_is_large_and_finite() -> None:
    for certain in (0.0, -1e-20):
        assert 30 < scaled([certain], "logodds") < 50


def test_certainty_has_a_gradient_that_is_a_number() -> None:
    for certain in (0.0, -1e-9, -50.0):
        logprob = torch.tensor([certain], requires_grad=True)
        on_scale(torch.stack([logprob, logprob], -1), "logodds").sum().backward()
        assert torch.isfinite(logprob.grad).all()


def test_sums_have_an_output_a_token() -> None:
    scores = torch.rand(3, 4, 2)
    torch.testing.assert_close(on_scale(scores, "logit"), scores[..., 0])
    torch.testing.assert_close(on_scale(scores, "logprob"), scores[..., 1])
    assert on_scale(scores, "prob").shape == on_scale(scores, "logodds").shape == (3, 1)
    for scale in ("entropy", "kl"):
        torch.testing.assert_close(on_scale(scores[..., :1], scale), scores[..., 0])
