"""When the memory is full."""

from __future__ import annotations

import torch

__all__ = ["is_out_of_memory"]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether smaller batches would help. CUDA has a class for it; the CPU allocator only says so."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
