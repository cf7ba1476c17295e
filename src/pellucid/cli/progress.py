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

__all__ = ["Phases", "progress", "say", "settle"]

# transformers and the hub read these when they are imported; what a user has set wins.
QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Read when torch is imported. Threads that spin while they wait take the core from whoever has work: small
# models ran ten times slower so on a busy machine.
THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}


class Phases(Protocol):
    """What a command tells of its work."""

    def __call__(self, doing: str) -> None:
        """A new phase begins."""
        ...


def settle() -> None:
    """No bars, advice or warnings from the libraries below, and threads that sleep when they wait.

    A character that standard output cannot show is written as an escape, rather than ending the work.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    for name, value in {**QUIET, **THREADS}.items():
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
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from pellucid.core.progress import metered

    words = TextColumn("{task.description}", markup=False)
    counts = TextColumn("{task.fields[count]}", markup=False)
    columns = SpinnerColumn(), words, BarColumn(bar_width=20), counts, TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bars:
        task = bars.add_task("", total=None, count="")

        def begin(doing: str) -> None:
            bars.reset(task, total=None, description=doing, count="")

        def tell(meter: Meter) -> None:
            if meter.total:
                bars.update(
                    task, completed=meter.done, total=meter.total, count=f"{meter.done}/{meter.total}"
                )

        with metered(tell):
            yield begin
