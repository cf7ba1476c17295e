"""What the routes work on."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.app.jobs import Jobs
from pellucid.app.limits import Limits
from pellucid.app.served import Served

__all__ = ["State"]


@dataclass(frozen=True)
class State:
    """The models, the jobs, and how much text is read."""

    served: Served
    jobs: Jobs
    limits: Limits
