"""The figures that are kept: one JSON file a piece of work, with the machine and the versions they belong to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peer import Peer
from benchmarks.timing import machine
from pellucid.core.provenance import versions

__all__ = ["RESULTS", "circumstances", "every", "keep", "kept"]

RESULTS = Path(__file__).parent / "results"


def circumstances(threads: int, peers: Iterable[Peer] = ()) -> dict[str, Any]:
    """What figures depend on besides the code: the machine and the versions on each side."""
    used = {peer.name: peer.versions for peer in sorted(peers, key=lambda peer: peer.name)}
    return {"machine": machine(threads), "versions": versions(), "peers": used}


def keep(folder: Path, name: str, found: dict[str, Any]) -> None:
    """Write the figures of one piece of work in place of its last ones."""
    folder.mkdir(parents=True, exist_ok=True)
    _file(folder, name).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def kept(folder: Path, name: str) -> dict[str, Any] | None:
    """The figures of one piece of work; None where it was not measured."""
    file = _file(folder, name)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def every(folder: Path) -> list[dict[str, Any]]:
    """All figures in the folder, in the order of their names."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.lower().replace(' ', '_')}.json"
