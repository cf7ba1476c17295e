"""The command line. A user's mistake is one line on stderr and exit code 2, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn

import typer

import pellucid
from pellucid.cli import (
    benchmark,
    compare,
    doctor,
    evaluate,
    explain,
    methods,
    report,
    serve,
    shortcuts,
    show,
    verdict,
)
from pellucid.cli.help import Grouped, about
from pellucid.cli.options import OPTIONS_OF, asked_by, with_flags
from pellucid.cli.progress import say, settle
from pellucid.core.errors import Cancelled, PellucidError
from pellucid.core.registry import Kind, find

__all__ = ["main", "run"]

MISTAKE, CANCELLED, PIPE_CLOSED = 2, 130, 141  # the last two: 128 and the number of the signal
_UsageError: type[Any] = typer.BadParameter.__bases__[
    0
]  # Typer carries it inside itself, or takes it from click
_IN_SHORT = {
    "explain": "Why a model answers as it does.",
    "evaluate": "Measure a saved explanation.",
    "compare": "Methods beside each other.",
    "verdict": "Whether to use a saved explanation.",
    "report": "One prediction, one page.",
    "shortcuts": "Words that a model takes a label from.",
    "methods": "The catalogue of methods and metrics.",
    "benchmark": "Methods where the right answer is known.",
    "show": "Draw a saved explanation.",
    "serve": "Explain in a browser, on this machine.",
    "doctor": "Check this installation, or a model.",
}
_WITH_METHODS: tuple[tuple[Any, Kind], ...] = (
    (explain.explain, "method"),
    (evaluate.evaluate, "metric"),
    (compare.compare, "method"),
)
_BY = {
    "explain": [explain.DEFAULT_METHOD],
    "evaluate": list(evaluate.DEFAULT_METRICS),
    "compare": list(compare.DEFAULT_METHODS),
}


def main() -> None:
    """The ``pellucid`` command."""
    _leave(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> int:
    """One command line; the exit code."""
    settle()
    try:
        code = _invoked(list(argv) or ["--help"])
        sys.stdout.flush()
    except typer.Exit as asked:
        return asked.exit_code
    except _UsageError as error:
        say(f"Error: {_usage(error)}")
        return MISTAKE
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        say(str(Cancelled()))
        return CANCELLED
    except PellucidError as error:
        say(f"Error: {' '.join(str(error).split())}")
        return MISTAKE
    except BrokenPipeError:
        return PIPE_CLOSED
    return code


def _leave(code: int) -> NoReturn:
    """Exit without taking torch apart: that takes a second, and the system frees it all at once."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what could not be written has been told already
            stream.flush()
    os._exit(code)


def _invoked(argv: list[str]) -> int:
    command = typer.main.get_command(_app(argv))
    with command.make_context("pellucid", argv) as context:
        return command.invoke(context) or 0


def _app(argv: Sequence[str]) -> typer.Typer:
    """The commands; the one that is called carries the flags of the methods it is called with."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_about)
    called = next((word for word in argv if not word.startswith("-")), "")
    for function, kind in _WITH_METHODS:
        name = function.__name__
        names = dict.fromkeys(asked_by(argv, _BY[name]) if name == called else ())
        cards = [find(kind, by) for by in names]
        app.command(name, cls=Grouped, short_help=_IN_SHORT[name], epilog=about(cards))(
            with_flags(function, cards)
        )
    for function in (
        verdict.verdict,
        report.report,
        shortcuts.shortcuts,
        benchmark.benchmark,
        methods.methods,
        show.show,
        serve.serve,
        doctor.doctor,
    ):
        app.command(function.__name__, cls=Grouped, short_help=_IN_SHORT[function.__name__])(function)
    return app


def _about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda asked: _version(asked), is_eager=True, help="Say the version."
        ),
    ] = False,
) -> None:
    """See why a language model said what it said, and how far to trust that answer.

    Try: pellucid explain "The Eiffel Tower is located in the city of"
    """


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"pellucid {pellucid.__version__}\n")
        raise typer.Exit


def _usage(error: Any) -> str:
    """Typer's words for a wrong command line, with the flags that are possible."""
    words = " ".join(error.format_message().split()).replace(": Value error,", ":")
    if not hasattr(error, "possibilities"):
        return words if error.ctx is None else f"{words.rstrip('.')}. See: {error.ctx.command_path} --help."
    own: dict[str, list[str]] = {}
    for p in error.ctx.command.params:
        own.setdefault(getattr(p, "rich_help_panel", None) or "", []).extend([*p.opts, *p.secondary_opts])
    flags = [name for names in own.values() for name in names if name[:2] == "--"]
    near = get_close_matches(error.option_name, flags, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    methods = [
        f" {panel}: {', '.join(names)}." for panel, names in own.items() if panel.startswith(OPTIONS_OF)
    ]
    there = "".join(methods) or f" See: {error.ctx.command_path} --help." * (not meant)
    return f'"{error.option_name}" is not an option of {error.ctx.command_path}.{meant}{there}'
