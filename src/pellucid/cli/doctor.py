"""`pellucid doctor`: what this machine has, and whether a model keeps its promises."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli.loading import loaded
from pellucid.cli.printing import print_drawn
from pellucid.cli.progress import progress
from pellucid.cli.shared import Device, Dtype, Kernel, Quiet, Revision, Width, load_options

if TYPE_CHECKING:
    from pellucid.core.figure import Part

__all__ = ["doctor"]

Rows = list[tuple[str, str]]


def doctor(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="Also load this model and check its arithmetic.", show_default=False
        ),
    ] = None,
    device: Device = None,
    dtype: Dtype = None,
    revision: Revision = None,
    attn_implementation: Kernel = None,
    width: Width = None,
    quiet: Quiet = False,
) -> None:
    """What is installed, what this machine has, and whether a model keeps its promises.

    Exit code 1 if a check of the model fails.
    """
    from pellucid.core.figure import Figure, Table

    failed = False
    with progress(quiet) as phase:
        phase("Looking around")
        headings = ("", "")
        parts: list[Part] = [Table(headings, tuple(rows)) for rows in (_versions(), _machine(), _bundled())]
        parts += [Table(("extra", "installed"), tuple(rows)) for rows in [_extras()] if rows]
        if model is not None:
            phase(f"Loading {model}")
            ready = loaded(model, **load_options(device, dtype, revision, attn_implementation))
            phase(f"Checking {model}")
            facts, checks, failed = _model(ready)
            parts += [Table((model, ""), tuple(facts)), Table(("invariant", "", "found"), tuple(checks))]
            parts += [Table(("sites", "layers", "why not"), tuple(_sites(ready)))]
    print_drawn(Figure("Pellucid doctor", tuple(parts)), width)
    if failed:
        raise typer.Exit(1)


def _versions() -> Rows:
    import pellucid
    from pellucid.core.provenance import versions

    return [(name, version) for name, version in {**versions(), "pellucid": pellucid.__version__}.items()]


def _machine() -> Rows:
    import torch

    rows = [("system", f"{platform.system()} {platform.machine()}"), ("devices", ", ".join(_devices()))]
    rows.append(("threads", f"{torch.get_num_threads()} of {os.cpu_count()} cores"))
    return rows + [("memory", words) for words in _memory()]


def _devices() -> Iterator[str]:
    import torch

    yield "cpu"
    for i in range(torch.cuda.device_count()):
        gigabytes = torch.cuda.get_device_properties(i).total_memory / 1e9
        yield f"cuda:{i} ({torch.cuda.get_device_name(i)}, {gigabytes:.0f} GB)"
    if torch.backends.mps.is_available():
        yield "mps"


def _memory() -> Iterator[str]:
    """Free and whole memory, on systems that tell."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        free, whole = os.sysconf("SC_AVPHYS_PAGES") * page, os.sysconf("SC_PHYS_PAGES") * page
    except (AttributeError, ValueError, OSError):
        return
    yield f"{free / 1e9:.1f} GB free of {whole / 1e9:.1f} GB"


def _bundled() -> Rows:
    from pellucid.models.bundled import BUNDLED
    from pellucid.models.huggingface.fingerprint import of_files

    return [(name, f"weights {of_files(folder) or 'missing'}") for name, folder in BUNDLED.items()]


def _extras() -> Rows:
    """Each optional group of packages that Pellucid names, and what of it is missing."""
    try:
        about = metadata.metadata("pellucid")
    except metadata.PackageNotFoundError:
        return []
    needs = about.get_all("Requires-Dist") or []
    rows = []
    for extra in sorted(about.get_all("Provides-Extra") or []):
        wanted = [
            re.split(r"[\s\[<>=!~;(]", n)[0]
            for n in needs
            if re.search(rf"extra\s*==\s*['\"]{extra}['\"]", n)
        ]
        missing = [package for package in wanted if package != "pellucid" and not _installed(package)]
        rows.append((extra, f"no: pip install 'pellucid[{extra}]'" if missing else "yes"))
    return rows


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _model(model: Any) -> tuple[Rows, list[tuple[str, str, str]], bool]:
    from pellucid.models.huggingface.check import check, possible_ablations

    tokenizer, head = model.tokenizer, model.head
    facts = [
        ("class", type(model.module).__name__),
        ("output", f"{', '.join(head.labels)}" if hasattr(head, "labels") else _words(type(head).__name__)),
        ("parameters", f"{model.module.num_parameters():,}"),
        ("runs as", f"{model.dtype} on {model.device}"),
        ("weights", model.fingerprint),
        ("context", "no end" if model.context is None else f"{model.context} tokens"),
        ("vocabulary", f"{model.vocabulary:,}"),
        ("tokenizer", f"{type(tokenizer).__name__}, {'fast' if tokenizer.is_fast else 'slow'}"),
        ("mask token", tokenizer.mask_token or "none"),
        ("ablations", ", ".join(possible_ablations(model))),
    ]
    found = check(model)
    checks = [(c.name, ("ok" if c.ok else "FAILED") if c.applies else "none", c.found) for c in found]
    return facts, checks, not all(c.ok for c in found)


def _sites(model: Any) -> list[tuple[str, str, str]]:
    """Which layers have each point of sites, and why the others do not."""
    from pellucid.core.errors import UnsupportedModel
    from pellucid.models.huggingface.check_inside import points_of

    try:
        found = points_of(model)
    except UnsupportedModel as error:
        return [("none", "", str(error))]
    return [(p.point, _layers(p.layers, p.of), p.reason) for p in found]


def _layers(there: tuple[int, ...], of: int) -> str:
    if len(there) in (0, of):
        return f"all {of}" if there else "none"
    return f"{', '.join(map(str, there))} of {of}"


def _words(class_name: str) -> str:
    """``EncoderDecoderHead`` -> ``encoder decoder``."""
    return " ".join(re.findall("[A-Z][a-z]+", class_name.removesuffix("Head"))).lower()
