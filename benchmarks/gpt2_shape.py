"""Random models of GPT-2's kind: the small one's shape for what is timed, and smaller ones for the rest."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.numbered_words import tokenizer_of_words, words

__all__ = ["ANSWER_TOKENS", "PROMPT_TOKENS", "gpt2", "model_and_tokenizer", "prompt_and_answer"]

VOCABULARY = 50257
PROMPT_TOKENS = 64
ANSWER_TOKENS = 16


def model_and_tokenizer() -> tuple[Any, Any]:
    """GPT-2 small (12 layers, width 768, 12 heads) with random weights, and a tokenizer of numbered words."""
    return gpt2(VOCABULARY)


def prompt_and_answer() -> tuple[str, str]:
    """Random words: 64 to read, 16 to explain."""
    return words(VOCABULARY, PROMPT_TOKENS, ANSWER_TOKENS)


def gpt2(vocabulary: int, **shape: Any) -> tuple[Any, Any]:
    """A model of GPT-2's kind with random weights, the same every time; ``shape`` as in transformers' GPT2Config."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    end = vocabulary - 1
    config = GPT2Config(vocab_size=vocabulary, bos_token_id=end, eos_token_id=end, **shape)
    return GPT2LMHeadModel(config).eval(), tokenizer_of_words(vocabulary)
