"""A random model of Mistral-7B's shape, built where it runs, and a tokenizer that stands in for its own."""

from __future__ import annotations

import re
from typing import Any

import torch

__all__ = ["ANSWER", "PROMPT", "mistral", "stand_in"]

PROMPT = (
    "Classify the following sentence as either positive or negative: saw how bad this movie was. "
    "Reply only 'positive' or 'negative'. The sentence is"
)
ANSWER = " negative"


def mistral(device: str, **shape: Any) -> Any:
    """Random weights in bfloat16; ``shape`` as in transformers' MistralConfig, whose defaults are those of 7B."""
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            return MistralForCausalLM(MistralConfig(**shape)).eval()
    finally:
        torch.set_default_dtype(usual)


def stand_in(vocabulary: int) -> Any:
    """Words and marks of the prompt as tokens, spread over the vocabulary: about as many as Mistral's own."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    pieces = dict.fromkeys(["<unk>", "<s>", "</s>", *re.findall(r"\w+|[^\w\s]+", PROMPT + ANSWER)])
    apart = vocabulary // len(pieces)
    plain = Tokenizer(WordLevel({piece: i * apart for i, piece in enumerate(pieces)}, unk_token="<unk>"))
    plain.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
