"""What `pellucid serve` is told: which models, where it listens, and how much it takes on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DEFAULT_MODELS", "DEFAULT_PORT", "LOOPBACK", "Settings"]

DEFAULT_MODELS = ("demo-lm", "demo-sentiment")
DEFAULT_PORT = 8321
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Settings:
    """``models``: the only ones that can be asked for. ``load_options``: go to `pellucid.load`, for each.

    ``ready``: of some of them, what they are: a model that is loaded, or where its files are, if its name is another.

    ``max_tokens``: of a text and its answer together. ``queue``: jobs that may wait for one model, ``per_client`` those
    of one client. ``kept``: jobs that are over and can still be read, of ``kept_bytes`` together at most.
    """

    models: tuple[str, ...] = DEFAULT_MODELS
    load_options: Mapping[str, Any] = field(default_factory=dict)
    ready: Mapping[str, Any] = field(default_factory=dict, repr=False)
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    max_tokens: int = 2048
    queue: int = 64
    per_client: int = 16
    kept: int = 200
    kept_bytes: int = 256_000_000

    @property
    def max_characters(self) -> int:
        """Of all texts of a request together: what is longer has too many tokens in any language."""
        return 20 * self.max_tokens

    @property
    def remote(self) -> bool:
        """Whether other machines can reach it."""
        return self.host not in LOOPBACK
