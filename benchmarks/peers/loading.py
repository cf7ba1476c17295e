"""Load a model from a folder, whatever the version of transformers; each folder once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROWS_AT_ONCE = 64


@lru_cache(maxsize=4)
def language_model(folder: str, attention: str = "sdpa") -> tuple[Any, Any]:
    """A causal language model in float32, and its tokenizer."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention)
    return model.float().eval(), tokenizer_of(folder)


@lru_cache(maxsize=4)
def classifier(folder: str) -> tuple[Any, Any]:
    """A sequence classifier in float32, and its tokenizer."""
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(folder).float().eval(), tokenizer_of(folder)


def tokenizer_of(folder: str) -> Any:
    """Read by hand: older transformers do not know the class that newer ones write into the folder."""
    from transformers import PreTrainedTokenizerFast

    config = json.loads((Path(folder) / "tokenizer_config.json").read_text(encoding="utf-8"))
    tokens = {role: token for role, token in config.items() if role.endswith("_token")}
    return PreTrainedTokenizerFast(tokenizer_file=str(Path(folder) / "tokenizer.json"), **tokens)


def in_batches(model: Any, tokenizer: Any, read: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """A function of a list of texts, as a careful user writes it: padded batches, no gradients."""

    @torch.no_grad()
    def predict(texts: Any) -> np.ndarray:
        found = []
        for at in range(0, len(texts), ROWS_AT_ONCE):
            some = [str(text) for text in texts[at : at + ROWS_AT_ONCE]]
            inputs = tokenizer(some, return_tensors="pt", padding=True)
            found.append(read(model(**inputs).logits))
        return torch.cat(found).numpy()

    return predict
