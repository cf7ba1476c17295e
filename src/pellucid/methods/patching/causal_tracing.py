"""Causal tracing: where the model keeps what it knows of a subject, found by noise on the subject's tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._grid import Grid, Place, grid_of
from pellucid.methods.patching._pair import totals

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["causal_tracing"]

State = Literal["resid_post", "mlp_out", "attn_out"]
# Of the paper: one state of the residual stream, ten layers of what a sublayer adds.
WINDOW = {"resid_post": 1, "mlp_out": 10, "attn_out": 10}


@method(
    cost="for each of the draws (10) about half a forward for each layer and position from the subject on",
    paper="Meng et al. 2022, Locating and Editing Factual Associations, arXiv:2202.05262, section 2",
)
def causal_tracing(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    subject: str | None = None,
    point: State = "resid_post",
    window: int | None = None,
    noise: float = 3.0,
    draws: int = 10,
    seed: int = 0,
) -> xr.Dataset:
    """Take the answer away by noise on the subject's tokens, and find the clean states that bring it back.

    With noise e on the embeddings of the subject's tokens, ``total_effect = v(x) - mean over e of v(x + e)`` and, at
    each layer and position, ``effect = mean over e of (v(x + e with the clean state there) - v(x + e))``, the average
    indirect effect, with its standard error over the draws. Each draw is used at all places, so places are compared
    under the same noise.

    Returns ``effect`` and ``standard_error``, dims (layer, position), and the scalars ``total_effect``,
    ``total_effect_error``, ``clean`` and ``corrupted``, in the target's units; ``prob`` is the paper's. Layers count
    from 0.

    :param subject: the part of the text that gets the noise, wherever it stands.
    :param point: the state that is restored: of the residual stream behind a layer, or what MLP or attention add.
    :param window: how many neighbouring layers are restored together; 1 for the residual stream, else 10.
    :param noise: its size, in standard deviations of the vocabulary's embeddings.
    :param draws: how many draws of noise.
    :param seed: of the noise.
    """
    width = _checked(point, window, noise, draws)
    grid = grid_of(model, point)
    cut = model.cut(replace(text, features=(), frozen=(), unit="token"), "token")
    states = model.gradients(cut, target)
    there = _positions(cut, subject, states.feature_of)
    grid = grid.over(len(states.feature_of), there[0] if model.continues else 0)
    patches = _windows(grid, width)
    embed = f"{grid.prefix}embed"
    found = model.trace(cut, read=[*grid.sites, embed])
    clean = float(totals(model.trace(cut, target).outputs)[0])
    size = noise * float(states.vocabulary().double().std())
    source = {site: found.row(site, 0) for site in grid.sites}
    rng = np.random.default_rng(seed)
    lost, brought = [], []
    for _ in range(draws):
        noisy = found.row(embed, 0).clone()
        noisy[there] += noisy.new_tensor(rng.normal(0, size, (len(there), noisy.shape[-1])))
        without = _value(model, cut, target, embed, noisy)
        restored = totals(model.sweep(cut, target, list(patches.values()), source, {embed: noisy}))
        lost.append(clean - without)
        brought.append(restored - without)
    effect, error = np.mean(brought, 0), np.std(brought, 0, ddof=1) / np.sqrt(draws)
    return xr.Dataset(
        {
            "effect": (grid.dims, grid.filled(dict(zip(patches, effect, strict=True)))),
            "standard_error": (grid.dims, grid.filled(dict(zip(patches, error, strict=True)))),
            "total_effect": float(np.mean(lost)),
            "total_effect_error": float(np.std(lost, ddof=1) / np.sqrt(draws)),
            "clean": clean,
            "corrupted": clean - float(np.mean(lost)),
        },
        attrs={
            "primary": "effect",
            "signed": True,
            "units": str(target.scale),
            "options": {"window": width},
            "notes": _notes(grid, width),
        },
    )


def _checked(point: str, window: int | None, noise: float, draws: int) -> int:
    """The layers restored together. Raises `BadOption` for numbers that mean nothing."""
    if point not in get_args(State):
        raise BadOption(f'point="{point}" is not known. Points: {", ".join(get_args(State))}.')
    if not noise > 0:
        raise BadOption(f"noise={noise}: it is a size above 0, in standard deviations of the embeddings.")
    if draws < 2:
        raise BadOption(f"draws={draws}: a standard error needs at least 2.")
    width = WINDOW[point] if window is None else window
    if width < 1:
        raise BadOption(f"window={window}: at least one layer is restored.")
    return width


def _positions(cut: Text, subject: str | None, feature_of: np.ndarray) -> list[int]:
    """The positions of the subject's tokens, wherever it stands."""
    if not isinstance(subject, str) or not subject.strip():
        raise BadOption(
            'Causal tracing puts noise on a part of the text. Give it as subject, e.g. subject="The Eiffel Tower".'
        )
    said, string = subject.strip(), cut.string
    starts: list[int] = []
    while (at := string.find(said, starts[-1] + 1 if starts else 0)) >= 0:
        starts.append(at)
    if not starts:
        raise BadOption(f"The subject {subject!r} does not stand in {string!r}.")
    inside = {
        i for i, f in enumerate(cut.features) for at in starts if f.start < at + len(said) and at < f.end
    }
    return [i for i, feature in enumerate(feature_of) if feature in inside]


def _windows(grid: Grid, width: int) -> dict[Place, Patch]:
    """By layer and position, the patch of the layers around it, fewer at both ends."""
    layers = len(grid.sites)
    around = {
        layer: grid.sites[max(0, layer - width // 2) : min(layers, layer - (-width // 2))]
        for layer in range(layers)
    }
    return {
        (layer, at): Patch.at(*sites, positions=[at])
        for layer, sites in around.items()
        for at in range(grid.first, grid.length)
    }


def _value(model: WhiteBox, text: Text, target: Target, embed: str, noisy: Tensor) -> float:
    """The target's number when the text is embedded like this; the answer's tokens behind it stay."""

    def put(states: Tensor) -> Tensor:
        changed = states.clone()
        changed[:, : len(noisy)] = noisy
        return changed

    return float(totals(model.trace(text, target, change={embed: put}).outputs)[0])


def _notes(grid: Grid, width: int) -> tuple[str, ...]:
    found = []
    if grid.first:
        found.append(
            f"Positions before {grid.first} are read before the subject: their effect is 0, and no forward was "
            "spent on them."
        )
    if width >= len(grid.blocks) > 1:
        found.append(
            f"A window of {width} of {len(grid.blocks)} layers restores nearly all of them: layers are told apart by a "
            "smaller one."
        )
    return tuple(found)
