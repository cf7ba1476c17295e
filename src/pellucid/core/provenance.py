"""Where a result comes from: enough to make it again, and to know what it cost."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata

__all__ = ["Provenance", "versions"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The record beside every explanation and score. ``options`` holds plain values only.

    ``fingerprint`` is the hash of the weights. ``seconds`` is wall time; ``forwards`` counts sequences read
    by the model, ``calls`` the batches they were read in, ``tokens`` all tokens in them, padding included.
    ``notes`` are things a reader of the result must know (a method that did not converge, say).
    """

    model: str
    fingerprint: str
    by: str
    options: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None
    dtype: str = ""
    device: str = ""
    seconds: float = 0.0
    forwards: int = 0
    backwards: int = 0
    calls: int = 0
    tokens: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {**asdict(self), "notes": list(self.notes)}

    @staticmethod
    def from_dict(data: Mapping) -> Provenance:
        """The inverse of `as_dict`."""
        return Provenance(**{**data, "notes": tuple(data["notes"])})


def versions() -> dict[str, str]:
    """The versions that numbers depend on."""
    return dict(_versions())


@cache
def _versions() -> Mapping[str, str]:
    """They are read from files: once is enough."""
    found = {"python": platform.python_version()}
    for package in ("pellucid", "numpy", "torch", "transformers"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found
