"""One method over many pairs of texts: means with their intervals, and every pair's own numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.over_pairs import OverPairs, bootstrap
from pellucid.core.progress import meter, metered
from pellucid.core.registry import check_options, find, names
from pellucid.core.target import Scale, Target
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.contrast import ContrastPair
from pellucid.verbs.explain import explain, record

__all__ = ["explain_pairs"]

# Dims that mean the same in every text. Positions do where all texts have as many.
SHARED = {"layer", "head", "neuron", "source", "dest", "candidate", "position"}


def explain_pairs(
    model: Any,
    pairs: Sequence[ContrastPair | tuple],
    by: str = "activation_patching",
    *,
    array: str | None = None,
    scale: Scale | None = None,
    draws: int = 1000,
    seed: int = 0,
    **options: Any,
) -> OverPairs:
    """What a method of patching finds over pairs of texts, with bootstrap intervals over the pairs.

    ``pairs``: `ContrastPair`, or (clean, corrupt, target, against). ``by``: a method that compares two texts;
    ``options`` are its own. ``array``: which of its arrays; None is the first to look at. ``draws``: of pairs, with
    replacement, for the 95% intervals. An effect on one text may be that text's own, and a mean without its spread
    hides it: a place whose interval holds 0 was not shown to matter.

    Raises `BadOption` for methods of one text, and where numbers by position are asked of texts of several lengths.
    """
    card = find("method", by)
    if "corrupt" not in card.options:
        two = [name for name in names("method") if "corrupt" in find("method", name).options]
        raise BadOption(f"{by} looks at one text. Methods that compare a pair: {', '.join(two)}.")
    check_options(card, options)
    if not pairs:
        raise BadOption("There are no pairs: give at least one (clean, corrupt, target, against).")
    start, model = time.perf_counter(), opened(model)
    check_access(model, card, "method")
    found: list[Explanation] = []
    arrays: list[xr.DataArray] = []
    with metered() as spent:
        for done, pair in enumerate((ContrastPair(*pair) for pair in pairs), start=1):
            asked = Target(pair.target, against=pair.against, scale=scale)
            found.append(explain(model, pair.clean, by, target=asked, corrupt=pair.corrupt, **options))
            arrays.append(_numbers(found[-1], array))
            _check_alike(by, arrays)
            meter().advance(done, len(pairs), "pairs")
    used = {name: value for name, value in found[0].provenance.options.items() if name != "corrupt"}
    used |= {"pairs": len(pairs), "draws": draws, "seed": seed}
    provenance = record(model, by, used, spent, time.perf_counter() - start, _notes(found))
    return OverPairs(_data(found, arrays, draws, seed), provenance)


def _numbers(why: Explanation, array: str | None) -> xr.DataArray:
    """The array of an explanation that is asked for."""
    if array is None:
        return why.primary
    there = [str(name) for name, a in why.data.items() if a.dims and a.dtype.kind in "iuf"]
    if array not in there:
        raise BadOption(f'array="{array}": {why.method} gives none of that name. Arrays: {", ".join(there)}.')
    return why.data[array]


def _notes(found: list[Explanation]) -> tuple[str, ...]:
    """What holds of every pair, and of how many the two texts hardly differ; the rest is about one pair alone."""
    of_all = [note for note in found[0].provenance.notes if all(note in w.provenance.notes for w in found)]
    ends = [(float(w.data["clean"]), float(w.data["corrupted"])) for w in found if "corrupted" in w.data]
    if alike := sum(bool(np.isclose(*pair, rtol=1e-3, atol=1e-3)) for pair in ends):
        of_all.append(f"Of {alike} of the {len(found)} pairs the answer hardly differs between the texts.")
    return tuple(of_all)


def _check_alike(by: str, arrays: list[xr.DataArray]) -> None:
    """Refuse, at the first pair that shows it, numbers of several pairs that have no common place."""
    first, last = arrays[0], arrays[-1]
    if not set(first.dims) <= SHARED:
        own = ", ".join(sorted(map(str, set(first.dims) - SHARED)))
        raise BadOption(f"{by} gives numbers by {own} here, which belong to one text alone.")
    if first.shape != last.shape:
        raise BadOption(
            f"{by} gives numbers by position, and pair {len(arrays)} has another number of tokens than the first. "
            'Ask for heads, e.g. point="z", or give pairs of one length.'
        )


def _data(found: list[Explanation], numbers: list[xr.DataArray], draws: int, seed: int) -> xr.Dataset:
    first = numbers[0]
    each = np.stack([np.asarray(one, dtype=np.float64) for one in numbers])
    low, high = bootstrap(each, draws=draws, seed=seed)
    dims = first.dims
    arrays: dict[str, Any] = {
        "mean": (dims, each.mean(0)),
        "low": (dims, low),
        "high": (dims, high),
        "each": (("example", *dims), each),
    }
    if {"clean", "corrupted"} <= set(found[0].data):
        clean, corrupted = (
            np.array([float(why.data[name]) for why in found]) for name in ("clean", "corrupted")
        )
        arrays |= {"clean": ("example", clean), "corrupted": ("example", corrupted)}
        with np.errstate(divide="ignore", invalid="ignore"):
            arrays |= _shares(dims, each, clean - corrupted, draws, seed)
    attrs = {**found[0].data.attrs, "primary": "mean"}
    names = {name: coord for name, coord in first.coords.items() if "position" not in coord.dims}
    return xr.Dataset(arrays, coords=names, attrs=attrs)


def _shares(dims: tuple, each: np.ndarray, whole: np.ndarray, draws: int, seed: int) -> dict[str, Any]:
    """The mean effect as a share of the mean difference: of means, since a pair that hardly differs has no share."""
    low, high = bootstrap(each, over=whole, draws=draws, seed=seed)
    share = each.mean(0) / whole.mean()
    return {"recovered": (dims, share), "recovered_low": (dims, low), "recovered_high": (dims, high)}
