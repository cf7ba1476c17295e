"""Attribution patching against a derivative taken by hand, against exact patching, and where a gradient is blind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from pellucid.core.text import Text
from tests.every.test_methods_on_families import swap
from tests.families import family, fresh, question
from tests.known import induction
from tests.known.induction import induction_model
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


MOVED = 0.02  # far enough that norms in float32 are exact enough, four points that this is near enough


class ByHand:
    """A pair of texts of a tiny model in float64, and slopes of its number by central differences."""

    def __init__(self, name: str, direction: str) -> None:
        self.model, q = fresh(name), question(name)
        self.model.module.double()
        self.text, self.corrupt_text, self.answer = q.text, swap(name, q.text)[1], q.several or q.one
        other = Text.pair(*self.corrupt_text.split("\n")) if Text.of(q.text).seam else self.corrupt_text
        clean, corrupt = self.model.cut(q.text, "token"), self.model.cut(other, "token")
        self.base, self.giver = (corrupt, clean) if direction == "denoise" else (clean, corrupt)
        self.sign = 1 if direction == "denoise" else -1
        self.direction = direction
        self.target = self.model.resolve(clean, Target(self.answer))
        self.prefix = "enc." if "enc" in self.model.blocks else ""
        self.blocks = self.model.blocks["enc" if self.prefix else ""]

    def found(self, **options) -> np.ndarray:
        why = pellucid.explain(
            self.model, self.text, "attribution_patching", target=self.answer, corrupt=self.corrupt_text,
            direction=self.direction, **options,
        )  # fmt: skip
        return why.data["effect"].to_numpy()

    def read(self, site: str, text: Text) -> torch.Tensor:
        return self.model.trace(text, self.target, read=[site]).row(site, 0)

    def slope(self, site: str, own: torch.Tensor, step: torch.Tensor, held=None) -> float:
        """With some sites held at what they are."""
        there, back, far, far_back = (
            value(
                self.model,
                self.base,
                self.target,
                (held or {}) | {site: lambda _, x=own + by * MOVED * step: x[None]},
            )
            for by in (1, -1, 2, -2)
        )
        return (8 * (there - back) - (far - far_back)) / (12 * MOVED)

    def held(self, layer: int) -> dict:
        """What a layer adds, as it is."""
        sites = [f"{self.prefix}{point}.{layer}" for point in ("attn_raw", "mlp_raw")]
        return {site: put(self.read(site, self.base)) for site in sites}


@pytest.mark.parametrize("direction", ["denoise", "noise"])
@pytest.mark.parametrize("point", ["q", "k"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3", "gemma2", "phi", "t5", "bert-label"])
def test_the_fix_is_exact_up_to_the_pattern(name: str, point: str, direction: str) -> None:
    """One head's queries or keys are put there by hand, and the number's slope on the way to their pattern is taken."""
    hand = ByHand(name, direction)
    found = hand.found(point=point, qk_fix=True)
    length = len(hand.model.tokens(hand.base))
    seen = []
    for layer, block in enumerate(hand.blocks):
        site, pattern = f"{hand.prefix}{point}.{layer}", f"{hand.prefix}pattern.{layer}"
        other, own = hand.read(site, hand.giver), hand.read(pattern, hand.base)
        for head in range(block.kv_heads if point == "k" else block.heads):
            change = {site: put(other, slice(0, length), head)}
            made = hand.model.trace(hand.base, hand.target, read=[pattern], change=change).row(pattern, 0)
            slope = hand.sign * hand.slope(pattern, own, made - own)
            assert found[layer, head] == pytest.approx(slope, rel=1e-3, abs=1e-4)
            seen.append(slope)
    assert found.size == len(seen)
    assert np.abs(seen).max() > 1e-4


@pytest.mark.parametrize("point", ["resid_pre", "mlp_out", "z", "k"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "phi", "bert-label"])
def test_a_dropped_layer_says_what_it_said(name: str, point: str) -> None:
    if (name, point) == ("bert-label", "mlp_out"):  # whose sum is normalised
        return
    hand = ByHand(name, "denoise")
    found = hand.found(point=point, grad_drop=True)
    stream, length = point == "resid_pre", len(hand.model.tokens(hand.base))
    for layer, block in enumerate(hand.blocks):
        site = f"{point}.{layer}"
        own, other = (hand.read(site, text) for text in (hand.base, hand.giver))
        by_head = point in ("z", "k")
        places = range((block.kv_heads if point == "k" else block.heads) if by_head else found.shape[1])
        for place in places:
            at = (slice(0, length), place) if by_head else place
            step = torch.zeros_like(own)
            step[at] = (other - own)[at]
            sizes = [
                abs(hand.slope(site, own, step, hand.held(drop)))
                for drop in range(len(hand.blocks))
                if stream or drop != layer
            ]
            # Token numbers of the tiny tokenizers differ between processes, and with them how large all this is.
            assert found[layer, place] == pytest.approx(np.mean(sizes), rel=1e-3, abs=5e-3 * found.max())
    assert found.max() > 1e-5


def test_both_corrections_together() -> None:
    """In a model of two layers the one mean is over one number: that of the other layer dropped."""
    hand = ByHand("llama", "denoise")
    found = hand.found(point="q", qk_fix=True, grad_drop=True)
    for layer in range(2):
        site, pattern = f"q.{layer}", f"pattern.{layer}"
        other, own = hand.read(site, hand.giver), hand.read(pattern, hand.base)
        for head in range(4):
            change = {site: put(other, slice(0, len(hand.model.tokens(hand.base))), head)}
            made = hand.model.trace(hand.base, hand.target, read=[pattern], change=change).row(pattern, 0)
            slope = hand.slope(pattern, own, made - own, hand.held(1 - layer))
            assert found[layer, head] == pytest.approx(abs(slope), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_a_gradient_misjudges_the_keys_of_a_sharp_softmax(direction: str) -> None:
    """The known induction head, whose keys are all that differs: a gradient sees nothing of them, or far too much."""
    model = induction_model()
    exact, plain, fixed = (
        pellucid.explain(
            model,
            induction.CLEAN,
            by,
            target="lamps",
            scale="logit",
            corrupt=induction.CORRUPT,
            point="k",
            direction=direction,
            **fix,
        ).data["recovered"]
        for by, fix in (
            ("activation_patching", {}),
            ("attribution_patching", {}),
            ("attribution_patching", {"qk_fix": True}),
        )
    )
    place = induction.INDUCTION
    exact_share, plain_share, fixed_share = (float(found[place]) for found in (exact, plain, fixed))
    assert exact_share == pytest.approx(1, abs=0.01)
    if direction == "noise":  # the pattern is 1 and 0: no slope at all
        assert abs(plain_share) < 1e-3
        assert fixed_share > 0.7
    else:  # it is even, and steep
        assert plain_share > 3
        assert fixed_share < 1.2
    others = np.ones(fixed.shape, bool)
    others[place] = False
    assert np.abs(fixed.to_numpy()[others]).max() < 0.01


class Undo(nn.Module):
    """An MLP that takes away what it reads, in each coordinate up to a bound."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bound, self.side = torch.zeros(width), torch.ones(width)  # side 0: it writes nothing
        self.c_proj = nn.Linear(width, width, bias=False)
        with torch.no_grad():
            self.c_proj.weight.copy_(torch.eye(width))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.c_proj(-torch.relu((states - self.bound) * self.side) * self.side)


def test_paths_that_cancel_are_found_when_one_is_dropped() -> None:
    """The last MLP takes away, to first order, all that it reads: one gradient is 0, and what is put there matters."""
    model = fresh("gpt2")
    last = model.module.transformer.h[1]
    model.module.transformer.ln_f, last.ln_2, last.mlp = nn.Identity(), nn.Identity(), Undo(16)
    with torch.no_grad():
        last.attn.c_proj.weight.zero_()
        last.attn.c_proj.bias.zero_()
    q = question("gpt2")
    given = {"target": q.one, "scale": "logit", "corrupt": swap("gpt2", q.text)[1], "point": "z"}
    base = model.cut(given["corrupt"], "token")
    state = model.trace(base, read=["resid_mid.1"])["resid_mid.1"][0, -1]
    last.mlp.side = state.sign()
    last.mlp.bound = state - 0.01 * last.mlp.side  # a step the other way is soon past it
    exact = pellucid.explain(model, q.text, "activation_patching", **given).data["effect"][0]
    plain = pellucid.explain(model, q.text, "attribution_patching", **given).data["effect"][0]
    found = pellucid.explain(model, q.text, "attribution_patching", grad_drop=True, **given)
    assert np.abs(exact).max() > 0.01
    assert np.abs(plain).max() < 1e-5
    last.mlp.side = torch.zeros(16)  # what is left is the path past it
    alone = pellucid.explain(model, q.text, "attribution_patching", **given).data["effect"][0]
    np.testing.assert_allclose(found.data["effect"][0], np.abs(alone), atol=1e-5)
    assert float(found.data["effect"].max()) > 0.01
    assert not found.data.attrs["signed"]
    whole = abs(float(found.data["clean"] - found.data["corrupted"]))
    np.testing.assert_allclose(found.data["recovered"], found.data["effect"] / whole)
    assert found.provenance.backwards == 2


def test_corrections_have_their_price() -> None:
    counts = {}
    for by, options in (("plain", {}), ("fix", {"qk_fix": True}), ("drop", {"grad_drop": True})):
        made = explained("gpt2", "attribution_patching", point="q", **options).provenance
        counts[by] = (made.forwards, made.backwards)
    assert counts == {"plain": (4, 1), "fix": (5, 1), "drop": (6, 2)}


def test_corrections_that_do_not_apply_are_refused() -> None:
    for point in ("z", "pattern", "resid_pre"):
        with pytest.raises(BadOption, match=f'point="{point}" has none to make. Use point="q"'):
            explained("gpt2", "attribution_patching", point=point, qk_fix=True)
    with pytest.raises(BadOption, match=r"not seen in block 0 of bloom\. Use grad_drop=False"):
        explained("bloom", "attribution_patching", grad_drop=True)
    one = fresh("gpt2")
    one.module.transformer.h = one.module.transformer.h[:1]
    one.module.config.n_layer = 1
    q = question("gpt2")
    with pytest.raises(BadOption, match=r"has one\. Use grad_drop=False"):
        pellucid.explain(
            one, q.text, "attribution_patching", target=q.one, corrupt=swap("gpt2", q.text)[1], grad_drop=True
        )


def test_it_refuses_what_patching_refuses() -> None:
    with pytest.raises(BadOption, match="Give the second as corrupt"):
        explained("gpt2", "attribution_patching", corrupt=None)
    with pytest.raises(BadOption, match="direction="):
        explained("gpt2", "attribution_patching", direction="up")
    assert torch.is_grad_enabled()
    assert texts("gpt2")[0] is family("gpt2")
