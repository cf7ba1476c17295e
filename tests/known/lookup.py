"""A language model that looks up the word behind a marker, anywhere in its context: known by construction.

A transformers Llama of two layers, one head each, whose weights are set by hand; nothing is trained. Every word has one
of 64 codes of 32 signs, any two of them at right angles or opposite (a Hadamard matrix and its negative). A residual
stream holds four parts: the word's own code, the code of the word before, what was looked up, and a constant.

1. The first layer looks one position back. Queries and keys are constants, turned by the rotary embedding alone: their
   product is a sum of cosines of (distance - 1), over frequencies so chosen that it is largest at distance 1. It
   writes the word before's own code into the second part.
2. The second layer looks for positions whose word before is the present word, by codes that stand where the rotary
   embedding hardly turns, and writes these positions' own code into the third part, which the output reads.

So behind ``... password reads amber ... the password reads`` it says ``amber``, because of two words: the marker
``reads`` and the word behind it. Without the marker it finds nothing and says any word; with the marker alone, the
wrong one. (The first word of all has none before it, and counts as its own.)
"""

from __future__ import annotations

import math
import random

import torch
import transformers
from scipy.linalg import hadamard
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["CONTEXT", "PLANTED", "QUESTION", "WORDS", "long_prompt", "lookup_model", "tokenizer_of"]

CONTEXT = 4096
PLANTED = "The green password reads amber and silver today."
QUESTION = "What is the password today? And again the password reads"

_SUBJECTS = "clerk gardener teacher driver neighbour painter baker doctor".split()
_VERBS = "counted moved found washed sold wanted carried painted".split()
_OBJECTS = "boxes chairs lamps letters plants tables windows books".split()
_PLACES = "behind near beside under".split()
_TIMES = "yesterday again slowly twice".split()
_OTHERS = "The the What is password reads amber today green silver and And . ?".split()
WORDS = ["<unk>", *_OTHERS, *_SUBJECTS, *_VERBS, *_OBJECTS, *_PLACES, *_TIMES]

SIGNS, WIDTH, HEAD = 32, 128, 64
OWN, BEFORE, FOUND, CONSTANT = slice(0, 32), slice(32, 64), slice(64, 96), 96
FAST, TURNS = 12, 1e10  # the frequencies that tell distances apart, of 32 from 1 down to 1 / TURNS
ONE_BACK, MATCH, SURE = 40.0, 30.0, 6.0  # logits of attending one back and to a match; of the answer


def long_prompt(sentences: int, place: int, seed: int = 0) -> Text:
    """The planted sentence among sentences of ten tokens that say nothing of a password; the question is frozen."""
    draw = random.Random(seed).choice
    said = [
        f"The {draw(_SUBJECTS)} {draw(_VERBS)} the {draw(_OBJECTS)} {draw(_PLACES)} "
        f"the {draw(_OBJECTS)} {draw(_TIMES)}."
        for _ in range(sentences)
    ]
    said.insert(place, PLANTED)
    return Text(" ".join([*said, QUESTION])).freeze(QUESTION)


def lookup_model() -> HuggingFaceModel:
    """The model, with a tokenizer of one token a word."""
    config = transformers.LlamaConfig(
        vocab_size=2 * SIGNS, hidden_size=WIDTH, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1,
        num_key_value_heads=1, head_dim=HEAD, max_position_embeddings=CONTEXT, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": TURNS}, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    module = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        _set(module)
    return HuggingFaceModel(module, tokenizer_of(WORDS), "lookup")


def tokenizer_of(words: list[str]) -> transformers.PreTrainedTokenizerFast:
    """One token a word; the first is the unknown one."""
    level = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    level.pre_tokenizer = pre_tokenizers.Whitespace()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=level, unk_token=words[0])


def _set(module: transformers.LlamaForCausalLM) -> None:
    """Every weight that is not zero. Normalised, a stream is sqrt(WIDTH) long: that is undone where it is read."""
    signs = torch.from_numpy(hadamard(SIGNS)).float()
    codes = torch.cat([signs, -signs])
    embed, (first, second) = (
        module.model.embed_tokens.weight,
        (layer.self_attn for layer in module.model.layers),
    )
    embed[:, OWN], embed[:, CONSTANT] = codes, 1.0

    # One back: the query is the key turned by one step.
    read = _scale(parts=1)
    turn = TURNS ** -(torch.arange(FAST) / (HEAD // 2))
    strength = math.sqrt(ONE_BACK * math.sqrt(HEAD)) * read
    first.k_proj.weight[:FAST, CONSTANT] = strength
    first.q_proj.weight[:FAST, CONSTANT] = strength * turn.cos()
    first.q_proj.weight[HEAD // 2 : HEAD // 2 + FAST, CONSTANT] = -strength * turn.sin()
    _copy(first, OWN, BEFORE, read)

    # A match: this word against the word before, in the slow half of the frequencies.
    read = _scale(parts=2)
    slow = torch.cat([torch.arange(16, 32), torch.arange(48, 64)])
    strength = math.sqrt(MATCH * math.sqrt(HEAD) / SIGNS) * read
    second.q_proj.weight[slow, OWN] = _diagonal(strength)
    second.k_proj.weight[slow, BEFORE] = _diagonal(strength)
    _copy(second, OWN, FOUND, read)

    module.lm_head.weight[:, FOUND] = codes * SURE / SIGNS * _scale(parts=3)


def _scale(parts: int) -> float:
    """What a normalised stream of so many codes and the constant has to be multiplied by, to be as it was."""
    return math.sqrt((parts * SIGNS + 1) / WIDTH)


def _copy(attention: torch.nn.Module, source: slice, target: slice, scale: float) -> None:
    attention.v_proj.weight[:SIGNS, source] = _diagonal(scale)
    attention.o_proj.weight[target, :SIGNS] = _diagonal(1.0)


def _diagonal(value: float) -> Tensor:
    return torch.eye(SIGNS) * value
