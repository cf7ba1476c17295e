"""Numbers as a reader wants them: three digits that count, and a sign where the sign means something."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pellucid.core.figure import Mark

__all__ = ["NO_NUMBER", "aligned", "matrix_cell", "plain", "signed", "spoken"]

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


def matrix_cell(value: float, limit: float, *, sign: bool) -> str:
    """A number for a cell: as many decimals as show three digits of the largest number of the matrix."""
    if math.isnan(value):
        return "?"
    if math.isinf(value) or (limit and not 1e-3 <= limit < 1e5):
        return f"{value:{'+' if sign else ''}.1e}"
    return _fixed(value, _decimals(limit, 3), sign=sign)


def spoken(value: float) -> str:
    """Two digits that count, all of them from 10 up: for sentences."""
    if not math.isfinite(value) or (value and not 1e-3 <= abs(value) < 1e5):
        return plain(value)
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


def aligned(marks: Sequence[Mark], *, sign: bool) -> list[str]:
    """The values with one number of decimals, so that four digits of the largest show, and their errors."""
    most = max((abs(m.value) for m in marks if math.isfinite(m.value)), default=0.0)
    if most == 0 or not 1e-3 <= most < 1e5:
        show = signed if sign else plain
        return [show(m.value) + ("" if m.error is None else f" ± {plain(m.error)}") for m in marks]
    decimals = _decimals(most, 4)
    errors = ["" if m.error is None else f" ± {_fixed(m.error, decimals, sign=False)}" for m in marks]
    return [_fixed(m.value, decimals, sign=sign) + error for m, error in zip(marks, errors, strict=True)]


def _decimals(limit: float, digits: int) -> int:
    return max(0, digits - 1 - math.floor(math.log10(limit))) if limit else 0


def _fixed(value: float, decimals: int, *, sign: bool) -> str:
    """A number of decimals; what rounds to zero has no sign."""
    if not math.isfinite(value):
        return plain(value)
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    return text if float(text) else text.lstrip("+-")
