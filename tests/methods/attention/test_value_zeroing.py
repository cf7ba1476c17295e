"""Value zeroing, against one forward a layer and position, with the values of transformers' own module zeroed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.core.progress import metered
from pellucid.models.huggingface.rows import whole
from tests.families import family, question
from tests.methods.attention.looked import CAUSAL, SOME, asked

VALUES = {
    "llama": lambda m, i: m.model.layers[i].self_attn.v_proj,
    "qwen3": lambda m, i: m.model.layers[i].self_attn.v_proj,
    "gemma3": lambda m, i: m.model.layers[i].self_attn.v_proj,
    "opt": lambda m, i: m.model.decoder.layers[i].self_attn.v_proj,
    "bert-label": lambda m, i: m.bert.encoder.layer[i].attention.self.value,
    "t5": lambda m, i: m.encoder.block[i].layer[0].SelfAttention.v,
}


@pytest.mark.parametrize("name", VALUES)
def test_it_is_one_forward_a_layer_and_position(name: str) -> None:
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="value_zeroing", target=target)
    inputs = model.head.inputs([whole(model.encoding(text))], (0,))
    stack = "enc" if name == "t5" else ""
    length = len(model.encoding(text).ids)

    def states(layer: int, key: int | None) -> torch.Tensor:
        def zero(_: object, args: object, values: torch.Tensor) -> torch.Tensor:
            values = values.clone()
            values[:, key] = 0
            return values

        seen: list[torch.Tensor] = []
        block = model.anatomy[stack][layer].module
        hooks = [
            block.register_forward_hook(
                lambda m, a, out: seen.append(out if torch.is_tensor(out) else out[0])
            )
        ]
        if key is not None:
            hooks.append(VALUES[name](model.module, layer).register_forward_hook(zero))
        with torch.no_grad():
            model.module(**inputs)
        for hook in hooks:
            hook.remove()
        return seen[0][0].double()

    wanted = np.zeros((2, length, length))
    for layer in range(2):
        plain = states(layer, None)
        for key in range(length):
            cosine = torch.nn.functional.cosine_similarity(states(layer, key), plain, dim=-1)
            wanted[layer, :, key] = (1 - cosine).numpy()
    assert why.primary.dims == ("layer", "query", "key")
    np.testing.assert_allclose(why.primary.values, wanted, atol=1e-5)
    assert wanted.max() > 1e-3


@pytest.mark.parametrize("name", SOME)
def test_few_texts_at_a_time_are_the_same(name: str) -> None:
    model, text, target = asked(name)
    whole_batch = pellucid.explain(model, text, by="value_zeroing", target=target)
    model.batch_tokens = 3 * len(model.encoding(text).ids)
    parts = pellucid.explain(model, text, by="value_zeroing", target=target)
    np.testing.assert_allclose(parts.primary.values, whole_batch.primary.values, atol=1e-6)
    assert whole_batch.primary.values.max() > 1e-3


@pytest.mark.parametrize("name", CAUSAL)
def test_nobody_sees_what_comes_later(name: str) -> None:
    model, text, target = asked(name)
    found = pellucid.explain(model, text, by="value_zeroing", target=target).primary.values
    np.testing.assert_allclose(np.triu(found, 1), 0, atol=1e-6)


def test_its_cost_does_not_grow_with_the_layers() -> None:
    model, text, target = asked("gpt2")
    with metered() as spent:
        pellucid.explain(model, text, by="value_zeroing", target=target)
    assert spent.forwards == len(model.encoding(text).ids) + 1
    one = pellucid.explain(model, text, by="value_zeroing", target=target, layers=(1,)).primary
    both = pellucid.explain(model, text, by="value_zeroing", target=target).primary
    np.testing.assert_allclose(one.values[0], both.values[1], atol=1e-6)


def test_what_cannot_be_zeroed_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), question("bloom").text, by="value_zeroing")
    with pytest.raises(BadOption, match="layers=5"):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="value_zeroing", layers=(5,))
