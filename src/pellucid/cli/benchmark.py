"""`pellucid benchmark`: methods on questions whose right answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.printing import print_drawn, print_json
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Format, Quiet, Width

__all__ = ["benchmark"]


def benchmark(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART",
            help="shortcuts, gold, known or clinic. May be given several times; by default all.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METHOD",
            help="A method: see pellucid methods. May be given several times; by default all that can answer.",
            show_default=False,
        ),
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Questions of each study; by default 8 to 25.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn and trained.")] = 0,
    shape: Annotated[
        Literal["bert", "gpt2"], typer.Option(metavar="NAME", help="Of the classifiers: bert or gpt2.")
    ] = "bert",
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where classifiers and unfinished runs are kept; by default the user's cache.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Also write a file: .html, .json or .txt. May be given several times.",
            rich_help_panel="Output",
        ),
    ] = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """How well methods find what is known to be right: planted words, verified rationales, exact Shapley values.

    Models are asked about only after it is shown that they use what is known to decide. A run that was interrupted goes
    on where it stopped when the same command is given again.
    """
    with progress(quiet) as phase:
        phase("Starting")
        from pellucid.truth.benchmark import benchmark as measured
        from pellucid.truth.results import check_suffix

        check_writable(out or [], check_suffix)
        try:
            found = measured(
                by or None, only=only or None, items=items, seed=seed, shape=shape, cache=cache, began=phase
            )
        except KeyboardInterrupt:
            say("What was measured is kept: the same command goes on from there.", quiet=quiet)
            raise
    for path in out or []:
        found.save(path)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_json(found.as_dict())
    else:
        print_drawn(found.figure(), width)
