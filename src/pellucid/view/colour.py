"""The colours of scores: blue against, orange for, nothing at zero; one scale for terminal and page.

Blue and orange stay apart in every common kind of colour blindness. The scale is symmetric, so equal
strength looks equal on both sides, and it has few steps, so that each can be checked for contrast and
written as a digit where there is no colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "STEPS", "THEMES", "Scale", "Theme", "contrast", "ink"]

STEPS = 9
RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#rrggbb``.

    ``against`` and ``toward`` are the ends of the scale, ``page`` its neutral, ``missing`` what has no number;
    ``against_line`` and ``toward_line`` are for lines and bars, which must stand out from the page by themselves.
    """

    page: str
    panel: str
    text: str
    muted: str
    line: str
    against: str
    toward: str
    against_line: str
    toward_line: str
    missing: str

    def background(self, step: int | None) -> str:
        """The background of a step in -`STEPS`..`STEPS`; None is a score that is not a number."""
        if step is None:
            return self.missing
        if step == 0:
            return self.page
        end = self.toward if step > 0 else self.against
        return _mix(self.page, end, 0.1 + 0.9 * abs(step) / STEPS)

    def edge(self, step: int) -> str:
        """The colour of the line under a token: the same for every strength, so that faint steps show too."""
        return self.toward_line if step > 0 else self.against_line


LIGHT = Theme(
    page="#ffffff", panel="#f5f6f8", text="#15181d", muted="#565d68", line="#dde0e5",
    against="#6aa5dc", toward="#f29a3f", against_line="#2f73b7", toward_line="#c8670c", missing="#d5d8dd",
)  # fmt: skip
DARK = Theme(
    page="#14171c", panel="#1c2027", text="#eceef1", muted="#a3abb7", line="#323843",
    against="#2c6cb0", toward="#ad560c", against_line="#74aee6", toward_line="#f0974a", missing="#4a505a",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers to steps, symmetric around zero: ``limit`` is the largest magnitude, 0 if all are zero."""

    limit: float

    @staticmethod
    def of(values: Iterable[float]) -> Scale:
        """The scale that reaches the largest finite magnitude."""
        return Scale(max((abs(v) for v in values if math.isfinite(v)), default=0.0))

    def step(self, value: float) -> int | None:
        """The step of a value, -`STEPS`..`STEPS`; None if it is not a number."""
        return None if math.isnan(value) else round(math.copysign(self.share(value), value) * STEPS)

    def share(self, value: float) -> float:
        """The magnitude of a value as a share of the limit, 0 to 1; what is no number has none."""
        if math.isnan(value) or value == 0:
            return 0.0
        return min(1.0, abs(value) / self.limit) if self.limit else 1.0


def ink(background: str, theme: Theme = LIGHT) -> str:
    """The text colour that reads best on a background: the theme's own, or its opposite."""
    return max(
        (theme.text, "#ffffff", "#000000"), key=lambda c: (contrast(c, background) >= 4.5, c == theme.text)
    )


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted(_luminance(c) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> RGB:
    def channel(at: int) -> float:
        c = int(colour[at : at + 2], 16) / 255
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    return channel(1), channel(3), channel(5)


def _hex(linear: RGB) -> str:
    def channel(c: float) -> int:
        c = max(0.0, min(1.0, c))
        return round(255 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055))

    return "#" + "".join(f"{channel(c):02x}" for c in linear)


def _mix(start: str, end: str, share: float) -> str:
    """A colour between two, in OKLab (Ottosson 2020), where equal steps look equal."""
    pairs = zip(_oklab(_linear(start)), _oklab(_linear(end)), strict=True)
    lightness, a, b = (x + (y - x) * share for x, y in pairs)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return _hex(
        (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    )


def _oklab(linear: RGB) -> RGB:
    red, green, blue = linear
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
