"""Numbers as a reader wants them: three digits that count, and a sign where the sign means something."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pellucid.core.figure import Mark

__all__ = ["NO_NUMBER", "aligned", "compact", "plain", "signed", "spoken"]

NO_NUMBER = "no number"


def signed(value: float) -> str:
    """Three significant digits with + or -; 0 is ``0``, NaN is in words."""
    text = plain(value)
    return text if text[0] in "-n" or value == 0 else f"+{text}"


def plain(value: float) -> str:
    """Three significant digits; NaN is in words."""
    if math.isnan(value):
        return NO_NUMBER
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def compact(value: float, *, sign: bool) -> str:
    """At most five characters for most numbers: two significant digits, for the cells of a matrix."""
    if math.isnan(value):
        return "?"
    text = f"{value:+.2g}" if sign else f"{value:.2g}"
    return (
        "0"
        if value == 0
        else text.replace("e+0", "e").replace("e-0", "e-").replace("+0.", "+.").replace("-0.", "-.")
    )


def spoken(value: float) -> str:
    """As `plain`, without zeros at the end: for sentences."""
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def aligned(marks: Sequence[Mark], *, sign: bool) -> list[str]:
    """The values with one number of decimals, so that four digits of the largest show, and their errors."""
    most = max((abs(m.value) for m in marks if math.isfinite(m.value)), default=0.0)
    if most == 0 or not 1e-3 <= most < 1e5:
        show = signed if sign else plain
        return [show(m.value) + ("" if m.error is None else f" ± {plain(m.error)}") for m in marks]
    decimals = max(0, 3 - math.floor(math.log10(most)))
    form = f"{'+' if sign else ''}.{decimals}f"
    shown = [f"{m.value:{form}}" if math.isfinite(m.value) else plain(m.value) for m in marks]
    errors = ["" if m.error is None else f" ± {m.error:.{decimals}f}" for m in marks]
    return [a + b for a, b in zip(shown, errors, strict=True)]
