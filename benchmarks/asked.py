"""What the command line asked for, as every study needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """Threads and runs of each side, the peers to use (None: all of them), and where figures are kept."""

    threads: int
    runs: int
    peers: tuple[str, ...] | None
    results: Path

    def peers_of(self, names: Iterable[str]) -> list[str]:
        """Those of these peers that may be used, each once."""
        return sorted({name for name in names if self.peers is None or name in self.peers})
