"""Ablation against one whole forward for each part, with what is written instead put there by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from tests.every.test_methods_on_families import swap
from tests.families import family, question
from tests.methods.patching.pairs import ASKED, value


def ablated(name: str, **options):
    q = question(name)
    return pellucid.explain(family(name), q.text, "ablation", **({"target": q.one} | options))


def before(name: str) -> str:
    stack = next(iter(family(name).blocks))
    return f"{stack}." if stack else ""


def instead_of(name: str, instead: str, site: str, target, corrupt: str) -> torch.Tensor:
    model = family(name)
    text = model.cut(question(name).text, "token")
    own = model.trace(text, target, read=[site]).row(site, 0)
    if instead == "zero":
        return torch.zeros_like(own)
    if instead == "mean":
        return own.mean(0, keepdim=True).expand(own.shape)
    return model.trace(model.cut(corrupt, "token"), target, read=[site]).row(site, 0)


def writing(numbers: torch.Tensor, head=None):
    def write(passing: torch.Tensor) -> torch.Tensor:
        new = passing.clone()
        if head is None:
            new[:] = numbers
        else:
            new[:, :, head] = numbers[:, head]
        return new

    return write


@pytest.mark.parametrize("instead", ["mean", "zero", "resample"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "phi", "bert-label", "roberta-masked", "t5"])
def test_every_head_is_one_forward(name: str, instead: str) -> None:
    model, q = family(name), question(name)
    corrupt = swap(name, q.text)[1]
    why = ablated(name, instead=instead, **({"corrupt": corrupt} if instead == "resample" else {}))
    text = model.cut(q.text, "token")
    plain = value(model, text, why.target)
    assert float(why.data["clean"]) == pytest.approx(plain, abs=1e-5)
    for layer in range(2):
        site = f"{before(name)}z.{layer}"
        numbers = instead_of(name, instead, site, why.target, corrupt)
        for head in range(4):
            lost = plain - value(model, text, why.target, {site: writing(numbers, head)})
            assert why.data["effect"][layer, head] == pytest.approx(lost, abs=1e-4)


@pytest.mark.parametrize("instead", ["mean", "zero"])
@pytest.mark.parametrize("part", ["attention", "mlp", "layer"])
@pytest.mark.parametrize("name", ["gpt2", "gemma2", "phi", "bert-label", "t5"])
def test_every_sublayer_is_one_forward(name: str, part: str, instead: str) -> None:
    model = family(name)
    why = ablated(name, part=part, instead=instead)
    text = model.cut(question(name).text, "token")
    plain = value(model, text, why.target)
    kind = "raw" if name == "bert-label" else "out"
    points = {"attention": ["attn"], "mlp": ["mlp"], "layer": ["attn", "mlp"]}[part]
    for layer in range(2):
        sites = [f"{before(name)}{p}_{kind}.{layer}" for p in points]
        change = {s: writing(instead_of(name, instead, s, why.target, "")) for s in sites}
        assert why.data["effect"][layer] == pytest.approx(
            plain - value(model, text, why.target, change), abs=1e-4
        )


def test_an_answer_of_several_tokens_is_ablated_too() -> None:
    """What is read behind the text has no head either."""
    model, q = family("gpt2"), question("gpt2")
    why = ablated("gpt2", target=q.several, instead="zero")
    text = model.cut(q.text, "token")
    lost = value(model, text, why.target) - value(
        model, text, why.target, {"z.1": lambda z: z * torch.tensor([1.0, 1, 0, 1])[:, None]}
    )
    assert why.data["effect"][1, 2] == pytest.approx(lost, abs=1e-4)


def test_a_layer_of_zeros_is_no_layer() -> None:
    """The model without its second block."""
    model = family("llama")
    why = ablated("llama", part="layer", instead="zero", scale="logit")
    text = model.cut(question("llama").text, "token")
    state = model.trace(text, read=["resid_pre.1"])["resid_pre.1"][:, -1]
    without = float(model.unembed(state)[0, why.target.ids[0]])
    assert why.data["clean"] - why.data["effect"][1] == pytest.approx(without, abs=1e-4)


def test_listed_places_have_their_names() -> None:
    sites = ("z.1.h2", "mlp_act.0.n3", "mlp_out.1", "resid_pre.1")
    why = ablated("llama", sites=sites, instead="zero")
    assert why.data["effect"].dims == ("candidate",)
    assert list(why.data["candidate_text"].values) == list(sites)
    heads = ablated("llama", instead="zero").data["effect"]
    mlps = ablated("llama", part="mlp", instead="zero").data["effect"]
    np.testing.assert_allclose(why.data["effect"][[0, 2]], [heads[1, 2], mlps[1]], atol=1e-5)
    assert "z.1.h2" in str(why)


def test_a_mean_over_other_texts() -> None:
    model = family("gpt2")
    others = ("The bad story is old", "It was a film")
    why = ablated("gpt2", part="mlp", texts=others)
    text = model.cut(question("gpt2").text, "token")
    rows = [model.trace(model.cut(one, "token"), read=["mlp_out.1"]).row("mlp_out.1", 0) for one in others]
    mean = torch.cat(rows).mean(0)
    lost = float(why.data["clean"]) - value(
        model, text, why.target, {"mlp_out.1": lambda s: mean.expand(s.shape)}
    )
    assert why.data["effect"][1] == pytest.approx(lost, abs=1e-4)


def test_what_was_written_is_always_said(demo_lm) -> None:
    given = {"texts": ("It was a film",), "instead": "mean", **ASKED}
    why = pellucid.explain(demo_lm, "The capital of France is", "ablation", **given)
    assert why.provenance.options["instead"] == "mean"
    assert why.provenance.options["texts"] == ["It was a film"]
    assert why.provenance.notes == (
        "Ablated: at all positions the mean over the positions of 'It was a film'.",
    )
    assert ablated("gpt2", instead="zero").provenance.notes == ("Ablated: zeros at all positions.",)


def test_what_means_nothing_is_refused() -> None:
    for match, bad in {
        "instead=": {"instead": "noise"},
        "part=": {"part": "heads"},
        "Give the second as corrupt": {"instead": "resample"},
        "what is resampled from": {"corrupt": "The old story is good, and"},
        "what a mean is over": {"texts": ("a film",), "instead": "zero"},
        "add up to 1": {"sites": ("pattern.0.h1",)},
        "is not a site": {"sites": ("head 9",)},
        "has 4 heads": {"sites": ("z.0.h9",)},
    }.items():
        with pytest.raises(BadOption, match=match):
            ablated("gpt2", **bad)
    with pytest.raises(BadOption, match=r"block 0 of bloom has no z.*Name places of what it has with sites"):
        ablated("bloom")
