"""What is recommended for a goal: methods with their reasons, what they scored here, and what they cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pellucid.core.registry import renderer

__all__ = ["Choice", "Measured", "Recommendation"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a method scored on the texts of one bundled model, `docs/which_method.md`.

    ``found``: the share of the words known to decide that it finds, with its 95% interval, and ``random``, what random
    rankings find; ``passes``, forwards and backwards a text, and ``seconds`` of one CPU core.
    """

    model: str
    texts: int
    found: float
    low: float
    high: float
    random: float
    beats_random: bool
    passes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One method: the access it needs, why it fits, what it cannot do, its cost in words, and what it scored here."""

    name: str
    access: str
    why: str
    cannot: str
    cost: str
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Methods for a goal, best first; those that what was asked leaves out, with the reason; and what to mind."""

    goal: str
    question: str
    choices: tuple[Choice, ...]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return asdict(self)

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)
