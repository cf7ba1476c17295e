"""`pellucid compare`: methods beside each other on the same texts, by metrics and by cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pellucid.cli.inputs import check_writable, given_text, valid
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_comparison, print_drawn
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Device, Dtype, Format, Infill, Quiet, Revision, Width, load_options
from pellucid.core.errors import BadOption

__all__ = ["DEFAULT_METHODS", "compare"]

# The same as in `verbs.compare`, which is not imported here: `--help` has no time for it. A test compares them.
DEFAULT_METHODS = ("leave_one_out", "integrated_gradients", "shapley_sampling")


def compare(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help='Texts, each in quotes; "-" reads one from standard input.',
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Texts from a file: .txt, one a line; .jsonl, .csv or .tsv with text, target and against.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="MODEL", help="A bundled name, a folder, or a Hugging Face id."
        ),
    ] = "demo-lm",
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METHOD",
            help="A method: see pellucid methods. May be given several times.",
            show_default=", ".join(DEFAULT_METHODS),
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC",
            help="A metric: see pellucid methods --metrics. May be given several times; by default those of evaluate.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What to explain where a text says nothing else: a label or a continuation."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why the target rather than this other answer.")
    ] = None,
    unit: Annotated[
        Literal["token", "word", "sentence"] | None,
        typer.Option(metavar="NAME", help="What texts are cut into: token, word or sentence."),
    ] = None,
    draws: Annotated[
        int, typer.Option(metavar="N", min=1, help="Random rankings that stand for chance.")
    ] = 99,
    resamples: Annotated[
        int, typer.Option(metavar="N", min=1, help="Draws of texts, for the intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")] = 0,
    device: Device = None,
    dtype: Dtype = None,
    revision: Revision = None,
    infill: Infill = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Also write a file: .html, .json, .parquet, .txt, .png, .svg or .pdf. May be given several times.",
            rich_help_panel="Output",
        ),
    ] = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
    *,
    options: Mapping[str, Mapping[str, Any]],
) -> None:
    """Methods beside each other on the same texts: what metrics say of each, and what each costs.

    A method's own options are flags too, for every method that has them: pellucid compare --by METHOD --help.
    """
    with progress(quiet) as phase:
        phase("Starting")
        texts = _texts(text or [], file)
        for name, answer in (("--target", target), ("--against", against)):
            valid(answer or "", name)
        from pellucid.verbs.comparison_files import check_comparison_suffix, save_comparison

        check_writable(out or [], check_comparison_suffix)
        from pellucid.verbs.compare import compare as compared
        from pellucid.verbs.compared import entries

        methods = [(method, options[method]) for method in by or DEFAULT_METHODS]
        entries("method", methods)
        if metric:
            entries("metric", metric)
        phase(f"Loading {model}")
        ready = loaded(model, **load_options(device, dtype, revision, infill=infill))
        phase("Comparing")
        found = compared(
            ready,
            texts,
            methods,
            metric,
            target=target,
            against=against,
            unit=unit,
            draws=draws,
            resamples=resamples,
            seed=seed,
        )
    for path in out or []:
        save_comparison(found, path)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_comparison(found)
    else:
        print_drawn(found, width)


def _texts(given: list[str], file: Path | None) -> list[tuple[str | None, ...]]:
    """Each text with what its row says of the answer."""
    if bool(given) == (file is not None):
        raise BadOption(
            'Give texts: as arguments, each in quotes, or in a file with --file PATH ("-" reads one).'
        )
    if file is None:
        return [(given_text(text, None),) for text in given]
    if file.suffix == ".txt":
        return [(line,) for line in given_text(None, file).splitlines() if line.strip()]
    from pellucid.run.rows import read_rows

    return [(row.text, row.target, row.against) for row in read_rows(file)]
