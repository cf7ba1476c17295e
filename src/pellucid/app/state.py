"""What the routes work on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pellucid.app.jobs import Jobs
from pellucid.app.limits import Limits
from pellucid.app.outcome import Outcome
from pellucid.app.served import Served

__all__ = ["State"]

DRAWERS = 2  # threads: more would only take the interpreter from each other, and from whoever asks


@dataclass(frozen=True)
class State:
    """The models, the jobs, and how much text is read."""

    served: Served
    jobs: Jobs
    limits: Limits
    _aside: Executor = field(
        default_factory=lambda: ThreadPoolExecutor(DRAWERS, "pellucid draws"), repr=False
    )

    async def aside(self, work: Callable[..., bytes | Outcome], *given: Any) -> Any:
        """What ``work`` gives, done where it keeps nobody waiting: figures and files take a moment."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, work, *given)
