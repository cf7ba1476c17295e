"""Causal tracing against its definition: one forward a draw and place, noise and clean states put there by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from tests.families import family, question
from tests.methods.patching.pairs import ASKED, value

SUBJECT = {"gpt2": "old film", "llama": "old film", "gemma2": "film", "bert-label": "old", "t5": "film"}


def traced(name: str, **options):
    q = question(name)
    given = {"target": q.one, "subject": SUBJECT.get(name), "draws": 3, "seed": 4} | options
    return pellucid.explain(family(name), q.text, "causal_tracing", **given)


@pytest.mark.parametrize("point", ["resid_post", "mlp_out"])
@pytest.mark.parametrize("name", SUBJECT)
def test_every_place_is_noise_with_one_clean_state(name: str, point: str) -> None:
    model, q = family(name), question(name)
    if point == "mlp_out" and name == "bert-label":
        with pytest.raises(BadOption, match="block 0 of bert-label has none"):
            traced(name, point=point)
        return
    why = traced(name, point=point, window=1)
    text, target = model.cut(q.text, "token"), why.target
    stack = next(iter(model.blocks))
    before = f"{stack}." if stack else ""
    start = text.string.index(SUBJECT[name])
    end = start + len(SUBJECT[name])
    features = [i for i, f in enumerate(text.features) if f.start < end and start < f.end]
    gradients = model.gradients(text, target)
    there = [p for p, f in enumerate(gradients.feature_of) if f in features]
    sites = [f"{before}{point}.{layer}" for layer in range(2)]
    clean = model.trace(text, read=[*sites, f"{before}embed"])
    size = 3 * float(gradients.vocabulary().double().std())
    rng = np.random.default_rng(4)
    effects, losses = [], []
    for _ in range(3):
        noise = torch.zeros_like(clean.row(f"{before}embed", 0))
        noise[there] = torch.from_numpy(rng.normal(0, size, (len(there), noise.shape[-1]))).to(noise)
        noisy = {f"{before}embed": _adding(noise)}
        without = value(model, text, target, noisy)
        losses.append(value(model, text, target) - without)
        found = np.zeros((2, len(noise)))
        for layer, site in enumerate(sites):
            for at in range(len(noise)):
                put = _putting(clean.row(site, 0), at)
                found[layer, at] = value(model, text, target, noisy | {site: put}) - without
        effects.append(found)
    np.testing.assert_allclose(why.data["effect"], np.mean(effects, 0), atol=1e-4)
    np.testing.assert_allclose(why.data["standard_error"], np.std(effects, 0, ddof=1) / np.sqrt(3), atol=1e-4)
    assert float(why.data["total_effect"]) == pytest.approx(np.mean(losses), abs=1e-4)
    assert float(why.data["total_effect_error"]) == pytest.approx(np.std(losses, ddof=1) / 3**0.5, abs=1e-4)


def _adding(noise):
    def add(states):
        new = states.clone()
        new[:, : len(noise)] += noise
        return new

    return add


def _putting(numbers, at):
    def put(states):
        new = states.clone()
        new[:, at] = numbers[at]
        return new

    return put


def test_a_window_restores_neighbouring_layers() -> None:
    """Of two layers, a window of three is both: restored at a position, in front of it and behind it alike."""
    wide = traced("gpt2", point="mlp_out", window=3).data["effect"]
    np.testing.assert_allclose(wide[0], wide[1], atol=1e-6)
    paper = traced("gpt2", point="mlp_out")
    assert paper.provenance.options["window"] == 10
    np.testing.assert_allclose(paper.data["effect"], wide, atol=1e-6)
    assert any("smaller one" in note for note in paper.provenance.notes)


def test_the_subject_holds_the_fact_early_and_the_end_late(demo_lm) -> None:
    why = pellucid.explain(
        demo_lm, "The capital of France is", "causal_tracing", subject="France", draws=5, **ASKED
    )
    share = why.data["effect"] / why.data["total_effect"]
    assert float(why.data["total_effect"]) > 2 * float(why.data["total_effect_error"])
    assert float(share[5, 4]) == pytest.approx(1, abs=1e-3)
    assert (share[:, :3] == 0).all()
    assert "Positions before 3" in why.provenance.notes[0]


def test_what_means_nothing_is_refused() -> None:
    for match, bad in {
        "Give it as subject": {"subject": None},
        "does not stand in": {"subject": "Eiffel"},
        "at least 2": {"draws": 1},
        "above 0": {"noise": 0.0},
        "at least one layer": {"window": 0},
        "point=": {"point": "z"},
    }.items():
        with pytest.raises(BadOption, match=match):
            traced("gpt2", **bad)
    with pytest.raises(BadOption, match="block 0 of bloom has none"):
        traced("bloom", point="mlp_out", subject="film")
