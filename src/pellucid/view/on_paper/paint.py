"""A laid out sheet as the bytes of a PNG, SVG or PDF. Same sheet, same bytes; no figure of the caller is touched."""

from __future__ import annotations

import io
from typing import Any

import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Affine2D, Transform

from pellucid.view.colour import LIGHT
from pellucid.view.on_paper.fonts import FAMILY, properties
from pellucid.view.on_paper.sheet import Box, Rule, Shape, Sheet, Stroke, Words

__all__ = ["paint"]

MARGIN = 9.0  # points
DPI = 300
MOST_PIXELS = 60_000  # on a side: matplotlib draws no longer picture
DASHES: dict[str, Any] = {
    "solid": "-",
    "dashed": (0, (2.2, 1.3)),
    "dotted": (0, (0.8, 1.2)),
    "dashdot": (0, (4, 1.2, 0.8, 1.2)),
}
# Beside matplotlib's own defaults, so that a reader's settings change no figure.
SETTINGS: dict[str, Any] = {
    "font.sans-serif": [FAMILY],
    "hatch.linewidth": 0.6,
    "pdf.fonttype": 42,  # journals refuse type 3
    "svg.fonttype": "none",
    "svg.hashsalt": "pellucid",
    "text.hinting": "none",  # widths are those that were measured
}
# What a file says of itself; a date would make every file another one.
SAID: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": "Pellucid"},
    ".pdf": {"CreationDate": None, "Creator": "Pellucid"},
}


def paint(sheet: Sheet, suffix: str, title: str) -> bytes:
    """The sheet, as high as it is filled, in the format of a suffix."""
    width, height = (side / 72 for side in (sheet.width + 2 * MARGIN, sheet.y + 2 * MARGIN))
    out = io.BytesIO()
    with matplotlib.style.context(["default", SETTINGS]):
        figure = Figure(figsize=(width, height), facecolor=LIGHT.page)
        down = Affine2D().translate(MARGIN, MARGIN).scale(1 / 72, -1 / 72).translate(0, height)
        for order, item in enumerate(sheet.items):
            figure.add_artist(_artist(item, down + figure.dpi_scale_trans)).set_zorder(order)
        dpi = min(DPI, MOST_PIXELS / max(width, height))
        figure.savefig(out, format=suffix[1:], dpi=dpi, metadata={"Title": title} | SAID[suffix])
    return out.getvalue()


def _artist(item: Words | Box | Rule | Stroke | Shape, place: Transform) -> Artist:
    if isinstance(item, Words):
        return _Letters(item, place)
    if isinstance(item, Shape):
        return Polygon(item.points, facecolor=item.fill, linewidth=0, transform=place)
    if isinstance(item, Rule | Stroke):
        ends = ((item.x, item.y), (item.x + item.width, item.y)) if isinstance(item, Rule) else item.points
        return Line2D(
            *zip(*ends, strict=True), color=item.colour, linewidth=item.weight, linestyle=DASHES[item.style],
            dash_capstyle="butt", solid_capstyle="butt", solid_joinstyle="round", transform=place,
        )  # fmt: skip
    striped: dict[str, Any] = {"hatch": "//////", "edgecolor": item.hatch} if item.hatch else {}
    return Rectangle(
        (item.x, item.y),
        item.width,
        item.height,
        facecolor=item.fill,
        linewidth=0,
        transform=place,
        **striped,
    )


class _Letters(Artist):
    """Words exactly as they are: matplotlib's own text would read $ as a formula, and measure it all again."""

    def __init__(self, words: Words, place: Transform) -> None:
        super().__init__()
        self.words, self.place = words, place

    def draw(self, renderer: RendererBase) -> None:
        """Draw the words on their baseline."""
        words = self.words
        x, y = self.place.transform((words.x, words.y))
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        gc = renderer.new_gc()
        gc.set_foreground(words.colour)
        fonts = properties(words.string, words.size, words.bold)
        renderer.draw_text(gc, x, y, words.string, fonts, 90.0 if words.turned else 0.0, ismath=False)
        gc.restore()
