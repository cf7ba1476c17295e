"""`pellucid shortcuts`: words that a model takes a label from, over a file of texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid.cli.inputs import check_writable
from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn, print_json
from pellucid.cli.progress import progress, say
from pellucid.cli.shared import Device, Dtype, Format, Quiet, Width, load_options
from pellucid.core.errors import BadOption

if TYPE_CHECKING:
    from pellucid.core.shortcuts import ShortcutReport

__all__ = ["shortcuts"]

# The same as in `verbs.explain`, which is not imported here: `--help` has no time for it. A test compares them.
DEFAULT_METHOD = "leave_one_out"
SUFFIXES = (".json", ".html", ".txt")


def shortcuts(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Texts: a .jsonl, .csv or .tsv file.", show_default=False),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="MODEL", help="A bundled name, a folder, or a Hugging Face id."
        ),
    ] = "demo-lm",
    by: Annotated[
        str, typer.Option(metavar="METHOD", help="The method that credits words: see pellucid methods.")
    ] = DEFAULT_METHOD,
    text_column: Annotated[str, typer.Option(metavar="NAME", help="The column of the texts.")] = "text",
    label_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help='The column of the labels; else "target", else the model\'s own answers.'
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="How many suspects.")] = 10,
    min_count: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many texts a word must stand in.")
    ] = 5,
    expected: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD", help="A word that is a good reason. May be given several times."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")] = 0,
    device: Device = None,
    dtype: Dtype = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Also write a file: .json, .html or .txt. May be repeated."
        ),
    ] = None,
    format: Format = "text",
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """Words that go with a label in a file of texts, and that the model's answer falls without.

    A word is suspected for its association with a label and its credit, and judged by what happens when it alone is
    removed, beside other words of the same texts. Whether it is a good reason is for you to say: --expected.
    """
    with progress(quiet) as phase:
        phase("Starting")
        _check(out or [])
        from pellucid.run.rows import read_rows

        columns = {"text": text_column} | ({"target": label_column} if label_column else {})
        rows = [(row.text, row.target) for row in read_rows(file, columns)]
        phase(f"Loading {model}")
        ready = loaded(model, **load_options(device, dtype))
        from pellucid.verbs.shortcuts import shortcut_report

        phase(f"Explaining by {by}")
        good = tuple(expected or ())
        report = shortcut_report(ready, rows, by=by, top=top, min_count=min_count, expected=good, seed=seed)
    for path in out or []:
        _write(report, path)
        say(f"Wrote {path}", quiet=quiet)
    print_json(report.as_dict()) if format == "json" else print_drawn(report, width)


def _check(paths: list[Path]) -> None:
    for path in paths:
        if path.suffix not in SUFFIXES:
            raise BadOption(f'"{path}" ends in "{path.suffix}". Formats of a report: {", ".join(SUFFIXES)}.')
    check_writable(paths)


def _write(report: ShortcutReport, path: Path) -> None:
    from pellucid.core.registry import renderer
    from pellucid.store.atomic import write

    if path.suffix == ".json":
        content = json.dumps(report.as_dict(), indent=2, ensure_ascii=False)
    elif path.suffix == ".html":
        content = renderer("html")(report)
    else:
        content = renderer("terminal")(report, colour=False, width=100)
    write(path, f"{content}\n".encode())
