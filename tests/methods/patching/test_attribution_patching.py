"""Attribution patching against a derivative taken by hand, and against exact patching."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import pellucid
from pellucid.core.errors import BadOption
from tests.every.test_methods_on_families import swap
from tests.families import family, fresh, question
from tests.methods.patching.pairs import ASKED, FACT, explained, put, texts, value


@pytest.mark.parametrize("direction", ["denoise", "noise"])
@pytest.mark.parametrize("point", ["resid_pre", "attn_out", "mlp_out", "z"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "phi"])
def test_it_is_the_slope_of_patching(name: str, point: str, direction: str) -> None:
    """A small step of the way there and back, by central differences (norms stay in float32)."""
    model = fresh(name)
    model.module.double()
    q = question(name)
    corrupt_text = swap(name, q.text)[1]
    why = pellucid.explain(
        model,
        q.text,
        "attribution_patching",
        target=q.one,
        corrupt=corrupt_text,
        point=point,
        direction=direction,
    )
    clean, corrupt = model.cut(q.text, "token"), model.cut(corrupt_text, "token")
    base, giver = (corrupt, clean) if direction == "denoise" else (clean, corrupt)
    sign = 1 if direction == "denoise" else -1
    for layer in range(2):
        site = f"{point}.{layer}"
        own, other = (model.trace(text, read=[site]).row(site, 0) for text in (base, giver))
        for at in range(why.data.sizes["head" if point == "z" else "position"]):
            ends = []
            for step in (5e-3, -5e-3):
                numbers = own + step * (other - own)
                change = put(numbers, slice(None), at) if point == "z" else put(numbers, at)
                ends.append(value(model, base, why.target, {site: change}))
            slope = sign * (ends[0] - ends[1]) / 1e-2
            assert why.data["effect"][layer, at] == pytest.approx(slope, abs=2e-3, rel=5e-3)


def test_it_is_exact_where_the_model_is_linear() -> None:
    """Behind the last block, without a final norm, a logit is linear in the states."""
    model = fresh("gpt2")
    model.module.transformer.ln_f = nn.Identity()
    q = question("gpt2")
    given = {
        "target": q.one, "scale": "logit", "corrupt": swap("gpt2", q.text)[1], "point": "resid_post",
    }  # fmt: skip
    guess = pellucid.explain(model, q.text, "attribution_patching", **given).data["effect"]
    exact = pellucid.explain(model, q.text, "activation_patching", **given).data["effect"]
    np.testing.assert_allclose(guess[1], exact[1], atol=1e-4)
    assert float(abs(exact[1]).max()) > 0.1


def test_it_finds_what_exact_patching_finds(demo_lm) -> None:
    """The order of places, and the largest of them; at the last layer nearly the numbers."""
    given = {"corrupt": FACT["corrupt"], **ASKED}
    for point in ("attn_out", "mlp_out", "z"):
        guess, exact = (
            pellucid.explain(demo_lm, FACT["text"], by, point=point, **given).data["recovered"].values
            for by in ("attribution_patching", "activation_patching")
        )
        strong = np.abs(exact) > 0.1
        assert (np.sign(guess[strong]) == np.sign(exact[strong])).all(), point
        assert np.abs(guess).argmax() == np.abs(exact).argmax(), point


@pytest.mark.parametrize("name", ["bert-label", "roberta-masked", "t5", "bert-pair", "bert-question"])
@pytest.mark.parametrize("point", ["resid_pre", "z", "pattern"])
def test_other_shapes_have_the_same_places(name: str, point: str) -> None:
    guess, exact = (
        explained(name, by, point=point) for by in ("attribution_patching", "activation_patching")
    )
    assert guess.data["effect"].sizes == exact.data["effect"].sizes
    assert guess.provenance.backwards == 1
    assert (guess.data["effect"] != 0).any()


def test_it_refuses_what_patching_refuses() -> None:
    with pytest.raises(BadOption, match="Give the second as corrupt"):
        explained("gpt2", "attribution_patching", corrupt=None)
    with pytest.raises(BadOption, match="direction="):
        explained("gpt2", "attribution_patching", direction="up")
    assert torch.is_grad_enabled()
    assert texts("gpt2")[0] is family("gpt2")
