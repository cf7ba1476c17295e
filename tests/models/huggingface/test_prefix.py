"""Continuing from a shared prefix gives the numbers of reading everything."""

import numpy as np
import pytest
import torch

from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface import read
from pellucid.models.huggingface.prefix import reusable, shared_length
from pellucid.models.huggingface.rows import Row
from tests.families import CAUSAL, family

TEXT = "When Mary and John went to the store, John gave a drink to the old film with a great cast and a story"
REUSING = ["gpt2", "llama", "qwen3", "neox", "opt"]


def masks_of(features: int) -> np.ndarray:
    """Each one left out, each end kept, and some at random."""
    ends = np.tri(features, features, 0, bool)
    random = np.random.default_rng(0).random((12, features)) < 0.8
    return np.concatenate([~np.eye(features, dtype=bool), ends, ~ends, random])


@pytest.mark.parametrize("ablate", ["delete", "attention"])
@pytest.mark.parametrize("answer", [" the", " great cast of the film"])
@pytest.mark.parametrize("name", REUSING)
def test_equals_reading_everything(monkeypatch, name, answer, ablate):
    model = family(name)
    text = model.cut(TEXT)
    target = model.resolve(text, Target(answer))
    masks = masks_of(len(text.features))
    scores, tokens = [], []
    for reuse in (True, False):
        model.memo.clear()
        if not reuse:
            monkeypatch.setattr(read, "reusable", lambda module: False)
        with metered() as meter:
            scores.append(model.value(text, target, ablate)(masks))
        tokens.append(meter.tokens)
    np.testing.assert_allclose(*scores, atol=1e-5)
    assert tokens[0] < tokens[1]


def test_which_families_are_reused():
    found = [name for name in CAUSAL if reusable(family(name).module)]
    assert found == [name for name in CAUSAL if name in REUSING]
    assert "gemma3" not in found  # sliding windows
    assert not reusable(family("gpt2").module.__class__(family("gpt2").module.config).to(torch.bfloat16))


def test_shared_length_ends_at_the_first_difference():
    def row(ids: list[int], hidden: tuple[int, ...] = ()) -> Row:
        attended = np.array([i not in hidden for i in range(len(ids))])
        return Row(np.array(ids), attended, None, np.array([], int))

    whole = row([5, 6, 7, 8])
    assert shared_length(row([5, 6, 7, 8]), whole) == 3
    assert shared_length(row([5, 6, 8]), whole) == 2
    assert shared_length(row([6, 7, 8]), whole) == 0
    assert shared_length(row([5, 6, 7, 8], hidden=(1,)), whole) == 1
    assert shared_length(row([5]), whole) == 0
