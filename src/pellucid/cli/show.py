"""`pellucid show`: draw an explanation that was saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.printing import print_drawn, print_record
from pellucid.cli.progress import say
from pellucid.cli.shared import Format, Out, Quiet, Width

__all__ = ["show"]


def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An explanation: a .json or .safetensors file.", show_default=False
        ),
    ],
    out: Out = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """Draw a saved explanation and its scores, here or as a file. Needs no model."""
    check_writable(out or [])
    from pellucid.verbs.files import read, read_scores, save

    why, scores = read(file), read_scores(file)
    for path in out or []:
        save(why, path, scores=scores)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_record(why, scores)
    elif not out:
        print_drawn([why, *scores], width)
