"""How far the work is, on stderr; and quiet from the libraries below, for the command line only."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pellucid.core.progress import Meter

__all__ = ["Phases", "hush", "progress", "say"]

# transformers and the hub read these when they are imported; what a user has set wins.
QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Phases(Protocol):
    """What a command tells of its work."""

    def __call__(self, doing: str) -> None:
        """A new phase begins."""
        ...


def hush() -> None:
    """No bars, advice or warnings from other libraries: a bar of ours stands for all of them."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def say(words: str, *, quiet: bool = False) -> None:
    """One line to a person, on stderr."""
    if not quiet:
        print(words, file=sys.stderr)  # noqa: T201


@contextmanager
def progress(quiet: bool) -> Iterator[Phases]:
    """A bar on stderr for the work inside, moved by the meter; gone when the work is done.

    Yields a function that names the phase. Nothing is shown when stderr is not a terminal, or if ``quiet``.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda doing: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    from pellucid.core.progress import metered

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=20)
    counts = MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, *counts, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        def begin(doing: str) -> None:
            bars.reset(task, total=None, description=doing)

        def tell(meter: Meter) -> None:
            if meter.total:
                bars.update(task, completed=meter.done, total=meter.total)

        with metered(tell):
            yield begin
