"""Edge attribution patching: a first-order effect of every edge between two parts of a model, in a few backwards."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._edges import labelled, points_of
from pellucid.methods.patching._pair import beside

__all__ = ["edge_attribution"]


@method(
    cost="a forward, and a forward and a backward a step; one forward more for several steps",
    paper="Syed et al. 2023, arXiv:2310.10348; Hanna et al. 2024, arXiv:2403.17806",
)
def edge_attribution(
    model: WhiteBox, text: Text, target: Target, *, corrupt: str | None = None, steps: int = 5
) -> xr.Dataset:
    """Estimate, for every edge from a part that writes to one that reads, what the answer owes to the clean text there.

    With w_u what source u writes to the residual stream and x_v what dest v reads,
    ``edge[u, v] = sum over positions of (w_u(clean) - w_u(corrupt)) . dv/dx_v``: positive where what passes along the
    edge supports the answer. One step takes the gradient at the clean text (EAP). More steps take its mean at the
    midpoints of as many equal parts of the way between the two texts' embeddings (EAP-IG, of the inputs): better
    where the answer is saturated. The gradient goes back through each reader's own norm and projection, exactly.

    Sources are the embedding (``embed``: what enters the first block), heads (``3.h1``: head 1 of block 3) and MLPs
    (``mlp 3``). Dests are queries of heads (``3.h1 q``), keys and values of key-value heads (``3.h1 k``, ``3.h1 v``:
    there are fewer of them where heads share keys), MLPs and ``logits``.

    A head's part is taken at the scale that a norm behind the sum of all heads (Gemma 2 and 3) has in that very run, so
    that parts add up: ``w_u = g * W_u z_u / rms(sum of all W_h z_h)``, once with the clean text's sum, once with the
    corrupted one's. What the scale is hangs on all heads of the block, and is no head's own.

    Returns ``edge``, dims (source, dest), signed, in the target's units, NaN where there is no edge; and the scalars
    ``clean`` and ``corrupted``, the target's number of the two texts. Refuses models whose heads do not add to the
    residual stream one by one: a norm behind each sum with the stream (BERT), an encoder and a decoder.

    :param corrupt: the second text: as many tokens, the fact changed that the answer hangs on.
    :param steps: at how many points between the texts gradients are taken; 1 is the clean text alone.
    """
    points = points_of(steps)
    edges = model.edges(*beside(model, text, target, corrupt)[:4])
    return labelled(
        {"edge": (("source", "dest"), edges.attribution(points))},
        edges,
        {"primary": "edge", "signed": True, "units": str(target.scale)},
    )
