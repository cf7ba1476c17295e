"""Discretized integrated gradients: paths against the search of the paper's authors, word by word."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, Cancelled
from pellucid.core.progress import metered
from pellucid.methods.attribution import discretized_integrated_gradients as module
from pellucid.methods.attribution._word_path import word_path
from tests.methods.attribution.plain import opened, plain_of, texts

STEPS, NEIGHBOURS = 5, 20
NAMES = ["demo_sentiment", "gpt2", "llama", "bert-label", "t5"]


def slow_path(word, baseline, vocabulary, strategy):
    """Coordinate by coordinate: the next anchor, made monotone, until ``STEPS`` are taken."""

    def between(one, low, high):
        return min(low, high) <= one <= max(low, high)

    def monotone(anchor, start):
        return np.array([
            a if between(a, s, b) else s - (s - b) / STEPS
            for a, s, b in zip(anchor, start, baseline, strict=True)
        ])  # fmt: skip

    path, last = [word], word
    used = [i for i, v in enumerate(vocabulary) if (v == word).all() or (v == baseline).all()]
    for _ in range(STEPS):
        order = np.argsort([np.linalg.norm(v - last) for v in vocabulary], kind="stable")
        near = [i for i in order if i not in used][:NEIGHBOURS]
        if strategy == "greedy":
            cost = [np.linalg.norm(vocabulary[i] - monotone(vocabulary[i], last)) for i in near]
        else:
            cost = [
                -sum(between(a, s, b) for a, s, b in zip(vocabulary[i], last, baseline, strict=True))
                for i in near
            ]
        anchor = near[int(np.argmin(cost))]
        used.append(anchor)
        last = vocabulary[anchor]
        path.append(monotone(last, path[-1]))
    return np.array([baseline, *path[::-1]])


@pytest.mark.parametrize("strategy", ["greedy", "maxcount"])
@pytest.mark.parametrize("seed", range(3))
def test_a_path_equals_the_slow_search(strategy, seed):
    draw = torch.Generator().manual_seed(seed)
    vocabulary = torch.randn(60, 6, generator=draw)
    word, baseline = vocabulary[3], torch.randn(6, generator=draw)
    found = word_path(
        word, baseline, vocabulary, steps=STEPS, strategy=strategy, neighbours=NEIGHBOURS
    ).numpy()
    slow = slow_path(*(t.double().numpy() for t in (word, baseline, vocabulary)), strategy)
    np.testing.assert_allclose(found, slow, atol=1e-5)


@pytest.mark.parametrize("strategy", ["greedy", "maxcount"])
def test_every_coordinate_goes_one_way(demo_sentiment, strategy):
    text = demo_sentiment.cut("a warm film", "token")
    target = demo_sentiment.resolve(text, pellucid.Target("POSITIVE"))
    gradients = demo_sentiment.gradients(text, target)
    start, words = gradients.baseline("mask"), gradients.vocabulary()
    for position in range(1, 4):
        path = word_path(
            gradients.inputs[position], start[position], words, steps=30, strategy=strategy, neighbours=500
        )
        torch.testing.assert_close(path[0], start[position], atol=0, rtol=0)
        torch.testing.assert_close(path[-1], gradients.inputs[position], atol=0, rtol=0)
        way = path[-1] - path[0]
        assert ((path[1:] - path[:-1]) * way.sign() >= -1e-6).all()


def test_a_vocabulary_that_runs_out_ends_at_the_baseline():
    vocabulary = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    path = word_path(
        vocabulary[2], vocabulary[0], vocabulary, steps=4, strategy="greedy", neighbours=9
    )  # only the word between is free
    torch.testing.assert_close(path[:, 0], torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0, 2.0]))


@pytest.mark.parametrize("name", NAMES)
def test_at_the_anchors_it_is_the_sum_written_out(request, name):
    """A trapezoid sum: for each piece the mean of the gradients at its ends times the way between."""
    text, target = texts(name)
    model = opened(request, name)
    options = {"steps": 4, "neighbours": NEIGHBOURS, "factor": 0, "baseline": "zero", "unit": "word"}
    why = pellucid.explain(model, text, "discretized_integrated_gradients", target=target, **options)
    plain = plain_of(request, name, why)
    words = model.gradients(why.text, why.target).vocabulary()
    path = plain.inputs.repeat(6, 1, 1)
    for position, owner in enumerate(plain.owners):
        if owner is not None:
            path[:, position] = word_path(
                plain.inputs[position], plain.inputs.new_zeros(plain.inputs.shape[1]), words,
                steps=4, strategy="greedy", neighbours=NEIGHBOURS,
            )  # fmt: skip
    slow = np.zeros(plain.features)
    for here, there in pairwise(path):
        mean = (plain.gradient(here) + plain.gradient(there)) / 2
        slow += plain.by_feature((mean * (there - here)).sum(-1))
    np.testing.assert_allclose(why.credit(), slow, atol=3e-3 * np.abs(slow).max())
    difference = plain.total(plain.inputs) - plain.total(plain.baseline(plain.inputs.new_zeros(())))
    assert float(why.data["difference"]) == pytest.approx(difference, abs=1e-3)


@pytest.mark.parametrize("name", ["demo_sentiment", "bert-label"])
def test_refined_credits_add_up_within_the_tolerance(request, name):
    text, target = texts(name)
    model = opened(request, name)
    why = pellucid.explain(model, text, "discretized_integrated_gradients", target=target, steps=10)
    gap, difference = float(why.data["completeness_gap"]), float(why.data["difference"])
    assert why.provenance.notes == ()
    assert why.credit().sum() - difference == pytest.approx(gap, abs=1e-9)
    assert abs(gap) <= 0.01 * max(abs(difference), 0.1 * np.abs(why.credit()).sum())


def test_halving_by_hand_equals_refining(demo_sentiment):
    text, options = "a warm film", {"steps": 8, "neighbours": 50}
    found = pellucid.explain(demo_sentiment, text, "discretized_integrated_gradients", **options)
    factor = found.provenance.options["factor"]
    by_hand = pellucid.explain(
        demo_sentiment, text, "discretized_integrated_gradients", factor=factor, **options
    )
    assert factor >= 1
    np.testing.assert_allclose(by_hand.credit(), found.credit(), atol=1e-5)


def test_refusals(demo_sentiment):
    for options, words in (({"strategy": "best"}, "greedy, maxcount"), ({"steps": 0}, "1 or more")):
        with pytest.raises(BadOption, match=words):
            pellucid.explain(demo_sentiment, "a film", "discretized_integrated_gradients", **options)


def test_it_can_be_cancelled_between_two_paths(demo_lm, monkeypatch):
    paths = []
    monkeypatch.setattr(
        module, "word_path", lambda word, *_, steps, **__: paths.append(1) or word.expand(steps + 2, -1)
    )
    with metered(lambda meter: meter.cancel() if meter.done == 2 else None), pytest.raises(Cancelled):
        pellucid.explain(demo_lm, "The Eiffel Tower is", by="discretized_integrated_gradients")
    assert len(paths) == 3  # of 4: the next one asks whether to go on
