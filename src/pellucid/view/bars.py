"""Bars written in characters: for a terminal, and for the tables of a page without script."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.view.colour import Scale

__all__ = ["bar", "bars"]

LENGTH = 16  # cells
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def bar(share: float, length: int = LENGTH, *, negative: bool = False) -> str:
    """A bar of a share of ``length`` cells; what counts against is hatched, so that the sign is seen without colour."""
    if negative:
        return "▒" * round(share * length)
    eighths = round(share * length * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8]


def bars(values: Sequence[float], length: int = LENGTH) -> list[str]:
    """A bar for each number, the largest magnitude the longest; what is no number has none."""
    scale = Scale.of(values)
    return [bar(scale.share(value), length, negative=value < 0) for value in values]
