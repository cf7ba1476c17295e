"""The flags that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

__all__ = [
    "Device",
    "Dtype",
    "Elsewhere",
    "Format",
    "Infill",
    "Kernel",
    "Out",
    "Quiet",
    "Revision",
    "Saved",
    "Width",
    "load_options",
]

_MODEL = "The model"
_OUTPUT = "Output"

Saved = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An explanation: a .json or .safetensors file.", show_default=False),
]
Elsewhere = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="MODEL", help="The model that was explained, if it lies elsewhere now."
    ),
]
Device = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="Where it runs: cpu, cuda, cuda:1, mps.", rich_help_panel=_MODEL),
]
Dtype = Annotated[
    Literal["float32", "bfloat16", "float16"] | None,
    typer.Option(
        metavar="NAME",
        help="float32, bfloat16 or float16; by default float32 on a CPU up to a billion parameters, else as saved.",
        rich_help_panel=_MODEL,
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Its branch, tag or commit on the hub.", rich_help_panel=_MODEL),
]
Kernel = Annotated[
    str | None,
    typer.Option(
        "--attn-implementation",
        metavar="NAME",
        help="Its attention kernel: eager, sdpa, flash_attention_2.",
        rich_help_panel=_MODEL,
    ),
]
Infill = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="A language model with the same tokens, which proposes what stands in for features (--ablate infill).",
        rich_help_panel=_MODEL,
    ),
]
Format = Annotated[
    Literal["text", "json"],
    typer.Option(
        "--format",
        metavar="NAME",
        help="What goes to standard output: text or json.",
        rich_help_panel=_OUTPUT,
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        metavar="COLUMNS", min=20, help="Columns of the output; else the terminal's.", rich_help_panel=_OUTPUT
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr.", rich_help_panel=_OUTPUT)
]
Out = Annotated[
    list[Path] | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="Also write a file: .html, .json, .safetensors, .txt, .png, .svg or .pdf. May be given several times.",
        rich_help_panel=_OUTPUT,
    ),
]


def load_options(
    device: str | None,
    dtype: str | None,
    revision: str | None = None,
    attn_implementation: str | None = None,
    infill: str | None = None,
) -> dict[str, Any]:
    """The arguments of `pellucid.load` that were given."""
    given = {
        "device": device,
        "dtype": dtype,
        "revision": revision,
        "attn_implementation": attn_implementation,
        "infill": infill,
    }
    return {name: value for name, value in given.items() if value is not None}
