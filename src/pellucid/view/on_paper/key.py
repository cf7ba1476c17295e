"""The key to the colours: both ends with their numbers, the line of each sign, the units."""

from __future__ import annotations

from pellucid.view.colour import LIGHT, STEPS, Scale
from pellucid.view.numbers import NO_NUMBER, plain
from pellucid.view.on_paper.sheet import SMALL, Sheet

__all__ = ["key"]

WIDEST, HIGH = 7.0, 7.5  # one colour of the bar
GAP = 5.0


def key(sheet: Sheet, scale: Scale, *, signed: bool, units: str, unknown: bool) -> None:
    """``against -0.52 [bar] +0.52 for, in log-probability``; what has no number, if there is any."""
    sheet.y += 13
    x = 0.0
    if scale.limit == 0:
        x = _say(sheet, x, "Every score is 0.")
    else:
        most = plain(scale.limit)
        x = _say(sheet, x, f"against -{most}" if signed else "0")
        x = _bar(sheet, x, signed)
        x = _say(sheet, x, f"+{most} for" if signed else f"{most} most")
        x = _say(sheet, x, f"in {units}" if units else "")
    if unknown:
        sheet.box(x, sheet.y - HIGH - 2, WIDEST, HIGH, LIGHT.missing)
        sheet.underline(x, sheet.y - 1.5, WIDEST, None)
        _say(sheet, x + WIDEST + GAP, NO_NUMBER)


def _bar(sheet: Sheet, x: float, signed: bool) -> float:
    step_width = min(WIDEST, sheet.width / 60)
    half = step_width * STEPS
    for step in range(-STEPS if signed else 0, STEPS + 1):
        sheet.box(x, sheet.y - HIGH - 2, step_width, HIGH, LIGHT.background(step))
        x += step_width
    sheet.underline(x - half, sheet.y - 1.5, half, 1)
    if signed:
        sheet.underline(x - 2 * half - step_width, sheet.y - 1.5, half, -1)
    return x + GAP


def _say(sheet: Sheet, x: float, words: str) -> float:
    """Words at ``x``, or under what is there if they do not fit beside it."""
    wide = sheet.wide(words, SMALL)
    if x and x + wide > sheet.width:
        sheet.y += 10
        x = 0.0
    sheet.words(x, sheet.y - 3, words, SMALL, LIGHT.muted)
    return x + wide + GAP
