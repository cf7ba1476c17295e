"""Head importance, against gates that are turned by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible, UnsupportedModel
from pellucid.core.progress import metered
from pellucid.core.target import Target
from tests.families import family, question
from tests.methods.attention.looked import SOME, asked


def gated(name: str, site: str, head: int, gate: float, target: Target | None = None) -> float:
    """The target's number with one head times a number."""
    model, text, own = asked(name)

    def turn(z: torch.Tensor) -> torch.Tensor:
        z = z.clone()
        z[:, :, head] *= gate
        return z

    model.module.double()
    return float(model.trace(text, target or own, change={site: turn}).outputs.sum())


@pytest.mark.parametrize("name", [*SOME, "t5"])
def test_it_is_the_slope_at_a_gate(name: str) -> None:
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="head_importance", target=target, signed=True)
    stack = "enc." if name == "t5" else ""
    for layer, head in ((0, 1), (1, 3)):
        up, down = (gated(name, f"{stack}z.{layer}", head, 1 + step) for step in (0.01, -0.01))
        assert float(why.primary[layer, head]) == pytest.approx((up - down) / 0.02, abs=3e-4)
    size = pellucid.explain(model, text, by="head_importance", target=target)
    np.testing.assert_array_equal(size.primary.values, np.abs(why.primary.values))
    assert size.primary.values.max() > 1e-3


def test_a_closed_gate_is_the_head_s_weights_gone() -> None:
    model, text, target = asked("gpt2")
    closed = gated("gpt2", "z.0", 2, 0.0)
    model.module.double()
    with torch.no_grad():
        model.module.transformer.h[0].attn.c_proj.weight[2 * 4 : 3 * 4] = 0
    assert float(model.trace(text, target).outputs.sum()) == pytest.approx(closed, abs=1e-9)


@pytest.mark.parametrize("stack", ["enc", "dec", "cross"])
def test_each_stack_of_an_encoder_decoder(stack: str) -> None:
    model, text, target = asked("bart")
    why = pellucid.explain(model, text, by="head_importance", target=target, signed=True, stack=stack)
    up, down = (gated("bart", f"{stack}.z.1", 2, 1 + step) for step in (0.01, -0.01))
    assert float(why.primary[1, 2]) == pytest.approx((up - down) / 0.02, abs=3e-4)


@pytest.mark.parametrize("name", ["gpt2", "bart"])
def test_a_contrast_is_a_difference(name: str) -> None:
    """Answers of other lengths, each read in its own pass."""
    q, model = question(name), family(name)
    text = q.text_of_several or q.text
    asks = {"text": text, "by": "head_importance", "scale": "logit", "signed": True}
    both = pellucid.explain(model, target=q.one, against=q.longer, **asks)
    one, other = (pellucid.explain(model, target=t, **asks) for t in (q.one, q.longer))
    np.testing.assert_allclose(both.primary, one.primary.values - other.primary.values, atol=1e-6)


def test_it_costs_one_forward_and_one_backward() -> None:
    model, text, target = asked("gpt2")
    with metered() as spent:
        pellucid.explain(model, text, by="head_importance", target=target)
    assert (spent.forwards, spent.backwards) == (1, 1)


def test_refusals() -> None:
    text = question("gpt2").text
    with pytest.raises(BadOption, match="has one stack of layers"):
        pellucid.explain(family("gpt2"), text, by="head_importance", stack="dec")
    with pytest.raises(BadOption, match="enc, dec, cross"):
        pellucid.explain(family("t5"), question("t5").text, by="head_importance", stack="both")
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), text, by="head_importance")
    with pytest.raises(TargetImpossible, match="Use "):
        pellucid.explain(family("gpt2"), text, by="head_importance", target=" the", scale="kl")
