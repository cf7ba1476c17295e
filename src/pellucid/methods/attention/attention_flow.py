"""Attention flow: how much can pass from the answer down to each part of the text, if looks are pipes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import all_layers
from pellucid.methods.attention._looks import NOTE
from pellucid.methods.attention._rolled import credited, mean_patterns, mixed

__all__ = ["attention_flow"]

# Capacities are whole numbers of this part of 1: what leaves the answer fits 32 bits.
WHOLE = 2**30
# Pipes times features: beyond it the flows take minutes.
MOST = 500_000_000


@method(
    cost="one forward, a backward of the head alone, and a maximum flow a feature",
    paper="Abnar and Zuidema 2020, arXiv:2005.00928, section 3",
)
def attention_flow(model: WhiteBox, text: Text, target: Target, *, residual: float = 0.5) -> xr.Dataset:
    """The maximum flow from the answer's position to each feature, through all layers' attention.

    Every position of every layer is a node; from position i behind layer l a pipe of capacity
    ``residual . I[i, j] + (1 - residual) . A_l[i, j]`` leads to position j before it (A_l averaged over heads). The
    credit of a feature is the most that could flow from the position that the answer is read at to the feature's
    tokens together, where nothing else is in the way; the mean, if the answer is read at several.

    Returns ``attribution``, dims (input), each from 0 to 1. The flows are each other's rivals, so they do not add up
    to 1. Exact to 1e-6: capacities are rounded to whole parts of 2^-30. Raises `BadOption` for a text too long to be
    done in a minute or so, and as `attention_rollout` does.

    :param residual: the share that a position keeps of itself in each layer; the paper's is 0.5.
    """
    if not 0 <= residual <= 1:
        raise BadOption(f"residual={residual}: it is a share, from 0 to 1.")
    layers = all_layers(model, "attention_flow")
    owners = model.owners(text)
    features = len(text.features)
    pipes = len(layers) * len(owners) ** 2
    if pipes * features > MOST:
        raise BadOption(
            f"attention_flow needs one maximum flow a feature through {pipes:,} looks, and {features} of them take "
            "too long. Shorten the text, use a larger unit (--unit sentence), or attention_rollout, which asks nearly "
            "the same and is quick."
        )
    patterns, at = mean_patterns(model, text, target, layers)
    network = _Network(mixed(patterns, residual))
    found = np.empty((len(at), features))
    for done, (answer, feature) in enumerate(np.ndindex(found.shape)):
        meter().advance(done, found.size, "flows")
        found[answer, feature] = network.flow(int(at[answer]), np.flatnonzero(owners == feature))
    return credited(found.mean(0), None, "maximum flow", (NOTE,))


class _Network:
    """Pipes between the positions of neighbouring layers; node l . length + i is position i behind layer l."""

    def __init__(self, layers: np.ndarray) -> None:
        depth, self.length, _ = layers.shape
        level, query, key = np.nonzero(np.rint(layers * WHOLE))
        self._capacity = np.rint(layers * WHOLE)[level, query, key].astype(np.int32)
        self._source, self._sink = (level + 1) * self.length + query, level * self.length + key
        self._top = depth * self.length
        self._nodes = (depth + 1) * self.length + 1

    def flow(self, top: int, features: np.ndarray) -> float:
        """The maximum flow from a position behind the last layer to some of the input, joined in one sink."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import maximum_flow

        end = self._nodes - 1
        source = np.concatenate([self._source, features])
        sink = np.concatenate([self._sink, np.full(len(features), end)])
        capacity = np.concatenate([self._capacity, np.full(len(features), WHOLE, np.int32)])
        graph = csr_array((capacity, (source, sink)), shape=(self._nodes, self._nodes))
        return maximum_flow(graph, self._top + top, end).flow_value / WHOLE
