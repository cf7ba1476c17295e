"""The blocks of each family are the modules that its authors call so."""

from __future__ import annotations

from operator import attrgetter

import pytest
import transformers

from pellucid.core.errors import UnsupportedModel
from pellucid.models.huggingface.locate import blocks_of
from tests.families import ALL, family

WHERE = {
    "gpt2": "transformer.h", "llama": "model.layers", "qwen3": "model.layers", "gemma3": "model.layers",
    "neox": "gpt_neox.layers", "opt": "model.decoder.layers", "bert": "bert.encoder.layer",
    "roberta": "roberta.encoder.layer", "distilbert": "distilbert.transformer.layer", "t5": "encoder.block",
    "bart": "model.encoder.layers", "bloom": "transformer.h", "mistral": "model.layers",
    "qwen2": "model.layers", "gemma2": "model.layers", "phi": "model.layers",
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_blocks_stand_where_the_family_keeps_them(name: str) -> None:
    module = family(name).module
    assert blocks_of(module, name) == list(attrgetter(WHERE[name.split("-")[0]])(module))


def test_a_decoder_of_another_depth_does_not_count() -> None:
    small = {"d_model": 8, "vocab_size": 20}
    bart = transformers.BartConfig(
        encoder_layers=2, decoder_layers=3, encoder_ffn_dim=8, decoder_ffn_dim=8,
        encoder_attention_heads=2, decoder_attention_heads=2, **small,
    )  # fmt: skip
    module = transformers.BartForConditionalGeneration(bart)
    assert blocks_of(module, "bart") == list(module.model.encoder.layers)
    t5 = transformers.T5Config(num_layers=2, num_decoder_layers=3, d_kv=4, d_ff=8, num_heads=2, **small)
    module = transformers.T5ForConditionalGeneration(t5)
    assert blocks_of(module, "t5") == list(module.encoder.block)


def test_sub_layers_as_many_as_the_blocks_do_not_count() -> None:
    """A block of T5's decoder is a list of three; one of its encoder a list of two, like the blocks here."""
    config = transformers.T5Config(num_layers=2, d_kv=4, d_ff=8, num_heads=2, d_model=8, vocab_size=20)
    module = transformers.T5ForConditionalGeneration(config)
    assert len(module.encoder.block[0].layer) == 2
    assert blocks_of(module, "t5") == list(module.encoder.block)


def test_layers_that_share_their_weights_are_refused() -> None:
    config = transformers.AlbertConfig(
        vocab_size=20, embedding_size=8, hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=8
    )  # fmt: skip
    with pytest.raises(UnsupportedModel, match="one list of its 3 blocks; found 0"):
        blocks_of(transformers.AlbertForMaskedLM(config), "albert")
