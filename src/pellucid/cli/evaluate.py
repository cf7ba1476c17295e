"""`pellucid evaluate`: measure an explanation that was saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn, print_record
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import (
    Device,
    Dtype,
    Elsewhere,
    Format,
    Infill,
    Out,
    Quiet,
    Saved,
    Width,
    load_options,
)

__all__ = ["evaluate"]

# The same as in `verbs.evaluate`, which is not imported here: `--help` has no time for it. A test compares them.
DEFAULT_METRICS = (
    "comprehensiveness", "sufficiency", "loo_agreement", "linear_datamodeling_score", "completeness_gap", "gini",
)  # fmt: skip


def evaluate(
    file: Saved,
    model: Elsewhere = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC",
            help="A metric: see pellucid methods --metrics. May be given several times.",
            show_default=", ".join(DEFAULT_METRICS),
        ),
    ] = None,
    device: Device = None,
    dtype: Dtype = None,
    infill: Infill = None,
    out: Out = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
    *,
    options: Mapping[str, Mapping[str, Any]],
) -> None:
    """Measure a saved explanation on its model, each score beside chance.

    A metric's own options are flags too: pellucid evaluate --by METRIC --help lists them. A file that is
    written with --out holds the explanation and all its scores, old and new, and its verdict if it has one.
    """
    with progress(quiet) as phase:
        phase("Starting")
        check_writable(out or [])
        from pellucid.verbs.files import read_finding, save

        finding = read_finding(file)
        why = finding.explanation
        name = model or why.provenance.model
        phase(f"Loading {name}")
        ready = loaded(name, **load_options(device, dtype, infill=infill))
        from pellucid.verbs.evaluate import evaluate as measure

        scores = []
        for metric, given in options.items():
            phase(f"Measuring {metric}")
            scores += measure(why, ready, by=metric, **given)
    fresh = {score.metric for score in scores}
    everything = [s for s in finding.scores if s.metric not in fresh] + scores
    for path in out or []:
        save(why, path, scores=everything, verdict=finding.verdict)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_record(why, everything, finding.verdict)
    else:
        print_drawn([why, *scores], width)
