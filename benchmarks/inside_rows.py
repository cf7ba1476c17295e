"""Rows of the inside: patches of one text's numbers into another, at states and at heads; the lens; the edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

import pellucid
from benchmarks.edge_row import edge_row
from benchmarks.gpt2_shape import VOCABULARY, gpt2
from benchmarks.lens_row import lens_row
from benchmarks.numbered_words import saved, tokenizer_of_words, words
from benchmarks.rows import Ours, Row, Side

__all__ = ["grouped", "inside_rows", "swept_heads", "swept_states"]

TOKENS = 15
LARGE = 128256  # words of a vocabulary of today
GROUPED = {
    "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 8,
    "num_key_value_heads": 2,
}  # fmt: skip


def inside_rows(folder: Path) -> Iterator[Row]:
    """The rows; each model is saved in a folder of its own. The clean text is the corrupt one, read backwards."""
    lens = "TransformerLens, one forward a patch"
    module, tokenizer = gpt2(VOCABULARY)
    model, here = pellucid.load((module, tokenizer)), saved(module, tokenizer, folder / "patched")
    work = f"GPT-2-small shape, random weights, {TOKENS} tokens, the logit of one"

    def row(name: str, what: str, ours: Ours, at: str, vocabulary: int, *sides: Side) -> Row:
        text, target = words(vocabulary, TOKENS, 1)
        return Row(name, what, at, ours, sides, text, target, (" ".join(text.split()[:4]), target))

    yield row(
        "sweep of states",
        f"{work}, {TOKENS} positions in 12 layers",
        lambda text, target: swept_states(model, text, target),
        here,
        VOCABULARY,
        Side(lens, "transformer_lens", "patched_states"),
        Side("the obvious loop", "loop", "patched_states"),
    )
    yield row(
        "sweep of heads",
        f"{work}, 144 heads at all positions",
        lambda text, target: swept_heads(model, text, target),
        here,
        VOCABULARY,
        Side(lens, "transformer_lens", "patched_heads"),
    )
    yield lens_row(model, here, VOCABULARY)
    yield edge_row(model, here, VOCABULARY)
    large, its_words = grouped(LARGE, **GROUPED)
    opened = pellucid.load((large, its_words))
    yield row(
        "sweep of states, grouped queries",
        f"Llama of 16 layers of width 512, 8 heads over 2, {LARGE:,} words, random weights, {TOKENS} positions",
        lambda text, target: swept_states(opened, text, target),
        saved(large, its_words, folder / "grouped"),
        LARGE,
        Side("the obvious loop", "loop", "patched_states"),
    )


def grouped(vocabulary: int, **shape: int) -> tuple[Any, Any]:
    """A random Llama whose heads share keys and values; ``shape`` as in transformers' LlamaConfig."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None, **shape
    )
    return LlamaForCausalLM(config).eval(), tokenizer_of_words(vocabulary)


def swept_states(model: Any, text: str, target: str, at: Sequence[int] | None = None) -> np.ndarray:
    """The answer's logit for each layer and position whose incoming state is the clean text's, (layer, position).

    ``at``: which positions; by default all.
    """
    layers = range(len(model.blocks[""]))
    positions = range(len(text.split())) if at is None else at
    patches = [
        pellucid.Patch.at(f"resid_pre.{layer}", positions=[position])
        for layer, position in product(layers, positions)
    ]
    sites = [f"resid_pre.{layer}" for layer in layers]
    return _swept(model, text, target, sites, patches).reshape(len(layers), len(positions))


def swept_heads(model: Any, text: str, target: str) -> np.ndarray:
    """The answer's logit for each head that says what it says of the clean text, (layer, head)."""
    blocks = model.blocks[""]
    patches = [
        pellucid.Patch.at(f"z.{layer}.h{head}")
        for layer, block in enumerate(blocks)
        for head in range(block.heads)
    ]
    sites = [f"z.{layer}" for layer in range(len(blocks))]
    return _swept(model, text, target, sites, patches).reshape(len(blocks), -1)


def _swept(model: Any, text: str, target: str, sites: list[str], patches: list[Any]) -> np.ndarray:
    corrupt, clean = model.cut(text), model.cut(" ".join(reversed(text.split())))
    asked = model.resolve(corrupt, pellucid.Target(target, scale="logit"))
    trace = model.trace(clean, read=sites)
    return model.sweep(corrupt, asked, patches, {site: trace.row(site, 0) for site in sites}).sum(1)
