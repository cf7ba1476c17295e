"""`pellucid report`: the case file of one prediction, of explanations that were saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Device, Dtype, Elsewhere, Infill, Quiet, Width, load_options

__all__ = ["report"]

HEAVY = 5_000_000  # bytes of a page: a browser opens more, but mail and wikis begin to refuse it


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Explanations of one text, model and answer: .json or .safetensors files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the case: .html, .txt, .png, .svg or .pdf. May be given several times.",
            rich_help_panel="Output",
        ),
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Load the model, and measure what was not measured.")
    ] = False,
    model: Elsewhere = None,
    draws: Annotated[
        int,
        typer.Option(help="With --measure: how many rankings of each kind stand for chance, at least 99."),
    ] = 99,
    seed: Annotated[int, typer.Option(help="Of those rankings.")] = 0,
    device: Device = None,
    dtype: Dtype = None,
    infill: Infill = None,
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """One prediction, one page: explanations by several methods, and how far each is to be trusted.

    Everything on the page is tied to the text: what is pointed at in one picture lights up in all.
    """
    with progress(quiet) as phase:
        phase("Starting")
        from pellucid.verbs.case_files import check_case_suffix, save_case
        from pellucid.verbs.files import read_finding
        from pellucid.verbs.report import report as put_together

        check_writable(out or [], check_case_suffix)
        findings = [read_finding(file) for file in files]
        whys = [finding.explanation for finding in findings]
        scores = [finding.scores for finding in findings]
        verdicts = [finding.verdict for finding in findings]
        case = put_together(whys, scores=scores, verdicts=verdicts)
        if measure:
            name = model or whys[0].provenance.model
            phase(f"Loading {name}")
            ready = loaded(name, **load_options(device, dtype, infill=infill))
            phase("Measuring")
            case = put_together(whys, ready, scores=scores, verdicts=verdicts, draws=draws, seed=seed)
    for path in out or []:
        save_case(case, path)
        say(f"Wrote {path}{_size(path)}", quiet=quiet)
    if not out:
        print_drawn(case, width)


def _size(path: Path) -> str:
    size = path.stat().st_size
    if size <= HEAVY:
        return ""
    return f" ({size / 1e6:.1f} MB: large for a page; leave out an explanation, or layers of attention)"
