"""An explanation of every kind that is drawn differently, of any text, built by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import xarray as xr

import pellucid
from pellucid.core.case import Case
from pellucid.core.explanation import Explanation, label
from pellucid.core.text import Text
from tests.view.make import MADE, no_score, score, why, words

LAYERS, HEADS, CANDIDATES = 3, 2, 3
Fill = Callable[[tuple[int, ...]], np.ndarray]


def spread(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def zeros(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape)


def missing(shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, np.nan)


def some_missing(shape: tuple[int, ...]) -> np.ndarray:
    found = spread(shape)
    found.reshape(-1)[::2] = np.nan
    return found


def every_kind(string: str, fill: Fill = spread) -> list[Explanation]:
    """Highlight, matrix, lens, heads, map, graph, curve, strand, table: one of each, of one prediction."""
    text = Text(string).with_features("token", words(string))
    count = len(text.features)
    nasty = [string[:40], "b", "<s>"]
    return [
        _as(why(string, values=fill((1, count))), "highlight"),
        _as(
            replace(
                why(string, outputs=("x", string[:20]), values=fill((2, count))), target=why(string).target
            ),
            "matrix",
        ),
        _made(text, "lens", _lens(count, nasty, fill)),
        _made(text, "heads", _data(fill, layer=LAYERS, head=HEADS, query=count, key=count, size=np.abs)),
        _made(text, "map", _data(fill, layer=LAYERS, position=count)),
        _made(text, "graph", _graph(fill)),
        _made(text, "curve", _data(fill, level=5)),
        _made(text, "strand", _data(fill, step=3).assign_coords(step_text=("step", np.array(nasty)))),
        _made(text, "table", _data(fill, neuron=4, layer=LAYERS)),
    ]


def case(string: str, fill: Fill = spread) -> Case:
    """All of them on one page, with scores."""
    found = every_kind(string, fill)
    return pellucid.report(found, scores=[[score(), no_score()], *([] for _ in found[1:])])


def _data(fill: Fill, *, size: Callable = np.asarray, **dims: int) -> xr.Dataset:
    attrs = {"primary": "effect", "signed": size is not np.abs, "units": "logit"}
    return xr.Dataset({"effect": (tuple(dims), size(fill(tuple(dims.values()))))}, attrs=attrs)


def _lens(count: int, nasty: list[str], fill: Fill) -> xr.Dataset:
    data = _data(fill, layer=LAYERS, position=count, size=np.abs)
    shape = (LAYERS, count, CANDIDATES)
    tokens = np.resize(np.array(nasty), shape)
    return (
        data.rename(effect="probability")
        .assign_attrs(primary="probability")
        .assign(
            candidate_token=(("layer", "position", "candidate"), tokens),
            candidate_probability=(("layer", "position", "candidate"), np.abs(fill(shape))),
            rank=(("layer", "position"), np.ones((LAYERS, count), dtype=int)),
        )
    )


def _graph(fill: Fill) -> xr.Dataset:
    names = ["embed", "0.h0", "mlp 0", "1.h1"], ["0.h0 q", "mlp 0", "1.h1 v", "logits"]
    data = _data(fill, source=4, dest=4)
    return data.assign_coords(
        source_text=("source", np.array(names[0])), dest_text=("dest", np.array(names[1]))
    )


def _made(text: Text, by: str, data: xr.Dataset) -> Explanation:
    tokens = [text.slice(feature) for feature in text.features]
    labelled = label(data, text, why(text.string).target, lambda: tokens, lambda: range(len(tokens)))
    return Explanation(labelled, text, why(text.string).target, replace(MADE, by=by))


def _as(found: Explanation, by: str) -> Explanation:
    return replace(found, provenance=replace(MADE, by=by))
