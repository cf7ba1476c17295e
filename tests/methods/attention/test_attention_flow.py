"""Attention flow, against the linear programme that defines a maximum flow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import pellucid
from pellucid.core.errors import BadOption, Cancelled
from pellucid.core.progress import metered
from pellucid.methods.attention import attention_flow as module
from pellucid.methods.attention.attention_flow import _Network
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import family, question
from tests.methods.attention.looked import asked, patterns, read_at


def by_programme(layers: np.ndarray, top: int, ends: list[int]) -> float:
    """The largest flow: a variable a pipe, what comes into a node leaves it, unless it is an end."""
    depth, length, _ = layers.shape
    pipes = [(layer, i, j) for layer in range(depth) for i in range(length) for j in range(length)]
    capacity = [layers[pipe] for pipe in pipes]
    balance, limits = [], []
    for level in range(depth + 1):
        for node in range(length):
            out = [float(layer + 1 == level and i == node) for layer, i, _ in pipes]
            into = [float(layer == level and j == node) for layer, _, j in pipes]
            if level == depth and node == top:
                source = np.array(out)
            elif level == depth or (level == 0 and node not in ends):
                balance.append(np.array(out if level else into))
                limits.append(0.0)
            elif level:
                balance.append(np.array(out) - np.array(into))
                limits.append(0.0)
    solved = linprog(-source, A_eq=np.array(balance), b_eq=limits, bounds=[(0, c) for c in capacity])
    return -float(solved.fun)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bert-label"])
def test_it_is_the_largest_flow(name: str) -> None:
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="attention_flow", target=target)
    means = [pattern.double().numpy().mean(0) for pattern in patterns(model, text, target)]
    layers = np.stack([0.5 * np.eye(len(mean)) + 0.5 * mean for mean in means])
    (top,) = read_at(name, model, text, target)
    owners = model.encoding(text).feature_of
    for feature in (0, len(why.credit()) - 1):
        ends = np.flatnonzero(owners == feature).tolist()
        assert why.credit()[feature] == pytest.approx(by_programme(layers, top, ends), abs=1e-6)
    assert why.credit().std() > 1e-3


def test_tokens_of_a_word_are_one_end() -> None:
    """A feature of all tokens receives all that leaves the answer, and no more."""
    layers = np.stack([np.array([[1.0, 0], [0.5, 0.5]])] * 2)
    network = _Network(layers)
    assert network.flow(1, np.array([0, 1])) == 1
    assert network.flow(1, np.array([0])) == pytest.approx(by_programme(layers, 1, [0]), abs=1e-9)
    assert network.flow(1, np.array([1])) == pytest.approx(0.5, abs=1e-9)


def test_a_neck_is_felt() -> None:
    """Rollout would give 0.3 . 1 there; through one position of the layer between no more than 0.2 can go on."""
    first = np.array([[1.0, 0, 0], [0.2, 0.8, 0], [0, 0, 1.0]])
    second = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0.9, 0.1]])
    network = _Network(np.stack([first, second]))
    assert network.flow(2, np.array([0])) == pytest.approx(0.2, abs=1e-9)
    assert network.flow(2, np.array([1])) == pytest.approx(0.8, abs=1e-9)


def test_a_text_too_long_is_refused_before_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    monkeypatch.setattr(HuggingFaceModel, "trace", lambda *_, **__: pytest.fail("work was done"))
    with pytest.raises(BadOption, match=r"one maximum flow a feature .* attention_rollout"):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_flow", target=" the")


def test_it_says_that_looking_is_not_using() -> None:
    model, text, target = asked("gpt2", None)
    notes = pellucid.explain(model, text, by="attention_flow", target=target).provenance.notes
    assert any("not what it used" in note for note in notes)
    assert any("the same for every answer" in note for note in notes)


def test_it_can_be_cancelled_between_two_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    model, text, target = asked("gpt2")
    flows = []
    monkeypatch.setattr(_Network, "flow", lambda *_: flows.append(1) or 0.0)
    with metered(lambda meter: meter.cancel() if meter.done == 2 else None), pytest.raises(Cancelled):
        pellucid.explain(model, text, by="attention_flow", target=target)
    assert len(flows) == 3 < len(model.cut(text).features)  # the next one asks whether to go on
