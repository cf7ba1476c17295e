"""Numbers as a reader wants them: three digits that count, and a sign where the sign means something."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pellucid.core.figure import Mark

__all__ = ["NO_NUMBER", "aligned", "fixed", "matrix_cell", "plain", "signed"]

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
    if not 1e-4 <= abs(value) < 1e5:
        return f"{value:.2e}"
    rounded = float(f"{value:.2e}")  # first, so that 0.9999 is 1.00 and not 1.000
    return f"{value:.{_decimals(abs(rounded), 3)}f}"


def matrix_cell(value: float, limit: float, *, sign: bool) -> str:
    """A number for a cell: as many decimals as show three digits of the largest number of the matrix."""
    if math.isnan(value):
        return "?"
    if math.isinf(value) or (limit and not 1e-3 <= limit < 1e5):
        return f"{value:{'+' if sign else ''}.1e}"
    return fixed(value, _decimals(limit, 3), sign=sign)


def fixed(value: float, decimals: int, *, sign: bool = False) -> str:
    """A number of decimals; what rounds to zero has no sign."""
    if not math.isfinite(value):
        return plain(value)
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    return text if float(text) else text.lstrip("+-")


def aligned(marks: Sequence[Mark], *, sign: bool) -> list[str]:
    """The values with one number of decimals, so that the largest shows three or four digits, and their errors."""
    most = max((abs(m.value) for m in marks if math.isfinite(m.value)), default=0.0)
    if most == 0 or not 1e-3 <= most < 1e5:
        show = signed if sign else plain
        return [show(m.value) + ("" if m.error is None else f" ± {plain(m.error)}") for m in marks]
    decimals = _decimals(most, 4 if most >= 1 else 3)
    errors = ["" if m.error is None else f" ± {fixed(m.error, decimals)}" for m in marks]
    return [fixed(m.value, decimals, sign=sign) + error for m, error in zip(marks, errors, strict=True)]


def _decimals(limit: float, digits: int) -> int:
    return max(0, digits - 1 - math.floor(math.log10(limit))) if limit else 0
