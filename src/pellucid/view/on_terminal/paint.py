"""The styles of scores in a terminal, in as many colours as it has."""

from __future__ import annotations

import os
from dataclasses import dataclass

from rich.style import Style

from pellucid.view.colour import DARK, LIGHT, STEPS, Theme, ink

__all__ = ["Paint"]


@dataclass(frozen=True, slots=True)
class Paint:
    """A theme, and whether the terminal has only the 16 basic colours: nearest matches would be unreadable there."""

    theme: Theme
    basic: bool

    @staticmethod
    def of(color_system: str | None) -> Paint:
        """For a colour system of rich. ``COLORFGBG`` may say that the background is light; most do not say."""
        background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
        return Paint(LIGHT if background in ("7", "15") else DARK, color_system in ("standard", "windows"))

    def score(self, step: int | None) -> Style:
        """Background and text of a step; zero is plain."""
        if step == 0:
            return Style()
        if self.basic:
            return self._basic(step)
        background = self.theme.background(step)
        return Style(color=ink(background, self.theme), bgcolor=background)

    def bar(self, negative: bool) -> Style:
        """The colour of a bar."""
        if self.basic:
            return Style(color="blue" if negative else "yellow")
        return Style(color=self.theme.against_line if negative else self.theme.toward_line)

    def _basic(self, step: int | None) -> Style:
        if step is None:
            return Style(dim=True)
        side = "yellow" if step > 0 else "blue"
        if abs(step) <= STEPS // 2:
            return Style(color=side)
        return Style(color="black" if step > 0 else "white", bgcolor=side)
