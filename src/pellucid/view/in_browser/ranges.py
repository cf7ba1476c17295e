"""Numbers of a table on one scale: where each dot stands and how far its interval reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from pellucid.core.figure import Range

__all__ = ["Strip", "strips"]


@dataclass(frozen=True, slots=True)
class Strip:
    """A number as it is drawn: places along the scale in percent, of the dot, of its interval's ends, and of zero."""

    at: float
    low: float
    high: float
    zero: float | None
    chance: bool


def strips(ranges: Iterable[Range | None]) -> list[Strip | None]:
    """Every number of a table on the scale that holds them all, and zero where it is among them."""
    ranges = list(ranges)
    ends = [n for r in ranges if r is not None for n in (r.value, r.low, r.high) if isfinite(n)]
    least, most = min(ends, default=0.0), max(ends, default=0.0)
    span = most - least or 1.0

    def place(number: float) -> float:
        return round(100 * (min(max(number, least), most) - least) / span, 2)

    def strip(number: Range) -> Strip:
        low, high = (place(end if isfinite(end) else number.value) for end in (number.low, number.high))
        return Strip(place(number.value), low, high, zero, number.chance)

    zero = place(0.0) if least < 0 < most else None
    return [None if number is None else strip(number) for number in ranges]
