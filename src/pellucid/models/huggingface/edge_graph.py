"""The nodes of a model and the edges between them: who writes to the residual stream, and who reads it.

In a model whose blocks add to one stream, what stands before a reader is the sum of what was written before it. So an
edge from each writer to each later reader is a term of a sum, and can be moved or replaced by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pellucid.core.errors import UnsupportedModel
from pellucid.core.site import Point, Site
from pellucid.models.huggingface.anatomy import BlockParts

__all__ = ["Graph", "Layer", "graph_of"]

MID: Point = "resid_mid"


@dataclass(frozen=True)
class Layer:
    """Where one block's nodes stand: its heads and MLP among the sources, its readers among the dests.

    ``before``: how many sources have written when it is entered; ``for_mlp``: when its MLP reads. ``parallel``: its
    MLP reads what its attention reads. ``together``: a norm stands behind the sum of its heads, so what each writes is
    at a scale that hangs on all.
    """

    before: int
    heads: int
    kv_heads: int
    parallel: bool
    together: bool
    first_reader: int

    @property
    def mlp(self) -> int:
        """The MLP among the sources; the block's heads stand before it, from ``before`` on."""
        return self.before + self.heads

    @property
    def for_mlp(self) -> int:
        """How many sources have written when the MLP reads."""
        return self.before if self.parallel else self.mlp

    def read_at(self, i: int) -> list[Site]:
        """The sites of block ``i`` where its readers read, and what its attention makes of that."""
        points: list[Point] = ["resid_pre", "q", "k", "v", *([] if self.parallel else [MID])]
        return [Site(point, i) for point in points]

    @property
    def readers(self) -> slice:
        """The attention's readers among the dests: queries of heads, keys, values of key-value heads."""
        return slice(self.first_reader, self.mlp_reader)

    @property
    def mlp_reader(self) -> int:
        """The MLP among the dests."""
        return self.first_reader + self.heads + 2 * self.kv_heads


@dataclass(frozen=True)
class Graph:
    """All nodes of a model, block by block. The first source is the embedding, the last dest the logits."""

    layers: tuple[Layer, ...]

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The names of what writes: ``embed``, ``0.h3``, ``mlp 0``."""
        names = ["embed"]
        for i, layer in enumerate(self.layers):
            names += [f"{i}.h{h}" for h in range(layer.heads)] + [f"mlp {i}"]
        return tuple(names)

    @cached_property
    def dests(self) -> tuple[str, ...]:
        """The names of what reads: ``0.h3 q``, ``0.h1 k``, ``0.h1 v``, ``mlp 0``, ``logits``."""
        names = []
        for i, layer in enumerate(self.layers):
            names += [f"{i}.h{h} q" for h in range(layer.heads)]
            names += [f"{i}.h{h} {kind}" for kind in "kv" for h in range(layer.kv_heads)] + [f"mlp {i}"]
        return (*names, "logits")

    @cached_property
    def exists(self) -> np.ndarray:
        """Which edges there are, bool, shape (source, dest)."""
        there = np.zeros((len(self.sources), len(self.dests)), bool)
        for layer in self.layers:
            there[: layer.before, layer.readers] = True
            there[: layer.for_mlp, layer.mlp_reader] = True
        there[:, -1] = True
        return there

    @cached_property
    def feeds(self) -> np.ndarray:
        """Which sources hang on what each dest reads, bool, shape (dest, source); nothing hangs on the logits."""
        there = np.zeros((len(self.dests), len(self.sources)), bool)
        for layer in self.layers:
            group = layer.heads // layer.kv_heads
            for head in range(layer.heads):
                key = layer.first_reader + layer.heads + head // group
                own = [layer.first_reader + head, key, key + layer.kv_heads]
                there[layer.readers if layer.together else own, layer.before + head] = True
            there[layer.mlp_reader, layer.mlp] = True
        return there


def graph_of(stacks: dict[str, list[BlockParts]], name: str) -> Graph:
    """The graph of a model of one stack. Raises `UnsupportedModel` where what is written is no sum of nodes."""
    if list(stacks) != [""]:
        raise _refused(name, "one stack of blocks; it has an encoder and a decoder")
    layers: list[Layer] = []
    for i, parts in enumerate(stacks[""]):
        attention = parts.attention
        if attention is None or "attn_out" in parts.missing:
            reason = parts.missing.get("attn_out", "no attention was found there")
            raise _refused(name, f"blocks that add up; of block {i}, {reason}")
        last = layers[-1] if layers else None
        layers.append(
            Layer(
                before=1 if last is None else last.mlp + 1,
                heads=attention.heads,
                kv_heads=attention.kv_heads,
                parallel="resid_mid" in parts.missing,
                together=attention.out is not attention.projection,
                first_reader=0 if last is None else last.mlp_reader + 1,
            )
        )
    return Graph(tuple(layers))


def _refused(name: str, needs: str) -> UnsupportedModel:
    return UnsupportedModel(
        name, needs, "activation_patching of states and heads asks a similar question, without edges."
    )
