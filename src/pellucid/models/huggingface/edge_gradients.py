"""What a target's number feels of each reader's input: one backward, and each block's own way back to what it reads.

Gradients at queries, keys and values are taken back through the projections, the positions and the norm in front of
them, exactly, for each head by itself; those at an MLP's output through the MLP and its norm. So a reader's gradient is
the effect of its input on that reader alone, on an unchanged model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pellucid.core.progress import meter
from pellucid.core.site import Site
from pellucid.core.target import Target
from pellucid.models.huggingface.edge_graph import Graph, Layer
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.measures import Measure
from pellucid.models.huggingface.trace import one_pass_outputs
from pellucid.models.huggingface.watch import Change, Watch, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["reader_gradients"]


def reader_gradients(
    model: Inside,
    graph: Graph,
    inputs: Mapping[str, Tensor],
    states: Tensor,
    target: Target,
    measure: Measure,
) -> Iterator[tuple[slice, Tensor]]:
    """The gradient at the input of some dests, shape (dest, position, width), block by block, until all have come.

    ``states``: what enters the first block, shape (position, width). One block's readers are held at a time.
    """
    kept: dict[Site, Tensor] = {}
    last = Site("resid_post", len(graph.layers) - 1)
    changes: dict[Site, Change] = {Site("resid_pre", 0): _kept(Site("resid_pre", 0), kept, states[None])}
    for site in (*_sites(graph), last):
        changes.setdefault(site, _kept(site, kept))
    places = {site: model.place(site) for site in changes}
    with model.session(), weights_fixed(model.module), torch.enable_grad():
        with watching(model.module, model.name, places, Watch((), changes), 1):
            logits = model.head.logits(dict(inputs), target.ids)
        number = one_pass_outputs(model, logits, target, measure).sum()
        ends = [site for site in kept if site.point in ("q", "k", "v", "mlp_out", "resid_post")]
        slopes = _gradient(number, [kept[site] for site in ends])
        at = dict(zip(ends, slopes, strict=True))
        meter().spend(forwards=1, backwards=2, tokens=states.shape[0])
        yield slice(-1, None), at[last]
        for i, layer in enumerate(graph.layers):
            yield layer.readers, _of_attention(i, layer, kept, at)
            entry, out = Site("resid_pre" if layer.parallel else "resid_mid", i), Site("mlp_out", i)
            (back,) = _gradient(kept[out], [kept[entry]], at[out])
            yield slice(layer.mlp_reader, layer.mlp_reader + 1), back


def _sites(graph: Graph) -> Iterator[Site]:
    for i, layer in enumerate(graph.layers):
        yield from (*layer.read_at(i), Site("mlp_out", i))


def _kept(site: Site, kept: dict[Site, Tensor], states: Tensor | None = None) -> Change:
    """Keeps what passes at a site as a point of the graph that the rest hangs on, or starts it at ``states``."""

    def keep(numbers: Tensor) -> Tensor:
        point = numbers.view_as(numbers) if states is None else states.to(numbers).requires_grad_(True)
        kept[site] = point
        return point

    return keep


def _of_attention(i: int, layer: Layer, kept: Mapping[Site, Tensor], at: Mapping[Site, Tensor]) -> Tensor:
    """The gradients of a block's queries, keys and values, each head's taken back by itself."""
    sites = layer.read_at(i)[1:4]
    rows = layer.heads + 2 * layer.kv_heads
    apart, first = [], 0
    for site in sites:
        slope = at[site]  # (1, position, head, width)
        alone = slope.new_zeros(rows, *slope.shape)
        for head in range(slope.shape[2]):
            alone[first + head, :, :, head] = slope[:, :, head]
        apart.append(alone)
        first += slope.shape[2]
    (back,) = torch.autograd.grad(
        [kept[site] for site in sites],
        kept[Site("resid_pre", i)],
        apart,
        is_grads_batched=True,
        retain_graph=True,
    )
    return back[:, 0]


def _gradient(number: Tensor, points: list[Tensor], slope: Tensor | None = None) -> tuple[Tensor, ...]:
    found = torch.autograd.grad(number, points, slope, retain_graph=True, allow_unused=True)
    return tuple(torch.zeros_like(p) if g is None else g for p, g in zip(points, found, strict=True))
