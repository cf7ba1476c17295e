"""A curve on a sheet: few ticks, the lines told apart by their dashes and named where they end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from pellucid.core.figure import Curve, Line
from pellucid.view.colour import LIGHT
from pellucid.view.numbers import fixed
from pellucid.view.on_paper.sheet import SMALL, Sheet
from pellucid.view.tokens import visible

__all__ = ["curve"]

HIGH, FLATTEST = 130.0, 0.45  # points, and as a share of the width
GAP = 4.0
SAMPLE = 16.0  # of a line, beside its name
LONGEST = 90.0  # of a name
MOST_POINTS = 60  # that are marked one by one
SLIGHT = 0.02  # of the largest: what dips below 0 by less needs no scale below it
# Colour, band and dashes of each line in turn.
SERIES = (
    (LIGHT.toward_line, LIGHT.background(2), "solid"),
    (LIGHT.against_line, LIGHT.background(-2), "dashed"),
    (LIGHT.text, LIGHT.line, "dotted"),
    (LIGHT.muted, LIGHT.line, "dashdot"),
)
STEPS = [1, 2, 5, 10]  # between ticks
Place = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    right: float
    top: float
    bottom: float


def curve(part: Curve, sheet: Sheet) -> None:
    """Caption, axes, references, bands, lines with their names."""
    if part.caption:
        sheet.paragraph(visible(part.caption), bold=True)
    ticks = _heights(part)
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    names = [sheet.clipped(_bare(line.name), SMALL, LONGEST) for line in part.lines]
    beside = max(sheet.wide(name, SMALL) for name in names) + SAMPLE + 2 * GAP if len(names) > 1 else GAP
    left = max(sheet.wide(fixed(tick, decimals), SMALL) for tick in ticks) + GAP
    top = sheet.y + 19
    high = min(HIGH, sheet.width * FLATTEST)
    frame = _Frame(left, max(left + 40, sheet.width - beside), top, top + high)
    y = _along(ticks[0], ticks[-1], frame.bottom, frame.top)
    alone = _bare(part.lines[0].name) if len(names) == 1 else ""
    sheet.words(0, sheet.y + 9, visible(part.units) or alone, SMALL, LIGHT.muted)
    for tick in ticks:
        said = fixed(tick, decimals)
        sheet.rule(frame.left, y(tick), frame.right - frame.left, LIGHT.line)
        sheet.words(left - GAP - sheet.wide(said, SMALL), y(tick) + 2.5, said, SMALL, LIGHT.muted)
    x = _levels(part, frame, sheet)
    for height, name in part.references:
        sheet.stroke([(frame.left, y(height)), (frame.right, y(height))], LIGHT.muted, 0.7, "dotted")
        sheet.words(frame.left + GAP, y(height) - 2.5, visible(name), SMALL, LIGHT.muted)
    for line, (_, band, _) in zip(part.lines, _series(part), strict=True):
        for run in _runs(part.at, line.low, line.high):
            edge = [(x(at), y(low)) for at, low, _ in run] + [(x(at), y(high)) for at, _, high in run[::-1]]
            sheet.shape(edge, band)
    for line, (colour, _, dashes) in zip(part.lines, _series(part), strict=True):
        _line(part.at, line, x, y, colour, dashes, sheet)
    if len(names) > 1:
        _names(part, names, frame, y, sheet)
    sheet.y = frame.bottom + 24
    if any(line.low for line in part.lines):
        sheet.words(0, frame.bottom + 21, "Shaded: the 95% interval.", SMALL, LIGHT.muted)


def _line(
    at: Sequence[float], line: Line, x: Place, y: Place, colour: str, dashes: str, sheet: Sheet
) -> None:
    """A line, parted where there is no number, and its points, if they are few."""
    for run in _runs(at, line.values):
        points = [(x(level), y(value)) for level, value in run]
        if len(points) > 1:
            sheet.stroke(points, colour, 1.3, dashes)
        if len(at) <= MOST_POINTS or len(points) == 1:
            for point in points:
                sheet.shape(_dot(*point), colour)


def _names(part: Curve, names: list[str], frame: _Frame, y: Place, sheet: Sheet) -> None:
    """What each line is called, at the height where it ends, or as near as there is room."""
    ends = [next((y(v) for v in line.values[::-1] if math.isfinite(v)), frame.bottom) for line in part.lines]
    below = -math.inf
    for i in sorted(range(len(ends)), key=lambda i: ends[i]):
        below = max(ends[i], below + SMALL * 1.3)
        colour, _, dashes = _series(part)[i]
        sheet.stroke(
            [(frame.right + GAP, below), (frame.right + GAP + SAMPLE - 3, below)], colour, 1.3, dashes
        )
        sheet.words(frame.right + GAP + SAMPLE, below + 2.5, names[i], SMALL)


def _levels(part: Curve, frame: _Frame, sheet: Sheet) -> Place:
    """Where each level stands, its ticks and its title. Levels over powers of ten stand evenly; 0 left of them."""
    first, last = part.at[0], part.at[-1]
    left, right = frame.left + 5, frame.right - 5
    place: Place
    if spans_powers(part.at):
        least = min(at for at in part.at if at > 0)
        logs = _along(math.log10(least), math.log10(last), left + 20 * (first == 0), right)
        place = lambda at: logs(math.log10(at)) if at > 0 else left  # noqa: E731
        powers = [10.0**n for n in range(math.ceil(math.log10(least)), math.floor(math.log10(last)) + 1)]
        ticks = [0.0] * (first == 0) + powers
    elif first == last:
        place, ticks = (lambda _: (left + right) / 2), [first]
    else:
        place = _along(first, last, left, right)
        whole = all(float(at).is_integer() for at in part.at)
        ticks = [
            float(t)
            for t in MaxNLocator(6, steps=STEPS, integer=whole).tick_values(first, last)
            if first <= t <= last
        ]
    for tick in ticks:
        said = f"{round(tick, 12):,g}" if abs(tick) < 1e6 else f"{tick:g}"
        sheet.stroke(
            [(place(tick), frame.bottom), (place(tick), frame.bottom + 3)], LIGHT.muted, 0.5, "solid"
        )
        sheet.words(place(tick) - sheet.wide(said, SMALL) / 2, frame.bottom + 11, said, SMALL, LIGHT.muted)
    title = visible(part.x_title)
    sheet.words(frame.right - sheet.wide(title, SMALL), frame.bottom + 21, title, SMALL, LIGHT.muted)
    return place


def spans_powers(at: Sequence[float]) -> bool:
    """Whether a level spans so much that it is read on a log scale: as the browser decides (line_scale.ts)."""
    above = [level for level in at if level > 0]
    return min(at) >= 0 and len(above) > 2 and max(above) / min(above) >= 100


def _heights(part: Curve) -> list[float]:
    """Ticks of the numbers, from below the least to above the largest; 0 is among them."""
    numbers = [v for line in part.lines for v in (*line.values, *line.low, *line.high)]
    known = [v for v in [*numbers, *(height for height, _ in part.references)] if math.isfinite(v)]
    least, most = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    if least == most:
        most = 1.0
    least = 0.0 if -least < SLIGHT * most else least
    most = 0.0 if most < -SLIGHT * least else most
    return [float(t) for t in MaxNLocator(6, steps=STEPS).tick_values(least, most)]


def _along(start: float, end: float, low: float, high: float) -> Place:
    """Numbers from ``start`` to ``end`` on a line from ``low`` to ``high``; what is beyond stands at the end."""
    return lambda value: low + (high - low) * min(1.0, max(0.0, (value - start) / (end - start)))


def _runs(at: Sequence[float], *values: Sequence[float]) -> Iterator[list[tuple[float, ...]]]:
    """Stretches in which every number is one."""
    run: list[tuple[float, ...]] = []
    for point in zip(at, *values, strict=False):
        if all(map(math.isfinite, point)):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _dot(x: float, y: float, radius: float = 1.6) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return [(x + radius * float(np.cos(a)), y + radius * float(np.sin(a))) for a in angles]


def _series(part: Curve) -> list[tuple[str, str, str]]:
    return [SERIES[i % len(SERIES)] for i in range(len(part.lines))]


def _bare(name: str) -> str:
    return visible(name).strip() or visible(name)
