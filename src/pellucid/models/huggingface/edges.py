"""The edges of one pair of texts: their first-order effects, and runs in which some of them are cut.

A node's difference is what it writes to the residual stream less what it writes when the corrupted text is read. What
a reader reads is then the corrupted stream plus the differences that come in along the edges it has. Everything else,
norms, projections, positions, attention, is the model's own modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.core.progress import meter
from pellucid.core.site import Point, Site
from pellucid.core.target import Target
from pellucid.models.huggingface.edge_gradients import START, WRITTEN, ReaderGradients
from pellucid.models.huggingface.edge_graph import Graph, Layer, graph_of
from pellucid.models.huggingface.edge_writes import HeadWrites
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.last_states import answer_logits, at_answer, can_unembed
from pellucid.models.huggingface.rows import whole
from pellucid.models.huggingface.sweep import Entry, called, entered
from pellucid.models.huggingface.trace import measure_in, one_pass_outputs
from pellucid.models.huggingface.watch import Change, Watch, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["HuggingFaceEdges"]

KERNEL: tuple[Point, ...] = ("q", "k", "v")


@dataclass(frozen=True)
class _Seen:
    """What passed in one text, shape (position, ...) a site, and the target's number."""

    at: Mapping[Site, Tensor]
    number: float


class HuggingFaceEdges:
    """`Edges` of a clean text, a corrupted one of as many tokens, and a resolved target."""

    def __init__(self, model: Inside, clean: Encoding, corrupt: Encoding, target: Target) -> None:
        self._model, self._target = model, target
        self.graph: Graph = graph_of(model.anatomy, model.name)
        if len(clean.ids) != len(corrupt.ids):
            raise ValueError(
                f"Two texts of {len(clean.ids)} and {len(corrupt.ids)} tokens have no common edges."
            )
        self._blocks: list[nn.Module] = [parts.module for parts in model.anatomy[""]]
        self._measure = measure_in(model, target, whole(clean))
        with model.session(), torch.no_grad():
            self._inputs = model.head.inputs([whole(clean)], target.ids)
            self._heads = [
                HeadWrites(parts.attention, i, model.module, model.name)
                for i, parts in enumerate(model.anatomy[""])
                if parts.attention is not None
            ]
            corrupted = model.head.inputs([whole(corrupt)], target.ids)
            entries: list[Entry] = []
            self._corrupt = self._seen(corrupted, [*self._written(), *self._read()], entries)
            self._entries = [_forgetful(entry) for entry in entries]
        self._last = Site("resid_post", len(self._blocks) - 1)
        self.sources, self.dests = self.graph.sources, self.graph.dests
        self.exists, self.feeds = self.graph.exists, self.graph.feeds
        self.corrupted = self._corrupt.number

    @property
    def clean(self) -> float:
        """The target's number of the clean text."""
        return self._clean.number

    @cached_property
    def _clean(self) -> _Seen:
        """What passed in the clean text: read when it is asked for, as gradients at the text itself see it too."""
        with self._model.session(), torch.no_grad():
            return self._seen(self._inputs, self._written())

    def attribution(self, points: Sequence[float]) -> np.ndarray:
        """The difference of each source times the mean gradient at each dest, shape (source, dest), NaN for no edge.

        ``points``: where between the two texts gradients are taken, 0 the corrupted embeddings, 1 the clean ones.
        """
        found = np.zeros(self.exists.shape)
        done = 0
        for rows, gradients in self._at_points(points):
            for dests, slopes in gradients:
                there = int(self.exists[:, dests].any(1).sum())  # the sources that have written before
                numbers = slopes.sum(1).flatten(1) @ self._whole[:there].flatten(1).T
                found[:there, dests] += numbers.T.double().cpu().numpy()
            done += rows
            meter().advance(done, len(points), "gradients")
        return np.where(self.exists, found / len(points), np.nan)

    def _at_points(self, points: Sequence[float]) -> Iterator[tuple[int, ReaderGradients]]:
        """The gradients at some points at a time, and how many these are."""
        asked = self._model, self.graph, self._inputs
        if list(points) == [1.0]:
            gradients = ReaderGradients(*asked, None, self._target, self._measure)
            seen = {site: numbers[0] for site, numbers in gradients.passed.items()}
            self._clean = _Seen(seen, float(gradients.numbers))
            yield 1, gradients
            return
        start, end = self._corrupt.at[START], self._clean.at[START]
        for some in torch.tensor(points).to(start).split(self._rows()):
            states = start + some[:, None, None] * (end - start)
            yield len(some), ReaderGradients(*asked, states, self._target, self._measure)

    @torch.no_grad()
    def run(self, kept: np.ndarray) -> np.ndarray:
        """The target's number when the clean text is read and all other edges carry what the corrupted text writes.

        ``kept``: bool, shape (circuit, source, dest). Returns float64, shape (circuit,).
        """
        return np.concatenate([self._run(some) for some in self._batches(kept & self.exists)])

    def _batches(self, kept: np.ndarray) -> Iterator[Tensor]:
        """Some circuits at a time, as factors of shape (circuit, dest, source)."""
        size = self._rows()
        for start in range(0, len(kept), size):
            part = torch.from_numpy(kept[start : start + size]).transpose(1, 2)
            yield part.to(self._whole)
            meter().advance(min(start + size, len(kept)), len(kept), "circuits")

    def _rows(self) -> int:
        """How many runs go at a time, where each reader is a row of some steps."""
        readers = max(layer.heads + 2 * layer.kv_heads for layer in self.graph.layers)
        size = max(1, self._model.batch_tokens // (readers * self._inputs["input_ids"].shape[1]))
        return 1 if self._model.head.together == "one" else size

    def _run(self, kept: Tensor) -> np.ndarray:
        model, differences = self._model, torch.zeros(len(kept), *self._whole.shape).to(self._whole)
        first = self._first_cut(kept)
        known = self.graph.layers[first].before if first < len(self._blocks) else len(self.sources)
        differences[:, :known] = self._whole[:known]
        with model.session():
            for i in range(first, len(self._blocks)):
                self._block(i, self.graph.layers[i], kept, differences)
            states = self._corrupt.at[self._last] + _arriving(kept[:, -1:], differences)[:, 0]
            outputs = one_pass_outputs(model, self._logits(states), self._target, self._measure)
        meter().spend(forwards=len(kept))
        return outputs.sum(-1).double().cpu().numpy()

    def _first_cut(self, kept: Tensor) -> int:
        """The first block one of whose readers lacks an edge in some circuit: before it all is the clean text."""
        there = torch.from_numpy(self.exists).T.to(kept.device)
        cut = (kept.bool() != there).any(0).any(1)
        readers = [slice(layer.first_reader, layer.mlp_reader + 1) for layer in self.graph.layers]
        return next((i for i, some in enumerate(readers) if cut[some].any()), len(readers))

    def _logits(self, states: Tensor) -> Tensor:
        """The logits of last states at the answer's positions."""
        if can_unembed(self._model):
            return answer_logits(self._model, at_answer(self._model, self._inputs, self._target, states))
        inputs = {name: x.expand(len(states), *x.shape[1:]) for name, x in self._inputs.items()}
        with self._watched(Watch((), {self._last: lambda _: states}), len(states)):
            return self._model.head.logits(inputs, self._target.ids)

    def _block(self, i: int, layer: Layer, kept: Tensor, differences: Tensor) -> None:
        """Write the differences of one block's heads and MLP, shape (circuit, source, position, width)."""
        asked = dict(zip(KERNEL, self._asked(i, layer, kept, differences), strict=True))
        z, mid, out = (Site(point, i) for point in ("z", "resid_mid", "mlp_out"))
        for_mlp = kept[:, layer.mlp_reader, None, : layer.for_mlp]

        def between(_: Tensor) -> Tensor:
            heads_wrote(watch.passed[z][-1])
            return self._corrupt.at[mid] + _arriving(for_mlp, differences[:, : layer.for_mlp])[:, 0]

        def heads_wrote(states: Tensor) -> None:
            differences[:, layer.before : layer.mlp] = self._heads[i].difference(
                states, self._corrupt.at[z][None]
            )

        change: dict[Site, Change] = {
            Site(point, i): lambda _, numbers=numbers: numbers  # type: ignore[misc]
            for point, numbers in asked.items()
        }
        watch = Watch((z, out), change if layer.parallel else change | {mid: between})
        entered = self._corrupt.at[Site("resid_pre", i)].expand(len(kept), -1, -1)
        if layer.parallel:
            entered = entered + _arriving(for_mlp, differences[:, : layer.for_mlp])[:, 0]
        with self._watched(watch, len(kept)):
            called(self._blocks[i], self._entries[i], entered)
        if layer.parallel:
            heads_wrote(watch.passed[z][-1])
        differences[:, layer.mlp] = watch.passed[out][-1] - self._corrupt.at[out]
        meter().spend(tokens=len(kept) * differences.shape[2])

    def _asked(self, i: int, layer: Layer, kept: Tensor, differences: Tensor) -> list[Tensor]:
        """Queries, keys and values, shape (circuit, position, head, width): each head's read from a stream of its own.

        A row of the batch is one reader of one circuit. A reader without edges reads the corrupted text.
        """
        edges = kept[:, layer.readers, : layer.before]
        circuit, reader = edges.any(-1).nonzero(as_tuple=True)
        sites = [Site(point, i) for point in KERNEL]
        found = [self._corrupt.at[site].expand(len(kept), -1, -1, -1).clone() for site in sites]
        if not len(circuit):
            return found
        # Readers of one circuit with the same edges read the same: one row serves them.
        which = torch.cat([circuit[:, None].float(), edges[circuit, reader].float()], 1)
        alike, row_of = torch.unique(which, dim=0, return_inverse=True)
        one_of = row_of.new_empty(len(alike)).scatter_(0, row_of, torch.arange(len(row_of)).to(row_of))
        arriving = _arriving(edges, differences[:, : layer.before])[circuit[one_of], reader[one_of]]
        read = self._through_kernel(i, sites, self._corrupt.at[Site("resid_pre", i)] + arriving)
        first = 0
        for numbers, into in zip(read, found, strict=True):
            mine = ((reader >= first) & (reader < first + into.shape[2])).nonzero()[:, 0]
            head = reader[mine] - first
            into[circuit[mine], :, head] = numbers[row_of[mine], :, head]
            first += into.shape[2]
        return found

    def _through_kernel(self, i: int, sites: Sequence[Site], states: Tensor) -> list[Tensor]:
        """What a block's attention kernel is asked when the block reads ``states``; nothing behind it is run."""
        watch = Watch(sites[:2], {sites[2]: _reached})
        try:
            with self._watched(watch, len(states), sites):
                called(self._blocks[i], self._entries[i], states)
        except _Reached as reached:
            meter().spend(tokens=states.shape[0] * states.shape[1] // len(self._blocks))
            return [*(watch.passed[site][-1] for site in sites[:2]), reached.numbers]
        raise AssertionError("a block's attention goes through its kernel")

    def _watched(self, watch: Watch, rows: int, sites: Sequence[Site] = ()):  # type: ignore[no-untyped-def]
        places = {
            site: self._model.place(site) for site in dict.fromkeys([*sites, *watch.read, *watch.change])
        }
        return watching(self._model.module, self._model.name, places, watch, rows)

    def _seen(
        self, inputs: Mapping[str, Tensor], sites: Sequence[Site], entries: list[Entry] | None = None
    ) -> _Seen:
        watch = Watch(sites, {})
        with self._watched(watch, 1), entered(self._blocks, [] if entries is None else entries):
            logits = self._model.head.logits(dict(inputs), self._target.ids)
        meter().spend(forwards=1, tokens=inputs["input_ids"].numel())
        outputs = one_pass_outputs(self._model, logits, self._target, self._measure)
        return _Seen({site: watch.passed[site][-1][0] for site in sites}, float(outputs.sum()))

    def _written(self) -> list[Site]:
        layers = range(len(self._blocks))
        return [START, *(Site(point, i) for i in layers for point in WRITTEN)]

    def _read(self) -> list[Site]:
        """Where readers read, in a corrupted text."""
        sites = [site for i, layer in enumerate(self.graph.layers) for site in layer.read_at(i)]
        return [*sites[1:], Site("resid_post", len(self._blocks) - 1)]

    @cached_property
    def _whole(self) -> Tensor:
        """What each source writes in the clean text less in the corrupted one, shape (source, position, width).

        Kept whole: it is as much as one block's states for each head, and a head's part of its projection is then
        multiplied out once instead of once for every reader.
        """
        clean, corrupt = self._clean.at, self._corrupt.at
        with self._model.session(), torch.no_grad():
            parts = [(clean[START] - corrupt[START])[None]]
            for i in range(len(self._blocks)):
                z, out = Site("z", i), Site("mlp_out", i)
                heads = self._heads[i].difference(clean[z][None], corrupt[z][None])[0]
                parts += [heads, (clean[out] - corrupt[out])[None]]
            return torch.cat(parts)


class _Reached(Exception):
    """An attention kernel was asked, and what comes behind it is not wanted."""

    def __init__(self, numbers: Tensor) -> None:
        super().__init__()
        self.numbers = numbers


def _reached(numbers: Tensor) -> Tensor:
    raise _Reached(numbers)


def _forgetful(entry: Entry) -> Entry:
    """The arguments without a cache of keys and values: a block is called many times with other states."""
    from transformers import Cache

    args = tuple(None if isinstance(x, Cache) else x for x in entry.args)
    kwargs = {name: None if isinstance(x, Cache) else x for name, x in entry.kwargs.items()}
    return Entry(entry.states, args, kwargs)


def _arriving(kept: Tensor, differences: Tensor) -> Tensor:
    """What comes in along kept edges, shape (circuit, reader, source): (circuit, reader, position, width)."""
    found = torch.bmm(kept, differences.flatten(2))
    return found.unflatten(-1, differences.shape[2:])
