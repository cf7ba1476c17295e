"""What a white-box model hands out when it is opened: gradients, relevance, traces, the edges between its parts.

``models/`` implements them; `core.protocols` says how to ask for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

__all__ = ["Block", "Edges", "Gradients", "Relevance", "Trace"]


class Gradients(Protocol):
    """Gradients of one target at the states of one text's positions, shape (position, width).

    The states are the input embeddings, or the residual stream at a layer. ``feature_of``: the feature that
    each position belongs to, -1 for none, shape (position,). ``at_once``: how many points fit one batch.
    """

    inputs: Tensor
    outputs: int
    default_baseline: str
    feature_of: np.ndarray
    at_once: int

    def baseline(self, kind: str) -> Tensor:
        """A reference input: the states when each feature's embeddings are replaced, all others as they are."""
        ...

    def vocabulary(self) -> Tensor:
        """The embeddings of all tokens that stand for text, shape (token, width)."""
        ...

    def values(self, points: Tensor) -> np.ndarray:
        """Values alone at ``points``, shape (point, output)."""
        ...

    def __call__(self, points: Tensor, *, per_output: bool = False) -> tuple[np.ndarray, Tensor]:
        """Values and gradients at ``points``, shape (point, position, width).

        Returns values, shape (point, output), and the gradient of their sum, of the shape of ``points``;
        with ``per_output`` the gradient of each output, shape (point, output, position, width).
        """
        ...

    def per_feature(self, values: Tensor) -> np.ndarray:
        """Values of positions (the last dim) added up to features, float64."""
        ...


@dataclass(frozen=True)
class Relevance:
    """Where the relevance of a target went, in the target's units.

    ``features``: float64, shape (input,). ``unassigned`` reached positions that are no feature (special tokens,
    frozen parts, the answer's own tokens). ``entered``: logits times the target's gradient there; the target
    itself on the logit scale. ``biases``, ``softmax``, ``epsilon``: what the model's constants, the expansion of
    softmax (and sigmoid) and the epsilon of the rule kept.
    """

    features: np.ndarray
    unassigned: float
    entered: float
    biases: float
    softmax: float
    epsilon: float

    @property
    def gap(self) -> float:
        """What arrived at all positions less what entered."""
        return float(self.features.sum()) + self.unassigned - self.entered

    @property
    def unexplained(self) -> float:
        """The part of the gap that no rule accounts for: 0 where the rules fit the model."""
        return self.gap + self.biases + self.softmax + self.epsilon


@dataclass(frozen=True)
class Block:
    """What one block has: how many heads (0 where its attention cannot be looked into), and which points of sites.

    ``adds``: whether it goes on with its input plus what its attention writes, before any norm.
    """

    heads: int
    kv_heads: int
    points: tuple[str, ...]
    adds: bool


class Trace(Protocol):
    """What passed at the sites that were asked for while some texts were read.

    ``outputs``: the target's, float64, shape (text, output). States have shape (position, width) a text, with a
    head dim before the width at z, q, k and v; patterns (head, query, key). Positions are the text's tokens,
    and behind them, in a model that continues the text, those of the answer before its last.
    """

    outputs: np.ndarray

    def __getitem__(self, site: str) -> Tensor:
        """What passed at a site, shape (text, position, ...), for texts of one length."""
        ...

    def row(self, site: str, text: int) -> Tensor:
        """What passed at a site in one text, shape (position, ...)."""
        ...

    def gradient(self, site: str) -> Tensor:
        """The gradient of each text's number, summed over its outputs, shape (text, position, ...)."""
        ...


class Edges(Protocol):
    """The edges of a model while it reads a clean text and a corrupted one, for one target.

    A source writes to the residual stream: the embedding, a head, an MLP; a dest reads from it: a head's query, a
    key-value head's key or value, an MLP, the logits. ``exists``: bool, shape (source, dest). ``feeds``: which sources
    hang on what each dest reads, bool, shape (dest, source). ``clean`` and ``corrupted``: the target's number of each
    text.

    Where a norm stands behind the sum of all heads, a head's part is taken at the scale that the norm has in each run,
    so that parts add up. Then all heads of a block hang on what any of them reads, and cutting all edges out of a head
    is not patching it.
    """

    sources: tuple[str, ...]
    dests: tuple[str, ...]
    exists: np.ndarray
    feeds: np.ndarray
    clean: float
    corrupted: float

    def attribution(self, points: Sequence[float]) -> np.ndarray:
        """What each source writes, clean less corrupted, times the gradient at what each dest reads.

        Summed over positions, averaged over ``points`` between the embeddings of the texts (0 corrupted, 1 clean).
        Returns float64, shape (source, dest), NaN where there is no edge.
        """
        ...

    def run(self, kept: np.ndarray) -> np.ndarray:
        """The target's number when only some edges carry the clean text, all others what the corrupted one writes.

        ``kept``: bool, shape (circuit, source, dest). Returns float64, shape (circuit,). Exact: what a source writes
        follows from what came in along its own edges.
        """
        ...
