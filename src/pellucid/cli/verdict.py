"""`pellucid verdict`: whether a saved explanation may be used."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn, print_json
from pellucid.cli.progress import progress
from pellucid.cli.shared import (
    Device,
    Dtype,
    Elsewhere,
    Format,
    Infill,
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
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """Whether to use an explanation: several tests, two ways of removing features, one judgement.

    Use, use with care, do not use, or cannot tell; the tests stand beside it one by one.
    """
    with progress(quiet) as phase:
        phase("Starting")
        from pellucid.verbs.files import read

        why = read(file)
        name = model or why.provenance.model
        phase(f"Loading {name}")
        ready = loaded(name, **load_options(device, dtype, infill=infill))
        from pellucid.verbs.verdict import verdict as judge

        phase("Testing")
        found = judge(why, ready, draws=draws, seed=seed)
    if format == "json":
        print_json(found.as_dict())
    else:
        print_drawn([why, found], width)
