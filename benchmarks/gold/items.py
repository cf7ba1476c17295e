"""Texts with gold rationales, and whether the rationale holds for the model that is asked.

A gold rationale says what should matter. It counts as truth about a model only if the model answers right, changing
the rationale turns its answer, and changing the rest leaves it. The rows of demo-lm say so themselves (`verified`);
those of demo-sentiment are verified here: the deciding adjectives are exchanged for ones of the opposite kind, or all
other nouns and adjectives for others of their kind.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from pellucid.models.bundled import BUNDLED
from training.demo_sentiment.grammar import EVALUATION_WORDS

__all__ = ["Item", "chosen", "verified"]

Spans = tuple[tuple[int, int], ...]
TRIES = 3  # changes of each sort that a verified rationale has to stand


@dataclass(frozen=True)
class Item:
    """One text, the answer to explain rather than the foil, and the characters that should decide between them."""

    kind: str
    prompt: str
    answer: str
    foil: str
    rationale: Spans


def verified(name: str, model: Any) -> list[Item]:
    """The rows of a bundled model's evaluation set whose rationale holds for the model."""
    lines = (BUNDLED[name] / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    if name == "demo-sentiment":
        rng = random.Random(0)
        return [item for item in map(_item, rows) if _holds(item, model, rng)]
    return [_item(row) for row in rows if row["verified"]]


def chosen(items: list[Item], count: int, seed: int) -> list[Item]:
    """A sample in which every kind has its turn, the same for the same seed."""
    kinds: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        kinds[item.kind].append(item)
    rng = random.Random(seed)
    shuffled = [rng.sample(kinds[kind], len(kinds[kind])) for kind in sorted(kinds)]
    turns = chain.from_iterable(zip_longest(*shuffled))
    return [item for item in turns if item is not None][:count]


def _item(row: dict[str, Any]) -> Item:
    spans = tuple((int(a), int(b)) for a, b in row["rationale"])
    return Item(row["meta"].get("kind", row["task"]), row["prompt"], row["answer"], row["foil"], spans)


def _holds(item: Item, model: Any, rng: random.Random) -> bool:
    turned = [_rewritten(item, _opposite, True, rng) for _ in range(TRIES)]
    kept = [_rewritten(item, _alike, False, rng) for _ in range(TRIES)]
    said = model.generate([item.prompt, *turned, *kept])
    return said == [item.answer] + [item.foil] * TRIES + [item.answer] * TRIES


def _rewritten(
    item: Item, exchange: Callable[[str, random.Random], str], inside: bool, rng: random.Random
) -> str:
    """The prompt with the words of the lexicon inside the rationale, or outside it, exchanged."""

    def put(found: re.Match[str]) -> str:
        decides = any(a <= found.start() < b for a, b in item.rationale)
        return exchange(found[0], rng) if decides == inside else found[0]

    return re.sub(r"\w+", put, item.prompt)


def _opposite(word: str, rng: random.Random) -> str:
    for label, adjectives in enumerate(EVALUATION_WORDS.adjectives):
        if word in adjectives:
            return rng.choice(EVALUATION_WORDS.adjectives[1 - label])
    return word


def _alike(word: str, rng: random.Random) -> str:
    many = word.endswith("s") and word[:-1] in EVALUATION_WORDS.nouns
    for kind in _kinds():
        if word.removesuffix("s" if many else "") in kind:
            return rng.choice(kind) + "s" * many
    return word


def _kinds() -> Iterator[tuple[str, ...]]:
    yield EVALUATION_WORDS.nouns
    yield from EVALUATION_WORDS.adjectives
