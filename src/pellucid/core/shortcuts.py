"""What a report on shortcuts says: words that go with a label, and whether the model needs them for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer

__all__ = ["Company", "Mean", "ShortcutReport", "Suspect"]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over texts with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Company:
    """A second word without which a suspect does less: its mean excess in texts with that word, and in the others."""

    word: str
    with_it: float
    without_it: float


@dataclass(frozen=True, slots=True)
class Suspect:
    """A word that goes with a label, and what its removal does.

    ``texts`` with the word, ``share`` of them that have the label and ``base``, that of all texts; ``z`` as
    `pellucid.shortcut_report` says. The rest is over ``asked``, the texts with the word that the model gives the
    label: ``attribution`` of the word; ``fall`` of the label's probability without it, ``flips``, the share with
    another answer then; ``other_fall`` and ``other_flips``, the same without as many other words of the text; and
    ``excess``, fall less other_fall, text by text. None where ``asked`` are too few. ``company``: words in
    whose presence the excess is clearly higher, at most 3.

    ``expected``: the reader named it as a good reason.
    """

    word: str
    label: str
    texts: int
    share: float
    base: float
    z: float
    asked: int
    attribution: Mean | None = None
    fall: Mean | None = None
    flips: Mean | None = None
    other_fall: Mean | None = None
    other_flips: Mean | None = None
    excess: Mean | None = None
    company: tuple[Company, ...] = ()
    expected: bool = False

    @property
    def verdict(self) -> str:
        """``shortcut`` where the excess is above 0 by its interval; ``expected`` if the reader said so."""
        if self.excess is None:
            return "too few texts"
        if self.excess.low <= 0:
            return "no effect when removed"
        return "expected" if self.expected else "shortcut"


@dataclass(frozen=True, slots=True)
class ShortcutReport:
    """Suspects, strongest first, among ``texts`` texts.

    ``labels``: the share of each. ``right``: the share of texts to which the model gives the label that the data
    gives; None where the labels are the model's own answers. ``tested``: how many words stand in enough texts.
    """

    suspects: tuple[Suspect, ...]
    labels: Mapping[str, float]
    texts: int
    tested: int
    right: float | None
    provenance: Provenance

    @property
    def shortcuts(self) -> tuple[Suspect, ...]:
        """The suspects that the model was shown to need."""
        return tuple(s for s in self.suspects if s.verdict == "shortcut")

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {
            "texts": self.texts,
            "tested": self.tested,
            "right": self.right,
            "labels": dict(self.labels),
            "suspects": [{**asdict(s), "verdict": s.verdict} for s in self.suspects],
            "provenance": self.provenance.as_dict(),
        }

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)
