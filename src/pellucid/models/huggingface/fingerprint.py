"""Which weights are these: a hash of the files, or of sampled numbers of a live model.

Files are hashed whole; the hash is kept in the user's cache by path, size and time of change, so a large
model is read once. A live model has no files that must be what runs, so its tensors are sampled: cheap enough
to ask before every answer, which is how the memo notices that a model was trained or edited in between.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

__all__ = ["of_files", "of_module"]

SAMPLES = 16
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def of_files(folder: Path) -> str | None:
    """First 16 hex digits of the SHA-256 of a folder's weight files; None where there are none."""
    files = next((found for pattern in WEIGHTS if (found := sorted(folder.glob(pattern)))), [])
    if not files:
        return None
    return _digest(_file_hash(f).encode() for f in files)


@torch.no_grad()
def of_module(module: Any) -> str:
    """``live:`` and a hash of every tensor's shape and of `SAMPLES` numbers spread over it."""
    pieces = []
    for tensor in [*module.parameters(), *module.buffers()]:
        flat = tensor.detach().reshape(-1)
        step = max(1, len(flat) // SAMPLES)
        pieces.append(flat[::step][:SAMPLES].float())
    if not pieces:
        return "live:empty"
    numbers = torch.cat([p.to(pieces[0].device) for p in pieces]).cpu().numpy()
    return "live:" + _digest([numbers.tobytes()])


def _file_hash(path: Path) -> str:
    real = path.resolve()
    stat = real.stat()
    key = f"{real}|{stat.st_size}|{stat.st_mtime_ns}"
    known = _cached()
    if key not in known:
        with real.open("rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        _cache(known)
    return known[key]


def _cache_file() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid" / "fingerprints.json"


def _cached() -> dict[str, str]:
    try:
        return dict(json.loads(_cache_file().read_text()))
    except (OSError, ValueError):
        return {}


def _cache(known: dict[str, str]) -> None:
    """Keep the hashes. A cache that cannot be written only costs the next run a little time."""
    try:
        _cache_file().parent.mkdir(parents=True, exist_ok=True)
        beside = _cache_file().with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(known))
        beside.replace(_cache_file())
    except OSError:
        return


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()[:16]
