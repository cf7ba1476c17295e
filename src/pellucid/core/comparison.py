"""Methods beside each other: what each scores by each metric on each text, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.paired import PAIRED, paired, resampled
from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer
from pellucid.core.strings import strings

if TYPE_CHECKING:
    from pellucid.core.figure import Figure

__all__ = ["COSTS", "Comparison", "Cost"]

Cost = Literal["seconds", "forwards", "backwards", "tokens"]
COSTS: tuple[str, ...] = get_args(Cost)
_OF_TEXTS = ("text", "target", "against")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Methods by metrics by texts, with the baselines of chance as methods beside them.

    ``measured`` holds ``value``, dims (method, metric, example), NaN exactly where ``reason`` says why; and
    ``seconds``, ``forwards``, ``backwards`` and ``tokens``, dims (method, example): what explaining cost, as if nothing
    had been asked of the model before. Its coordinates: ``method``, ``baseline`` (whether it is one of chance),
    ``metric``, ``better``, and of each example ``text``, ``target`` and ``against``.
    ``resamples`` and ``seed``: of the draws of texts that intervals come from.
    """

    measured: xr.Dataset
    provenance: Provenance
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if (np.isnan(self.measured["value"]) != (self.measured["reason"] != "")).any():
            raise ValueError("a value is NaN exactly when it has a reason")
        if self.resamples < 1 or self.seed < 0:
            raise ValueError("resamples is 1 or more, and seed 0 or more")
        frozen = self.measured.copy(deep=True)
        for variable in frozen.variables.values():
            variable.values.flags.writeable = False
        object.__setattr__(self, "measured", frozen)

    @cached_property
    def data(self) -> xr.Dataset:
        """What was measured, and what it says of the methods, dims (method, metric).

        ``mean``, ``low`` and ``high``: over the texts on which the method has a value, with its 95% bootstrap interval
        over texts (NaN on one text); ``texts``: how many those are. The rest is in `ranks`.
        """
        value = self.measured["value"].values
        known = ~np.isnan(value)
        count = known.sum(2)
        with np.errstate(invalid="ignore"):
            mean = np.nansum(value, axis=2) / count
        low, high = np.full((2, *mean.shape), np.nan)
        for at in zip(*np.nonzero(count > 1), strict=True):
            drawn = resampled(int(count[at]), self.resamples, self.seed) @ value[at][known[at]]
            low[at], high[at] = np.quantile(drawn, [0.025, 0.975])
        arrays = {"mean": mean, "low": low, "high": high, "texts": count}
        arrays = {name: (("method", "metric"), array) for name, array in arrays.items()}
        return self.measured.assign(arrays).merge(self.ranks)

    @cached_property
    def ranks(self) -> xr.Dataset:
        """The order of the methods by each metric, over the texts on which all of them have a value.

        Dims (method, metric): ``rank`` (1 is best) with ``rank_low`` and ``rank_high``; ``best``, the probability of
        being best; ``behind``, how much worse the mean is than that of the best, with ``behind_low`` and
        ``behind_high``: an interval that holds 0 does not show a difference. All are paired bootstraps over texts, NaN
        on one text. Baselines have no rank. ``paired_texts``, dim (metric): how many texts there were.
        """
        rivals = ~self.measured["baseline"].values
        found = [
            paired(values, better, rivals, draws=self.resamples, seed=self.seed)
            for values, better in zip(
                np.moveaxis(self.measured["value"].values, 1, 0), self.measured["better"].values, strict=True
            )
        ]
        arrays: dict[str, Any] = {
            name: (("method", "metric"), np.stack([f[name] for f in found], 1)) for name in PAIRED
        }
        arrays["paired_texts"] = ("metric", np.array([int(f["texts"]) for f in found]))
        return xr.Dataset(arrays, {name: self.measured[name] for name in ("method", "metric")})

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, without the baselines."""
        named = self.measured["method"].values
        return tuple(str(name) for name in named[~self.measured["baseline"].values])

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics."""
        return tuple(str(name) for name in self.measured["metric"].values)

    def pareto(self, metric: str, cost: Cost = "seconds") -> tuple[str, ...]:
        """The methods that no other one beats both in the mean of a metric and in cost, the cheapest first.

        One that is as good and as cheap does not beat; one that is as good and cheaper does.
        """
        if metric not in self.metrics:
            raise UnknownName("metric of this comparison", metric, self.metrics)
        if cost not in COSTS:
            raise BadOption(f'cost="{cost}" is not known. Possible: {", ".join(COSTS)}.')
        data = self.data.isel(metric=self.metrics.index(metric), method=~self.measured["baseline"].values)
        sign = 1 if str(data["better"].values) == "higher" else -1
        worth, price = sign * data["mean"].values, [_mean(row) for row in data[cost].values]
        measured = [i for i, one in enumerate(worth) if not np.isnan(one)]
        free = [i for i in measured if not any(_beats(worth, price, j, i) for j in measured)]
        return tuple(self.methods[i] for i in sorted(free, key=lambda i: (price[i], -worth[i])))

    def table(self) -> list[dict[str, Any]]:
        """One plain row for each method and metric: what it scores on the mean, where it stands, what it costs."""
        columns = ("mean", "low", "high", "texts", *PAIRED)
        rows = []
        for method, metric in np.ndindex(self.measured["value"].shape[:2]):
            one = self.data.isel(method=method, metric=metric)
            named = {name: one[name].item() for name in ("method", "baseline", "metric", "better")}
            costs = {name: _mean(one[name].values) for name in COSTS}
            rows.append({**named, **{name: one[name].item() for name in columns}, **costs})
        return rows

    def rows(self) -> list[dict[str, Any]]:
        """One plain row for each method, metric and text: every number that was measured."""
        found = self.measured
        rows = []
        for at in np.ndindex(*found["value"].shape):
            method, metric, example = at
            one = found.isel(method=method, metric=metric, example=example)
            names = ("method", "baseline", "metric", "better", *_OF_TEXTS, "value", "reason", *COSTS)
            rows.append({"example": example, **{name: one[name].item() for name in names}})
        return rows

    def as_dict(self) -> dict[str, object]:
        """Plain data for files: what was measured. What follows from it is reckoned again."""
        arrays = {str(name): array.values.tolist() for name, array in self.measured.variables.items()}
        return {
            "resamples": self.resamples,
            "seed": self.seed,
            "provenance": self.provenance.as_dict(),
            **arrays,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Comparison:
        """The inverse of `as_dict`."""
        arrays = {name: (("method", "example"), np.array(data[name], np.float64)) for name in COSTS}
        dims = ("method", "metric", "example")
        coords = {
            "method": ("method", np.array(data["method"], str)),
            "baseline": ("method", np.array(data["baseline"], bool)),
            "metric": ("metric", np.array(data["metric"], str)),
            "better": ("metric", np.array(data["better"], str)),
            **{name: ("example", strings(data[name])) for name in _OF_TEXTS},
        }
        values = {
            "value": (dims, np.array(data["value"], np.float64)),
            "reason": (dims, np.array(data["reason"], object)),
        }
        measured = xr.Dataset({**values, **arrays}, coords)
        provenance = Provenance.from_dict(data["provenance"])
        return Comparison(measured, provenance, data["resamples"], data["seed"])

    def figure(self) -> Figure:
        """The figure of this comparison."""
        return renderer("draw")(self)

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{k}: {v}" for k, v in self.measured.sizes.items())
        return f"<Comparison on {self.provenance.model} ({sizes})>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def _beats(worth: np.ndarray, price: list[float], one: int, other: int) -> bool:
    """Whether one is no worse and no dearer than another, and better or cheaper."""
    as_good = worth[one] >= worth[other] and price[one] <= price[other]
    return bool(as_good and (worth[one] > worth[other] or price[one] < price[other]))


def _mean(values: np.ndarray) -> float:
    """The mean of the numbers there are; NaN if there are none."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")
