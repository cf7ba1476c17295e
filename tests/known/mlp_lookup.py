"""A language model in which one MLP knows the capitals: known by construction.

A transformers Llama of three layers of four heads, whose weights are set by hand; codes and parts of the residual
stream are those of `lookup`, and one more, which nobody reads. The constant is large, so that no norm tells one word
from another. Two parts do something:

1. ``BACK``, layer 0, head 1: looks one position back, and writes that word's code as the word before.
2. The MLP of layer ``TABLE``: one neuron a country. It is on where the word before is that country, far off anywhere
   else, and writes the code of its capital as what was found, which the output reads.

So behind ``the capital of France is`` it says ``Paris``, along three edges: from the embedding to the head's value,
from the head to the MLP, from the MLP to the logits. The MLP of layer ``OTHER`` holds a table of rivers, whose keys are
never asked; all other heads look everywhere alike, and write what they see into the part that nobody reads.
"""

from __future__ import annotations

import math
from itertools import product

import torch
import transformers
from scipy.linalg import hadamard
from torch import Tensor, nn

from pellucid.models.huggingface.model import HuggingFaceModel
from tests.known.lookup import (
    BEFORE,
    CONSTANT,
    FAST,
    FOUND,
    HEAD,
    ONE_BACK,
    OWN,
    SIGNS,
    SURE,
    TURNS,
    WIDTH,
    tokenizer_of,
)

__all__ = ["BACK", "CAPITALS", "EDGES", "OTHER", "TABLE", "mlp_lookup_model", "prompt"]

CAPITALS = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Poland": "Warsaw"}
RIVERS = {"Seine": "west", "Tiber": "south", "Ebro": "east", "Vistula": "north"}
WORDS = ["<unk>", *"the capital of is".split(), *CAPITALS, *CAPITALS.values(), *RIVERS, *RIVERS.values()]
BACK, TABLE, OTHER = (0, 1), 1, 2
EDGES = {("embed", "0.h1 v"), ("0.h1", f"mlp {TABLE}"), (f"mlp {TABLE}", "logits")}
HEADS, ASIDE = 4, slice(97, 128)
LARGE, CLEAR = 1000.0, 40.0  # the constant; how far a neuron's gate is on or off, twice


def prompt(country: str) -> str:
    """What is asked of one country."""
    return f"the capital of {country} is"


def mlp_lookup_model() -> HuggingFaceModel:
    """The model, with a tokenizer of one token a word."""
    config = transformers.LlamaConfig(
        vocab_size=2 * SIGNS, hidden_size=WIDTH, intermediate_size=len(CAPITALS), num_hidden_layers=3,
        num_attention_heads=HEADS, num_key_value_heads=HEADS, head_dim=HEAD, max_position_embeddings=64,
        tie_word_embeddings=False, rope_parameters={"rope_type": "default", "rope_theta": TURNS},
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    module = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        _set(module)
    return HuggingFaceModel(module, tokenizer_of(WORDS), "mlp lookup")


def _set(module: transformers.LlamaForCausalLM) -> None:
    """Every weight that is not zero. A normalised stream is sqrt(WIDTH) long: that is undone where it is read."""
    signs = torch.from_numpy(hadamard(SIGNS)).float()
    codes = torch.cat([signs, -signs])
    module.model.embed_tokens.weight[:, OWN] = codes
    module.model.embed_tokens.weight[:, CONSTANT] = LARGE
    layers = module.model.layers
    for layer, head in product(range(len(layers)), range(HEADS)):
        if (layer, head) == BACK:
            _look_back(layers[layer].self_attn, head)
            _write(layers[layer].self_attn, head, BEFORE)
        else:
            _write(layers[layer].self_attn, head, ASIDE)
    _hold(layers[TABLE].mlp, CAPITALS, codes, _as_it_was(parts=2))
    _hold(layers[OTHER].mlp, RIVERS, codes, _as_it_was(parts=3))
    module.lm_head.weight[:, FOUND] = codes * SURE / SIGNS * _as_it_was(parts=3)


def _look_back(attention: nn.Module, head: int) -> None:
    """Queries and keys are constants; the query is the key turned by one step of the rotary embedding."""
    read = _as_it_was(parts=1)
    turn = TURNS ** -(torch.arange(FAST) / (HEAD // 2))
    strength = math.sqrt(ONE_BACK * math.sqrt(HEAD)) * read / LARGE
    at = head * HEAD
    attention.k_proj.weight[at : at + FAST, CONSTANT] = strength
    attention.q_proj.weight[at : at + FAST, CONSTANT] = strength * turn.cos()
    attention.q_proj.weight[at + HEAD // 2 : at + HEAD // 2 + FAST, CONSTANT] = -strength * turn.sin()


def _write(attention: nn.Module, head: int, target: slice) -> None:
    """The own code of what a head looks at, or as many of its signs as there is room for."""
    at, signs = head * HEAD, target.stop - target.start
    attention.v_proj.weight[at : at + SIGNS, OWN] = torch.eye(SIGNS) * _as_it_was(parts=1)
    attention.o_proj.weight[target, at : at + signs] = torch.eye(signs)


def _hold(mlp: nn.Module, table: dict[str, str], codes: Tensor, read: float) -> None:
    """One neuron a key: its gate is CLEAR / 2 where the word before is the key, -CLEAR / 2 or less where it is not."""
    for neuron, (key, value) in enumerate(table.items()):
        mlp.gate_proj.weight[neuron, BEFORE] = codes[WORDS.index(key)] * CLEAR / SIGNS * read
        mlp.gate_proj.weight[neuron, CONSTANT] = -CLEAR / 2 * read / LARGE
        mlp.up_proj.weight[neuron, CONSTANT] = read / LARGE
        mlp.down_proj.weight[FOUND, neuron] = codes[WORDS.index(value)] / (CLEAR / 2)


def _as_it_was(parts: int) -> float:
    """What a normalised stream of so many codes and the constant is multiplied by, to be as it was."""
    return math.sqrt((parts * SIGNS + LARGE**2) / WIDTH)
