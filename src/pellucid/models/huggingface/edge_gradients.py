"""What a target's number feels of each reader's input: one backward, and each block's own way back to what it reads.

Gradients at queries, keys and values are taken back through the projections, the positions and the norm in front of
them, exactly, for each head by itself; those at an MLP's output through the MLP and its norm. So a reader's gradient is
the effect of its input on that reader alone, on an unchanged model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pellucid.core.progress import meter
from pellucid.core.site import Point, Site
from pellucid.core.target import Target
from pellucid.models.huggingface.anatomy import BlockParts
from pellucid.models.huggingface.edge_front import Front
from pellucid.models.huggingface.edge_graph import Graph, Layer
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.measures import Measure
from pellucid.models.huggingface.trace import one_pass_outputs
from pellucid.models.huggingface.watch import Change, Watch, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["START", "WRITTEN", "ReaderGradients"]

ASKED: tuple[Point, ...] = ("q", "k", "v")
START = Site("resid_pre", 0)
WRITTEN: tuple[Point, ...] = ("z", "mlp_out")


class ReaderGradients:
    """One forward of some rows of states that enter the first block, and its gradients at the input of each reader.

    ``states``: shape (row, position, width); None is one row, what the text itself is. ``numbers``: the target's number
    of each row, shape (row,). ``passed``: what entered the first block, and what passed at each z and mlp_out.
    """

    def __init__(
        self,
        model: Inside,
        graph: Graph,
        inputs: Mapping[str, Tensor],
        states: Tensor | None,
        target: Target,
        measure: Measure,
    ) -> None:
        self._model, self._graph = model, graph
        self._blocks = model.anatomy[""]
        self._fronts = [Front(parts.attention) for parts in self._blocks if parts.attention is not None]
        self._kept: dict[Site, Tensor] = {}
        self._read_by_mlp: dict[int, Tensor] = {}
        self._last = Site("resid_post", len(graph.layers) - 1)
        rows = 1 if states is None else len(states)
        inputs = {name: x.expand(rows, *x.shape[1:]) for name, x in inputs.items()}
        with model.session(), weights_fixed(model.module), torch.enable_grad():
            with self._watched(states, rows) as watch:
                logits = model.head.logits(inputs, target.ids)
            outputs = one_pass_outputs(model, logits, target, measure).sum(-1)
            ends = [self._kept[site] for site in self._ends()]
            slopes = _gradient(outputs.sum(), [*ends, *self._read_by_mlp.values()])
        self._at = dict(zip(self._ends(), slopes, strict=False))
        self._at_mlp = dict(zip(self._read_by_mlp, slopes[len(ends) :], strict=True))
        self.numbers = outputs.detach()
        self.passed = {site: passed[-1].detach() for site, passed in watch.passed.items()}
        meter().spend(forwards=rows, backwards=rows, tokens=inputs["input_ids"].numel())

    def __iter__(self) -> Iterator[tuple[slice, Tensor]]:
        """The gradient at some dests, shape (dest, row, position, width), block by block, until all have come."""
        yield slice(-1, None), self._at[self._last][None]
        with self._model.session():
            for i, layer in enumerate(self._graph.layers):
                yield layer.readers, self._of_attention(i, layer)
                yield slice(layer.mlp_reader, layer.mlp_reader + 1), self._of_mlp(i)[None]

    def _of_attention(self, i: int, layer: Layer) -> Tensor:
        """The gradients of a block's queries, keys and values, each head's taken back by itself."""
        sites = [Site(point, i) for point in ASKED]
        readers = layer.heads + 2 * layer.kv_heads
        apart, first = [], 0
        for site in sites:
            slope = self._at[site]  # (row, position, head, width)
            alone = slope.new_zeros(readers, *slope.shape)
            for head in range(slope.shape[2]):
                alone[first + head, :, :, head] = slope[:, :, head]
            apart.append(alone)
            first += slope.shape[2]
        return self._fronts[i].back(
            [self._kept[site] for site in sites], self._kept[Site("resid_pre", i)], apart
        )

    def _of_mlp(self, i: int) -> Tensor:
        """The gradient of what an MLP reads; where it reads no states of its own, back from what it writes."""
        if i in self._at_mlp:
            return self._at_mlp[i].reshape(self._kept[Site("resid_pre", i)].shape)
        out = Site("mlp_out", i)
        (slope,) = _gradient(self._kept[out], [self._kept[self._entry(i)]], self._at[out])
        return slope

    def _entry(self, i: int) -> Site:
        return Site("resid_pre" if self._graph.layers[i].parallel else "resid_mid", i)

    def _ends(self) -> list[Site]:
        """Where the number's gradient is taken."""
        return [site for site in self._kept if site.point in (*ASKED, "mlp_out", "resid_post")]

    @contextmanager
    def _watched(self, states: Tensor | None, rows: int) -> Iterator[Watch]:
        """Inside, the states enter the first block, and what the readers' gradients hang on is kept."""
        changes: dict[Site, Change] = {START: self._keeping(START, states)}
        own: list[tuple[int, BlockParts]] = []
        for i, parts in enumerate(self._blocks):
            sites = [Site(point, i) for point in ("resid_pre", *ASKED)]
            if _reads_alone(parts):
                own.append((i, parts))
            else:
                sites += [self._entry(i), Site("mlp_out", i)]
            for site in sites:
                changes.setdefault(site, self._keeping(site))
        changes[self._last] = self._keeping(self._last)
        written = [Site(point, i) for i in range(len(self._blocks)) for point in WRITTEN]
        watch = Watch([START, *written], changes)
        places = {site: self._model.place(site) for site in dict.fromkeys([*changes, *watch.read])}
        with ExitStack() as stack:
            stack.enter_context(watching(self._model.module, self._model.name, places, watch, rows))
            for front in self._fronts:
                stack.enter_context(front.heard())
            for i, parts in own:
                assert parts.mid_reader is not None, "it reads alone"
                hook = parts.mid_reader.register_forward_pre_hook(self._apart(i), with_kwargs=True)
                stack.callback(hook.remove)
            yield watch

    def _keeping(self, site: Site, states: Tensor | None = None) -> Change:
        """Keeps what passes at a site as a point of the graph that the rest hangs on, or starts it at ``states``."""

        def keep(numbers: Tensor) -> Tensor:
            point = numbers if states is None else states.to(numbers)
            if site == START:  # here the graph begins
                point = point.detach().requires_grad_(True)
            self._kept[site] = point.view_as(point)
            return self._kept[site]

        return keep

    def _apart(self, i: int) -> Any:
        """Gives an MLP states of its own to read: those that pass it by have another gradient."""

        def enter(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
            states = args[0] if args else kwargs["hidden_states"]
            own = self._read_by_mlp[i] = states.view_as(states)
            return ((own, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": own})

        return enter


def _reads_alone(parts: BlockParts) -> bool:
    """Whether what reads between attention and MLP is the MLP's alone, and the stream passes it by."""
    return parts.mid_reader is not None and parts.mid_passes and "resid_mid" not in parts.missing


def _gradient(number: Tensor, points: list[Tensor], slope: Tensor | None = None) -> tuple[Tensor, ...]:
    found = torch.autograd.grad(number, points, slope, retain_graph=True, allow_unused=True)
    return tuple(torch.zeros_like(p) if g is None else g for p, g in zip(points, found, strict=True))
