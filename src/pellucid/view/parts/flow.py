"""Edges between the parts of a model as a graph: where each part stands follows from its name alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.circuit import Circuit
from pellucid.core.figure import Flow, Node, Part, Prose, Table
from pellucid.view.numbers import fixed, signed
from pellucid.view.parts.matrices import labels

__all__ = ["MOST_EDGES", "circuit_parts", "edges", "flow"]

MOST_EDGES = 4000  # that a page carries; of more, the strongest
MOST_ROWS = 30
NAME = re.compile(r"embed|logits|mlp (?P<mlp>\d+)|(?P<layer>\d+)\.h(?P<head>\d+)(?: (?P<port>[qkv]))?")
EMBED = -1.0
MLP = 0.5  # of a row behind the heads of its block, which it reads
SHARED = -0.25  # keys and values of several heads stand in front of those heads
Door = tuple[Node, str]


def flow(
    sources: Sequence[str],
    dests: Sequence[str],
    values: np.ndarray,
    common: Any,
    plain: tuple[Part, ...],
    caption: str = "",
) -> Flow:
    """The graph of ``values``, shape (source, dest), NaN where there is no edge; ``common``: its sign and units.

    Blocks from the embedding to the logits, in each its heads side by side, and its MLP behind them, at the side. The
    query, key and value of a head are one node; edges keep the letter. Where heads share keys and values, these are a
    node of their own. Other names than those of `edge_attribution` are two rows, from sources to dests.
    """
    from_, to = _doors(sources, dests)
    nodes = list(dict.fromkeys(node for node, _ in (*from_, *to)))
    number = {node: i for i, node in enumerate(nodes)}
    there = np.argwhere(np.isfinite(values))
    strength = np.abs(values[tuple(there.T)])
    kept = there[np.argsort(-strength, kind="stable")[:MOST_EDGES]]
    if len(kept) < len(there):
        said = f"the {len(kept):,} strongest of {len(there):,} edges"
        caption = f"{caption}: {said}" if caption else said.capitalize()
    ports = tuple(to[v][1] for _, v in kept)
    return Flow(
        nodes=tuple(nodes),
        edges=tuple((number[from_[u][0]], number[to[v][0]], float(values[u, v])) for u, v in kept),
        **common,
        plain=plain,
        caption=caption,
        ports=ports if any(ports) else (),
        among=len(there),
    )


def edges(data: xr.Dataset, array: xr.DataArray, common: Any, plain: tuple[Part, ...], caption: str) -> Flow:
    """The graph of an array over (source) and (dest), called as the data call them."""
    array = array.transpose("source", "dest")
    sources, dests = (labels(data, dim, array.sizes[dim]) for dim in ("source", "dest"))
    return flow(sources, dests, array.values, common, plain, caption)


def circuit_parts(found: Circuit) -> list[Part]:
    """The edges of a circuit as a graph, the strongest in a table, and how much of the answer they carry."""
    values = np.where(found.kept, found.scores, np.nan)
    kept = found.edges
    rows = tuple((source, dest, signed(value)) for source, dest, value in kept[:MOST_ROWS])
    more = f": the {MOST_ROWS} strongest of {len(kept):,}" if len(kept) > MOST_ROWS else ""
    table = Table(("source", "dest", "score"), rows, frozenset({2}), f"The edges of the circuit{more}")
    of = int(np.isfinite(found.scores).sum())
    said = f"{len(kept):,} of {of:,} edges: faithfulness {fixed(found.found, 3)} on the pairs that they were found on."
    graph = flow(found.sources, found.dests, values, {"signed": True, "units": ""}, (table,), "The circuit")
    if found.ablation not in found.provenance.notes:
        said += f"\n{found.ablation}"
    return [graph, Prose(said)]


def _doors(sources: Sequence[str], dests: Sequence[str]) -> tuple[list[Door], list[Door]]:
    """The node of each source and of each dest, with the letter of what it goes into."""
    read = {name: NAME.fullmatch(name) for name in (*sources, *dests)}
    if not all(read.values()):
        return _row(sources, 0.0), _row(dests, 1.0)
    found = [match for match in read.values() if match]
    layers = 1 + max((int(m["layer"] or m["mlp"] or 0) for m in found), default=0)
    heads = _most(found, "q") or 1
    shared = {  # block to how many of its heads have each of its keys
        layer: count // keys
        for layer in range(layers)
        if (keys := _most(found, "kv", layer)) and (count := _most(found, "q", layer)) > keys
    }

    def door(name: str) -> Door:
        match = read[name]
        assert match
        if name in ("embed", "logits"):
            return Node(name, EMBED if name == "embed" else float(layers), (heads - 1) / 2), ""
        if match["mlp"]:
            return Node(name, int(match["mlp"]) + MLP, float(heads)), ""
        layer, head, port = int(match["layer"]), int(match["head"]), match["port"] or ""
        if port in ("k", "v") and layer in shared:
            lane = (head + 0.5) * shared[layer] - 0.5
            return Node(f"{layer}.kv{head}", layer + SHARED, lane), port
        return Node(f"{layer}.h{head}", float(layer), float(head)), port

    return [door(name) for name in sources], [door(name) for name in dests]


def _most(found: Iterable[re.Match[str]], ports: str, layer: int | None = None) -> int:
    """How many heads there are, in a block or in the largest: those that write or ask, or those that are read."""
    heads = [
        int(m["head"])
        for m in found
        if m["head"] and (m["port"] or "q") in ports and layer in (None, int(m["layer"]))
    ]
    return 1 + max(heads, default=-1)


def _row(names: Sequence[str], rank: float) -> list[Door]:
    return [(Node(name, rank, float(lane)), "") for lane, name in enumerate(names)]
