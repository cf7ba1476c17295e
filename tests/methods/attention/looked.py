"""What transformers itself says of a text: patterns, and the values and weights read off its own modules."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel
from pellucid.models.huggingface.rows import whole
from tests.families import fresh, question

CAUSAL = ("gpt2", "llama", "qwen3", "gemma2", "gemma3", "neox", "phi", "opt")
SOME = (*CAUSAL, "bert-label", "distilbert-label", "gpt2-label")


def asked(name: str, answer: str | None = None) -> tuple[HuggingFaceModel, Text, Target]:
    """A new model, its question by tokens, and a resolved target."""
    model = fresh(name)
    text = model.cut(question(name).text, "token")
    return model, text, model.resolve(text, Target(answer or question(name).one, scale="logit"))


def patterns(model: HuggingFaceModel, text: Text, target: Target | None) -> list[Tensor]:
    """The attention weights of each layer, shape (head, query, key), as transformers returns them."""
    model.module.set_attn_implementation("eager")
    inputs = model.head.inputs([whole(model.encoding(text))], target.ids if target else (0,))
    with torch.no_grad():
        said = model.module(**inputs, output_attentions=True)
    found = said.encoder_attentions if model.module.config.is_encoder_decoder else said.attentions
    return [pattern[0] for pattern in found]


def read_at(name: str, model: HuggingFaceModel, text: Text, target: Target) -> list[int]:
    """Where each shape of head reads its answer, in words of its own."""
    length = len(model.encoding(text).ids)
    if name in CAUSAL:
        return list(range(length - 1, length - 1 + len(target.ids)))
    return [length - 1] if name == "gpt2-label" else [0]


def to_features(model: HuggingFaceModel, text: Text, credit: np.ndarray) -> np.ndarray:
    """Position by position into features."""
    encoding = model.encoding(text)
    found = np.zeros(encoding.features)
    for position, owner in enumerate(encoding.feature_of):
        if owner >= 0:
            found[owner] += credit[position]
    return found
