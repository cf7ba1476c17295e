"""`pellucid verdict`: whether a saved explanation may be used."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn, print_json
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

__all__ = ["verdict"]


def verdict(
    file: Saved,
    model: Elsewhere = None,
    draws: Annotated[
        int, typer.Option(help="How many rankings of each kind stand for chance, at least 99.")
    ] = 99,
    seed: Annotated[int, typer.Option(help="Of those rankings.")] = 0,
    device: Device = None,
    dtype: Dtype = None,
    infill: Infill = None,
    out: Out = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """Whether to use an explanation: several tests, two ways of removing features, one judgement.

    Use, use with care, do not use, or cannot tell; the tests stand beside it one by one. A file that is written with
    --out holds the explanation, its scores and the verdict.
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
        from pellucid.verbs.verdict import verdict as judge

        phase("Testing")
        found = judge(why, ready, draws=draws, seed=seed)
    for path in out or []:
        save(why, path, scores=finding.scores, verdict=found)
        say(f"Wrote {path}", quiet=quiet)
    if format == "json":
        print_json(found.as_dict())
    else:
        print_drawn([why, found], width)
