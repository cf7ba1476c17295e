"""Which weights are these: a hash of the files, of every live number, or of enough numbers to notice an edit.

Files are hashed whole; the hash is kept in the user's cache by path, size and time of change, so a large
model is read once. A live model has no files that must be what runs, so its numbers are hashed: all of them
for a fingerprint, and a line through each matrix before every answer, which is how the memo notices that a
model was trained or edited in between.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

__all__ = ["of_files", "of_module", "state_of"]

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
# Numbers are added up in this many columns. A prime, so that rows or columns that change places change the sums.
COLUMNS = 1021
# The longest line through one tensor; a vocabulary has a few hundred thousand rows.
LINE = 2**18


def of_files(folder: Path) -> str | None:
    """First 16 hex digits of the SHA-256 of a folder's weight files; None where there are none."""
    files = next((found for pattern in WEIGHTS if (found := sorted(folder.glob(pattern)))), [])
    if not files:
        return None
    return _digest(_file_hash(f).encode() for f in files)


def of_module(module: Any) -> str:
    """``live:`` and a hash over every number of the model, the same on every device."""
    return "live:" + _digest(_bytes([(t, _column_sums(t)) for t in _tensors(module)]))


def state_of(module: Any) -> str:
    """A hash that is cheap enough to ask before every answer, and good within this process.

    It reads one number of every row and column of each tensor, and PyTorch's count of in-place changes. What it
    cannot see is a change of single numbers behind PyTorch's back (through ``.data``).
    """
    tensors = _tensors(module)
    versions = [(t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors]
    return _digest([repr(versions).encode(), *_bytes([(t, _line(t)) for t in tensors])])


def _tensors(module: Any) -> list[Tensor]:
    """Parameters and saved buffers that are in memory (weights on disk or in transit are on no device)."""
    saved = module.state_dict(keep_vars=True).values()
    return [t for t in saved if isinstance(t, Tensor) and not t.is_meta and t.numel()]


@torch.no_grad()
def _line(tensor: Tensor) -> Tensor:
    """A diagonal through the tensor as a matrix, wrapped around until it has met every row and column."""
    matrix = tensor.detach().reshape(-1, tensor.shape[-1] if tensor.ndim else 1)
    at = torch.arange(min(max(matrix.shape), LINE), device=tensor.device)
    return matrix[at % matrix.shape[0], at % matrix.shape[1]]


@torch.no_grad()
def _column_sums(tensor: Tensor) -> Tensor:
    """The tensor's bits as integers, added up in `COLUMNS` columns; integers do so exactly, in any order."""
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    raw = (
        raw.clone() if raw.storage_offset() % 4 else raw
    )  # four bytes are read as one from an even place only
    numbers = raw.view(torch.int32) if len(raw) % 4 == 0 else raw.int()
    whole = len(numbers) // COLUMNS * COLUMNS
    sums = numbers[:whole].view(-1, COLUMNS).sum(0, dtype=torch.int32)
    return torch.cat([sums, numbers[whole:]])


def _bytes(read: Iterable[tuple[Tensor, Tensor]]) -> list[bytes]:
    """Kind and shape of each tensor, and what was read of it, brought from each device at once."""
    found: list[bytes] = []
    by_device: dict[torch.device, list[Tensor]] = {}
    for tensor, numbers in read:
        found.append(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        by_device.setdefault(numbers.device, []).append(numbers.contiguous().view(torch.uint8).reshape(-1))
    return found + [torch.cat(pieces).cpu().numpy().tobytes() for pieces in by_device.values()]


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
