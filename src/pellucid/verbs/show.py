"""Explanations and scores as one figure."""

from __future__ import annotations

from pellucid.core.explanation import Explanation
from pellucid.core.figure import Figure
from pellucid.core.registry import renderer
from pellucid.core.score import Score

__all__ = ["show"]


def show(*results: Explanation | Score) -> Figure:
    """One figure of everything given, chosen by the dims of each; draw it with ``pellucid.view``."""
    return renderer("draw")(*results)
