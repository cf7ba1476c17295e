"""`pellucid show`: draw an explanation that was saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.printing import print_comparison, print_drawn, print_record
from pellucid.cli.progress import say
from pellucid.cli.shared import Format, Out, Quiet, Width

__all__ = ["show"]


def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An explanation (.json or .safetensors) or a comparison (.json).",
            show_default=False,
        ),
    ],
    out: Out = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """Draw a saved explanation with its scores and verdict, or a comparison, here or as a file. Needs no model."""
    from pellucid.verbs.comparison_files import is_comparison

    if is_comparison(file):
        _show_comparison(file, out or [], format, width, quiet)
        return
    check_writable(out or [])
    from pellucid.verbs.files import read_finding, save

    found = read_finding(file)
    for path in out or []:
        save(found.explanation, path, scores=found.scores, verdict=found.verdict)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_record(found.explanation, found.scores, found.verdict)
    elif not out:
        print_drawn(found.results, width)


def _show_comparison(file: Path, out: list[Path], format: str, width: int | None, quiet: bool) -> None:
    from pellucid.verbs.comparison_files import check_comparison_suffix, read_comparison, save_comparison

    check_writable(out, check_comparison_suffix)
    found = read_comparison(file)
    for path in out:
        save_comparison(found, path)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_comparison(found)
    elif not out:
        print_drawn(found, width)
