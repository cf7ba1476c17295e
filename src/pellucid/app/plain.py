"""JSON in ASCII: a text may hold what is no character of UTF-8, and its answer is still sent."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse

__all__ = ["Plain"]


class Plain(JSONResponse):
    """Plain data. Raises `ValueError` for NaN, which is no JSON."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
