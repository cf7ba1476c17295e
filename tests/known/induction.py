"""A language model with one induction circuit and one head beside it: known by construction.

A transformers Llama of two layers of four heads, whose weights are set by hand; its MLPs write nothing. Words have the
codes, and the residual stream the parts, of `lookup`: the word's own code, that of the word before, what was found, and
a constant. Three of the eight heads do something:

1. ``PREVIOUS``, layer 0, head 1: looks one position back, and writes that word's code as the word before.
2. ``INDUCTION``, layer 1, head 2: looks for positions whose word before is the present word, and writes these
   positions' own code as what was found, which the output reads.
3. ``COPY``, layer 1, head 0: looks at its own position and says the present word again, more softly. It moves the
   output of every text, and has no part in the induction.

So behind ``... green lamps ... green`` it says ``lamps``, through the first two heads and no other; and wherever green
did not stand before, it says ``green`` again, which is the third's.
"""

from __future__ import annotations

import math

import torch
import transformers
from scipy.linalg import hadamard
from torch import Tensor

from pellucid.models.huggingface.model import HuggingFaceModel
from tests.known.lookup import (
    BEFORE,
    CONSTANT,
    FAST,
    FOUND,
    HEAD,
    MATCH,
    ONE_BACK,
    OWN,
    SIGNS,
    SURE,
    TURNS,
    WIDTH,
    lookup_model,
)

__all__ = ["AGAIN", "CLEAN", "COPY", "CORRUPT", "FIRST", "INDUCTION", "PREVIOUS", "THEN", "induction_model"]

HEADS, SOFTLY = 4, 0.4
PREVIOUS, COPY, INDUCTION = (0, 1), (1, 0), (1, 2)
# The word that stands twice, what follows it, and where; in the corrupt text another word stands there first.
CLEAN = "the clerk moved green lamps and counted boxes near green"
CORRUPT = "the clerk moved silver lamps and counted boxes near green"
FIRST, THEN, AGAIN = 3, 4, 9


def induction_model() -> HuggingFaceModel:
    """The model, with the tokenizer of `lookup`: one token a word."""
    config = transformers.LlamaConfig(
        vocab_size=2 * SIGNS, hidden_size=WIDTH, intermediate_size=8, num_hidden_layers=2, num_attention_heads=HEADS,
        num_key_value_heads=HEADS, head_dim=HEAD, max_position_embeddings=64, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": TURNS}, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    module = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        _set(module)
    return HuggingFaceModel(module, lookup_model().tokenizer, "induction")


def _set(module: transformers.LlamaForCausalLM) -> None:
    """Every weight that is not zero. A normalised stream is sqrt(WIDTH) long: that is undone where it is read."""
    signs = torch.from_numpy(hadamard(SIGNS)).float()
    codes = torch.cat([signs, -signs])
    module.model.embed_tokens.weight[:, OWN] = codes
    module.model.embed_tokens.weight[:, CONSTANT] = 1.0
    first, second = (layer.self_attn for layer in module.model.layers)

    read = _as_it_was(parts=1)
    _look_back(first, PREVIOUS[1], 1, read)
    _write(first, PREVIOUS[1], BEFORE, read)

    read = _as_it_was(parts=2)
    _look_back(second, COPY[1], 0, read)
    _write(second, COPY[1], FOUND, SOFTLY * read)
    _look_for_a_match(second, INDUCTION[1], read)
    _write(second, INDUCTION[1], FOUND, read)

    module.lm_head.weight[:, FOUND] = codes * SURE / SIGNS * _as_it_was(parts=3)


def _look_back(attention: torch.nn.Module, head: int, distance: int, read: float) -> None:
    """Queries and keys are constants; the query is the key turned by so many steps of the rotary embedding."""
    turn = distance * TURNS ** -(torch.arange(FAST) / (HEAD // 2))
    strength = math.sqrt(ONE_BACK * math.sqrt(HEAD)) * read
    at = head * HEAD
    attention.k_proj.weight[at : at + FAST, CONSTANT] = strength
    attention.q_proj.weight[at : at + FAST, CONSTANT] = strength * turn.cos()
    attention.q_proj.weight[at + HEAD // 2 : at + HEAD // 2 + FAST, CONSTANT] = -strength * turn.sin()


def _look_for_a_match(attention: torch.nn.Module, head: int, read: float) -> None:
    """This word against the word before, in the half of the frequencies that hardly turns."""
    slow = head * HEAD + torch.cat([torch.arange(16, 32), torch.arange(48, 64)])
    strength = math.sqrt(MATCH * math.sqrt(HEAD) / SIGNS) * read
    attention.q_proj.weight[slow, OWN] = _diagonal(strength)
    attention.k_proj.weight[slow, BEFORE] = _diagonal(strength)


def _write(attention: torch.nn.Module, head: int, target: slice, scale: float) -> None:
    """The own code of what a head looks at, into a part of the stream."""
    at = head * HEAD
    attention.v_proj.weight[at : at + SIGNS, OWN] = _diagonal(scale)
    attention.o_proj.weight[target, at : at + SIGNS] = _diagonal(1.0)


def _as_it_was(parts: int) -> float:
    """What a normalised stream of so many codes and the constant is multiplied by, to be as it was."""
    return math.sqrt((parts * SIGNS + 1) / WIDTH)


def _diagonal(value: float) -> Tensor:
    return torch.eye(SIGNS) * value
