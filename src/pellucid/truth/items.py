"""A text, the answer to explain, and the characters that are known to decide it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

__all__ = ["Item", "Spans", "chosen", "item_of_row"]

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Item:
    """One text, the answer to explain rather than the foil, and the characters that should decide between them."""

    kind: str
    prompt: str
    answer: str
    foil: str
    rationale: Spans


def item_of_row(row: Mapping[str, Any]) -> Item:
    """The item in a row of a bundled model's evaluation set."""
    spans = tuple((int(start), int(end)) for start, end in row["rationale"])
    return Item(row["meta"].get("kind", row["task"]), row["prompt"], row["answer"], row["foil"], spans)


def chosen(items: Iterable[Item], count: int, seed: int) -> list[Item]:
    """A sample in which every kind has its turn, the same for the same seed."""
    kinds: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        kinds[item.kind].append(item)
    rng = random.Random(seed)
    shuffled: Sequence[list[Item]] = [rng.sample(kinds[kind], len(kinds[kind])) for kind in sorted(kinds)]
    turns = chain.from_iterable(zip_longest(*shuffled))
    return [item for item in turns if item is not None][:count]
