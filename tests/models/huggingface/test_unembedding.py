from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from torch import nn

from pellucid.core.errors import UnsupportedModel
from pellucid.models.huggingface.locate import stacks_of
from pellucid.models.huggingface.unembedding import unembedding_of
from tests.families import CAUSAL, ENCODER_DECODER, MASKED, live

TINY = {
    "vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
}  # fmt: skip
# What stands between the last module and the logits, in families that have something there.
FINISHED = {
    "gemma2": lambda: transformers.Gemma2ForCausalLM(
        transformers.Gemma2Config(**TINY, num_key_value_heads=2, head_dim=8, final_logit_softcapping=5.0)
    ),
    "granite": lambda: transformers.GraniteForCausalLM(
        transformers.GraniteConfig(**TINY, logits_scaling=3.0)
    ),
    "cohere": lambda: transformers.CohereForCausalLM(
        transformers.CohereConfig(**TINY, num_key_value_heads=2, logit_scale=0.25)
    ),
    "phi": lambda: transformers.PhiForCausalLM(transformers.PhiConfig(**TINY)),
}


def made(name: str) -> Any:
    if name not in FINISHED:
        return live(name)[0]
    torch.manual_seed(0)
    module = FINISHED[name]().eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    return module


def states_and_logits(module: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """What leaves the last block and what the model says, for two rows of other tokens than the probe's."""
    kept: list[torch.Tensor] = []
    block = list(stacks_of(module, "it").values())[-1][-1]

    def keep(_: nn.Module, __: tuple, output: Any) -> None:
        kept.append(output if isinstance(output, torch.Tensor) else output[0])

    hook = block.register_forward_hook(keep)
    ids = torch.randint(1, module.config.get_text_config().vocab_size, (2, 9))
    decoder = {"decoder_input_ids": ids[:, :6]} if module.config.is_encoder_decoder else {}
    with torch.no_grad():
        logits = module(input_ids=ids, attention_mask=torch.ones_like(ids), **decoder).logits
    hook.remove()
    return kept[-1], logits


@pytest.mark.parametrize("name", [*CAUSAL, *MASKED, *ENCODER_DECODER, *FINISHED])
def test_the_last_states_decode_to_the_logits(name: str) -> None:
    module = made(name)
    states, logits = states_and_logits(module)
    with torch.no_grad():
        torch.testing.assert_close(unembedding_of(module, name)(states), logits, atol=1e-5, rtol=1e-5)


def test_the_soft_cap_is_part_of_it() -> None:
    module = made("gemma2")
    found = unembedding_of(module, "gemma2")
    assert found.cap == 5.0
    assert unembedding_of(made("granite"), "granite").scale == pytest.approx(1 / 3)
    assert unembedding_of(live("t5")[0], "t5").steps[-1].scale == pytest.approx(16**-0.5)


def test_a_way_that_cannot_be_followed_is_refused() -> None:
    """The class is read off the last token alone, so the last states are not turned into logits one by one."""
    with pytest.raises(UnsupportedModel, match="one after the other"):
        unembedding_of(live("gpt2-label")[0], "gpt2-label")


def test_nothing_is_left_on_the_model() -> None:
    module = made("gpt2")
    unembedding_of(module, "gpt2")
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
