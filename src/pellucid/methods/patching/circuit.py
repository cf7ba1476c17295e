"""A circuit of one prediction: few edges that carry it, found by their scores and judged by exact runs."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.circuit import connected, faithfulness, sizes_up_to, strongest
from pellucid.core.protocols import Edges, WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._edges import ABLATION, check_circuit, labelled, points_of
from pellucid.methods.patching._pair import beside

__all__ = ["circuit"]


@method(
    cost="edge_attribution, and about 30 exact runs of a few forwards each",
    paper="Wang et al. 2022, arXiv:2211.00593; Hanna et al. 2024, arXiv:2403.17806",
)
def circuit(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    corrupt: str | None = None,
    edges: int | None = None,
    keep: float = 0.85,
    steps: int = 5,
) -> xr.Dataset:
    """Find the few edges that carry an answer, and measure by exact runs how much of it they carry.

    Edges are ranked by the size of their `edge_attribution` and the strongest are kept: as many as ``edges`` says, or
    the smallest number tried whose faithfulness reaches ``keep``; those on no way from the embedding to the logits are
    dropped, which changes nothing. With v the target's number, the model is run with only these edges carrying the
    clean text and all others the corrupted one: ``faithfulness = (v(circuit) - v(corrupt)) / (v(clean) -
    v(corrupt))``; and with all but these: ``completeness = 1 - (v(rest) - v(corrupt)) / (v(clean) - v(corrupt))``.
    Both are 1 for a circuit that is all there is; more than 1 means that what was left out works against the answer.

    Where a norm stands behind the sum of all heads (Gemma 2 and 3), a head's part is taken at the scale that the norm
    has in each run. So cutting all edges out of a head is not patching its z, which would change the scale.

    Returns ``edge``, the scores of the kept edges, dims (source, dest), NaN for all others; ``curve``, the faithfulness
    of the strongest ``level`` edges (integers), and over the share of edges that they are, from 0 to 1, ``cpr``, the
    area under it, and ``cmd``, the area between it and 1; the scalars ``clean``, ``corrupted``, ``circuit`` (v of
    it), ``faithfulness``, ``completeness`` and ``edges``. One text says little of another: see `find_circuit` for
    pairs.

    :param corrupt: the second text: as many tokens, the fact changed that the answer hangs on.
    :param edges: how many edges are kept; None is the fewest that reach keep.
    :param keep: the faithfulness that the circuit must reach.
    :param steps: as in edge_attribution.
    """
    check_circuit(edges, keep)
    points = points_of(steps)
    found = model.edges(*beside(model, text, target, corrupt)[:4])
    scores = found.attribution(points)
    sizes = sizes_up_to(int(found.exists.sum()))
    asked = sizes if edges is None else sorted({*sizes, edges})
    curve = _faithful(found, found.run(np.stack([strongest(scores, n) for n in asked])))
    size = edges or next((n for n, f in zip(asked, curve, strict=True) if f >= keep), asked[-1])
    kept = connected(strongest(scores, size), found.feeds)
    value, rest = found.run(np.stack([kept, ~kept]))
    share = np.array([0, *asked]) / asked[-1]
    heights = np.array([0, *curve])
    return labelled(
        {
            "edge": (("source", "dest"), np.where(kept, scores, np.nan)),
            "curve": ("level", curve),
            "cpr": np.trapezoid(heights, share),
            "cmd": np.trapezoid(np.abs(1 - heights), share),
            "circuit": value,
            "faithfulness": float(_faithful(found, value)),
            "completeness": 1 - float(_faithful(found, rest)),
            "edges": int(kept.sum()),
        },
        found,
        {"primary": "edge", "signed": True, "units": str(target.scale), "notes": _notes(found)},
    ).assign_coords(level=asked)


def _faithful(edges: Edges, values: np.ndarray) -> np.ndarray:
    return faithfulness(np.asarray(values)[..., None], np.array([edges.clean]), np.array([edges.corrupted]))


def _notes(edges: Edges) -> tuple[str, ...]:
    if np.isclose(edges.clean, edges.corrupted, rtol=1e-3, atol=1e-3):
        return (
            ABLATION,
            f"The answer hardly differs between the texts ({edges.clean:.3g} and {edges.corrupted:.3g}): there is "
            "little that a circuit could carry, and shares of it say little.",
        )
    return (ABLATION,)
