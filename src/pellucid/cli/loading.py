"""A model for a command, loaded without waste."""

from __future__ import annotations

import gc
from typing import Any

__all__ = ["loaded"]


def loaded(name: str, **options: Any) -> Any:
    """What `pellucid.load` gives.

    Importing torch and transformers makes a great many objects and hardly any garbage; looking for it took a
    fifth of the time that a command needs to start.
    """
    gc.disable()
    try:
        from pellucid.models.load import load

        return load(name, **options)
    finally:
        gc.freeze()
        gc.enable()
