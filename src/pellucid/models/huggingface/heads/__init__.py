"""The shapes of output: what an answer is, what the model reads to score it, where its logits stand.

One file a shape. They share the protocol `Head`; everything else in this folder of models is blind to the
shape of the output.
"""

from __future__ import annotations

from typing import Any

from pellucid.core.errors import UnsupportedModel
from pellucid.models.huggingface.heads.causal import CausalHead
from pellucid.models.huggingface.heads.encoder_decoder import EncoderDecoderHead
from pellucid.models.huggingface.heads.extractive import ExtractiveHead
from pellucid.models.huggingface.heads.head import Head
from pellucid.models.huggingface.heads.label import LabelHead
from pellucid.models.huggingface.heads.masked import MaskedHead
from pellucid.models.huggingface.heads.token_label import TokenLabelHead

__all__ = ["ENDINGS", "Head", "head_of"]

_BY_CLASS_NAME: tuple[tuple[str, type], ...] = (
    ("ForSequenceClassification", LabelHead),
    ("ForTokenClassification", TokenLabelHead),
    ("ForQuestionAnswering", ExtractiveHead),
    ("ForMaskedLM", MaskedHead),
    ("ForConditionalGeneration", EncoderDecoderHead),
    ("ForCausalLM", CausalHead),
    ("LMHeadModel", CausalHead),
)
# How the class names end of the models that can be explained.
ENDINGS = tuple(ending for ending, _ in _BY_CLASS_NAME)


def head_of(module: Any, tokenizer: Any, name: str) -> Head:
    """The head of a model, by the ending of its class name; says what it looked for if there is none."""
    kind = type(module).__name__
    found = next((head for ending, head in _BY_CLASS_NAME if kind.endswith(ending)), None)
    if found is EncoderDecoderHead and not module.config.is_encoder_decoder:
        found = CausalHead  # vision-language models carry this ending too
    if found is None:
        raise UnsupportedModel(name, f"a class ending in one of {', '.join(ENDINGS)}; found {kind}")
    return found(module, tokenizer, name)
