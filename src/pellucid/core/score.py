"""A score: one measured number about an explanation, beside the same number for chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pellucid.core.errors import UnknownName
from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer

__all__ = ["Better", "Control", "Measurement", "Score"]

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Control:
    """The same number measured on draws that know nothing: ``values`` has one entry per draw."""

    name: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the draws."""
        return float(np.mean(self.values))

    def interval(self, share: float = 0.95) -> tuple[float, float]:
        """The range that holds the middle ``share`` of the draws."""
        tail = (1 - share) / 2
        low, high = np.quantile(self.values, [tail, 1 - tail])
        return float(low), float(high)

    def p_value(self, value: float, better: Better) -> float:
        """Chance of a draw at least as good: (1 + as good) / (1 + draws), so never 0.

        NaN beats nothing and is beaten by nothing.
        """
        draws = np.asarray(self.values, dtype=np.float64)
        # Equal up to the noise of float32 sums counts as equally good: ties must not look like wins.
        slack = 1e-6 * max(1.0, abs(value)) if math.isfinite(value) else 0.0
        worse = draws < value - slack if better == "higher" else draws > value + slack
        return float((1 + (~worse).sum()) / (1 + len(draws)))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a metric returns: the number, its controls, and the reason if there is none (then NaN)."""

    value: float
    controls: tuple[Control, ...] = ()
    interval: tuple[float, float] | None = None
    reason: str = ""
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if math.isnan(self.value) != bool(self.reason):
            raise ValueError("A measurement is NaN exactly when it gives a reason.")

    @staticmethod
    def does_not_apply(reason: str) -> Measurement:
        """NaN, with the reason in words."""
        return Measurement(math.nan, reason=reason)


@dataclass(frozen=True, slots=True)
class Score:
    """A measurement with its direction, its bounds and where it comes from.

    ``interval`` is None for a number that one deterministic computation gave: such a number has no
    sampling error, and the controls say what chance would give.
    """

    metric: str
    value: float
    better: Better
    bounds: tuple[float, float]
    provenance: Provenance
    controls: tuple[Control, ...] = ()
    interval: tuple[float, float] | None = None
    reason: str = ""
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if math.isnan(self.value) != bool(self.reason):
            raise ValueError("a score is NaN exactly when it gives a reason")

    @property
    def applies(self) -> bool:
        """Whether there is a number at all."""
        return not math.isnan(self.value)

    def beats(self, control: str, level: float = 0.05) -> bool:
        """Whether the value is better than chance under this control at this level."""
        named = {c.name: c for c in self.controls}
        if control not in named:
            raise UnknownName(f"control of {self.metric}", control, named)
        return self.applies and named[control].p_value(self.value, self.better) <= level

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {
            "metric": self.metric,
            "value": self.value,
            "better": self.better,
            "bounds": list(self.bounds),
            "interval": None if self.interval is None else list(self.interval),
            "reason": self.reason,
            "controls": [{"name": c.name, "values": list(c.values)} for c in self.controls],
            "parts": {name: list(values) for name, values in self.parts.items()},
            "provenance": self.provenance.as_dict(),
        }

    @staticmethod
    def from_dict(data: Mapping) -> Score:
        """The inverse of `as_dict`."""
        low, high = data["bounds"]
        return Score(
            metric=data["metric"],
            value=float(data["value"]),
            better=data["better"],
            bounds=(float(low), float(high)),
            provenance=Provenance.from_dict(data["provenance"]),
            controls=tuple(Control(c["name"], tuple(c["values"])) for c in data["controls"]),
            interval=None if data["interval"] is None else (data["interval"][0], data["interval"][1]),
            reason=data["reason"],
            parts={name: tuple(values) for name, values in data["parts"].items()},
        )

    def __str__(self) -> str:
        return renderer("terminal")([self])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")([self])
