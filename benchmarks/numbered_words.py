"""Texts of numbered words and their tokenizer, made in place: no download, the same every time.

Word 0 is in no text. It is the mask token and the unknown one, which are what different libraries put in the
place of a word that is removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["saved", "tokenizer_of_words", "words"]


def tokenizer_of_words(vocabulary: int) -> Any:
    """Each word is one token; the last one ends a text."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    plain = Tokenizer(WordLevel({f"w{i}": i for i in range(vocabulary)}, unk_token="w0"))
    plain.pre_tokenizer = WhitespaceSplit()
    end = f"w{vocabulary - 1}"
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token=end, bos_token=end, unk_token="w0", mask_token="w0"
    )


def words(vocabulary: int, prompt: int, answer: int) -> tuple[str, str]:
    """Random words: so many to read, so many to explain."""
    drawn = np.random.default_rng(0).integers(1, vocabulary - 1, prompt + answer)
    found = [f"w{i}" for i in drawn]
    return " ".join(found[:prompt]), " " + " ".join(found[prompt:])


def saved(module: Any, tokenizer: Any, folder: Path) -> str:
    """The folder, once the model is in it, from where peers load it."""
    module.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
