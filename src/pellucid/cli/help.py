"""Help in groups: a command's own options, the model's, the output's, and those of a method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from pellucid.core.registry import Card

__all__ = ["Grouped", "about"]


class Grouped(TyperCommand):
    """A command whose help shows each panel of options under its own heading."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the panels in the order in which they first appear; the nameless one holds ``--help`` too."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            line = param.get_help_record(ctx)
            if line is not None:
                own = "Arguments" if param.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(param, "rich_help_panel", None) or own, []).append(line)
        for name, lines in panels.items():
            with formatter.section(name):
                formatter.write_dl(lines, col_max=26)


def about(cards: Sequence[Card]) -> str | None:
    """What each method is, costs, and where it comes from: the last lines of the help."""
    return (
        "\n\n".join(f"\b\n{c.name}\n  {c.summary}\n  Cost: {c.cost}.\n  Paper: {c.paper}" for c in cards)
        or None
    )
