"""Reading each shared prefix once gives the numbers of reading everything."""

from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface import batches, read
from pellucid.models.huggingface.prefix import reusable
from tests.families import CAUSAL, family, fresh

TEXT = "When Mary and John went to the store, John gave a drink to the old film with a great cast and a story"
REUSING = ["gpt2", "llama", "qwen3", "neox", "opt", "qwen2", "phi"]


def masks_of(features: int) -> np.ndarray:
    """Each one left out, each end kept, features that join in two random orders, and some at random."""
    rng = np.random.default_rng(0)
    ends = np.tri(features, features, 0, bool)
    orders = np.concatenate([ends[:, rng.permutation(features)] for _ in range(2)])
    random = rng.random((12, features)) < 0.8
    return np.concatenate([~np.eye(features, dtype=bool), ends, ~ends, orders, random])


@pytest.mark.parametrize("start", [0, 32])
@pytest.mark.parametrize("ablate", ["delete", "attention", "mask"])
@pytest.mark.parametrize(
    "target", [Target(" the"), Target(" great cast of the film"), Target(" the", against=" a story of")]
)
@pytest.mark.parametrize("name", REUSING)
def test_equals_reading_everything(monkeypatch, name, target, ablate, start):
    model = fresh(name)
    if ablate == "mask":
        model.tokenizer.mask_token = model.tokenizer.convert_ids_to_tokens(40)
    monkeypatch.setitem(batches.START, "cpu", start)
    text = model.cut(TEXT)
    resolved = model.resolve(text, target)
    masks = masks_of(len(text.features))
    scores, tokens = [], []
    for reuse in (True, False):
        model.memo.clear()
        if not reuse:
            monkeypatch.setattr(read, "reusable", lambda module: False)
        with metered() as meter:
            scores.append(model.value(text, resolved, ablate)(masks))
        tokens.append(meter.tokens)
    np.testing.assert_allclose(*scores, atol=1e-5, rtol=1e-5)
    assert tokens[0] < tokens[1]


@pytest.mark.parametrize("name", REUSING)
def test_the_meter_tells_what_the_model_reads(name):
    model = fresh(name)
    text = model.cut(TEXT)
    target = model.resolve(text, Target(" great cast"))
    masks = masks_of(len(text.features))
    masks = np.unique(masks, axis=0)
    read_by: list[int] = []
    embed = model.module.get_input_embeddings()
    with metered() as meter, embed.register_forward_pre_hook(lambda _, args: read_by.append(args[0].numel())):
        model.value(text, target, "attention")(masks)
    assert meter.tokens == sum(read_by)
    assert meter.calls == len(read_by)
    assert meter.forwards == len(masks)


def test_keys_and_values_that_do_not_fit_are_read_in_smaller_trees():
    model = fresh("gpt2")
    text = model.cut(TEXT)
    target = model.resolve(text, Target(" great cast"))
    masks = np.tri(len(text.features), dtype=bool)
    expected = model.value(text, target, "attention")(masks)
    model.memo.clear()
    most = 5

    def refuse(_: Any, args: tuple[torch.Tensor]) -> None:
        if len(args[0]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with model.module.get_input_embeddings().register_forward_pre_hook(refuse), metered() as meter:
        np.testing.assert_allclose(model.value(text, target, "attention")(masks), expected, atol=1e-5)
    assert model.batch_tokens < 4096
    assert meter.forwards == len(masks)
    assert meter.done == meter.total == len(masks)


def test_which_families_are_reused():
    found = [name for name in CAUSAL if reusable(family(name).module)]
    assert found == [name for name in CAUSAL if name in REUSING]
    assert {"mistral", "gemma2", "gemma3"}.isdisjoint(found)  # sliding windows
    assert not reusable(family("gpt2").module.__class__(family("gpt2").module.config).to(torch.bfloat16))
