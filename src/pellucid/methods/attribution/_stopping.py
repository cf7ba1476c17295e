"""Draw until the top of the ranking has settled, or until the draws are spent.

With ``until=k`` the draws are looked at after rounds that double. They stop when the intervals of the k
highest credits lie above those of all others. So that looking often does not make chance look settled, these
intervals are wider than the reported ones: their 5% risk is shared out over features and looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.methods.attribution._estimate import Estimate

__all__ = ["check_until", "drawn"]

RISK = 0.05
FIRST_LOOK = 8  # draws; the spread of fewer says little about their error


def drawn(
    gather: Callable[[int, int], np.ndarray],
    estimate: Callable[[np.ndarray], Estimate],
    draws: int,
    until: int | None,
    noun: str,
    first: int = FIRST_LOOK,
) -> tuple[Estimate, tuple[str, ...]]:
    """The estimate from up to ``draws`` draws, and what there is to say about where they stopped.

    ``gather(start, stop)`` returns these draws, stacked; ``estimate`` takes all draws so far, and needs
    ``first`` of them at least.
    """
    done, gathered = 0, []
    for look, stop in enumerate(_looks(draws, until, first), start=1):
        gathered.append(gather(done, stop))
        done = stop
        found = estimate(np.concatenate(gathered))
        if until is not None and _settled(found, until, look):
            return found, (f"The top {until} had settled after {done} of {draws} {noun}.",)
    notes = () if until is None else (f"The top {until} have not settled after all {draws} {noun}.",)
    return found, notes


def check_until(until: int | None, ranked: int, noun: str = "features") -> None:
    """Refuse a top that cannot be told from the rest because there is none."""
    if until is not None and not 1 <= until < ranked:
        raise BadOption(f"until={until}: of {ranked} {noun}, a top of 1 to {ranked - 1} can settle.")


def _looks(draws: int, until: int | None, first: int) -> Iterator[int]:
    """The numbers of draws after which to look: twice as many each time, at last all."""
    at = max(first, FIRST_LOOK)
    while until is not None and at < draws:
        yield at
        at *= 2
    yield draws


def _settled(found: Estimate, until: int, look: int) -> bool:
    """Whether the top lies above the rest. The risks 1/(look (look + 1)) of all looks add up to 1."""
    credit = found.credit[-1]
    reach = found.reach(RISK / (credit.size * look * (look + 1)))[-1]
    order = np.argsort(-credit, kind="stable")
    top, rest = order[:until], order[until:]
    return bool((credit - reach)[top].min() > (credit + reach)[rest].max())
