"""What the routes work on."""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid.app.aside import Aside
from pellucid.app.jobs import Jobs
from pellucid.app.limits import Limits
from pellucid.app.served import Served

__all__ = ["State"]

DRAWERS = 2  # threads: more would only take the interpreter from each other, and from whoever asks


@dataclass(frozen=True)
class State:
    """The models, the jobs, how much text is read; who makes figures and files, and who pictures.

    A picture of a long text takes many seconds, so pictures wait for each other alone.
    """

    served: Served
    jobs: Jobs
    limits: Limits
    aside: Aside = field(default_factory=lambda: Aside("pellucid draws", DRAWERS), repr=False)
    paint: Aside = field(default_factory=lambda: Aside("pellucid paints", 1), repr=False)

    def close(self) -> None:
        """Cancel all work, and tell all who wait. From any thread."""
        self.jobs.close()
        self.aside.close()
        self.paint.close()
