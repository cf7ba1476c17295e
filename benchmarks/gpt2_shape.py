"""A random model of GPT-2-small's shape and a text for it, made in place: no download, the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

VOCABULARY = 50257
PROMPT_TOKENS = 64
ANSWER_TOKENS = 16


def model_and_tokenizer() -> tuple[Any, Any]:
    """GPT-2 small (12 layers, width 768, 12 heads) with random weights, and a tokenizer of numbered words.

    Word 0 is in no text. It is the mask token and the unknown one, which are what different libraries put in
    the place of a word that is removed.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = {f"w{i}": i for i in range(VOCABULARY)}
    plain = Tokenizer(WordLevel(words, unk_token="w0"))
    plain.pre_tokenizer = WhitespaceSplit()
    end = f"w{VOCABULARY - 1}"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token=end, bos_token=end, unk_token="w0", mask_token="w0"
    )
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config()).eval(), tokenizer


def prompt_and_answer() -> tuple[str, str]:
    """Random words: 64 to read, 16 to explain."""
    drawn = np.random.default_rng(0).integers(1, VOCABULARY - 1, PROMPT_TOKENS + ANSWER_TOKENS)
    words = [f"w{i}" for i in drawn]
    return " ".join(words[:PROMPT_TOKENS]), " " + " ".join(words[PROMPT_TOKENS:])
