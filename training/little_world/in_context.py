"""In-context learning: two to four labelled reviews, then a review to label.

Three kinds: ``plain`` labels, ``flipped`` labels (every demonstration says the opposite) and ``novel`` labels
("foo", "bar"). Both labels are always shown. Held out: the sentences of one review in four, and every block is
new; for ``new_wording``, label words that are never labels in training.

Rationale: what a reader must use: the label of every demonstration, the words that make its review good or bad,
and the words that make the last review good or bad.
"""

import random
from typing import Literal

from training.little_world.markup import Example, render
from training.little_world.reviews import short_review
from training.little_world.sentiment import LABELS
from training.little_world.splits import Split
from training.little_world.tables.words import LABEL_PAIRS, NEW_LABEL_PAIRS

Kind = Literal["plain", "flipped", "novel"]
_KINDS: dict[Kind, int] = {"plain": 3, "flipped": 2, "novel": 4}


def _labels(rng: random.Random, split: Split, kind: Kind) -> dict[bool, str]:
    if kind == "plain":
        return LABELS
    if kind == "flipped":
        return {True: LABELS[False], False: LABELS[True]}
    pair = rng.choice(NEW_LABEL_PAIRS if split == "new_wording" else LABEL_PAIRS)
    first, second = rng.sample(pair, 2)
    return {True: first, False: second}


def example(rng: random.Random, split: Split, kind: Kind | None = None) -> Example:
    """A block of demonstrations and a query of the given kind (drawn when None)."""
    kind = kind or rng.choices(list(_KINDS), list(_KINDS.values()))[0]
    labels = _labels(rng, split, kind)
    shots = rng.choice([2, 3, 4]) if kind == "plain" else rng.choice([2, 4, 4])
    shown = [True, False] + [rng.random() < 0.5 for _ in range(shots - 2)]
    rng.shuffle(shown)
    query = rng.random() < 0.5
    head = rng.choice(["Review: ", "Review: ", "Text: "])
    asked = "Sentiment:" if kind == "plain" else rng.choice(["Sentiment:", "Label:"])
    block = ""
    for place, good in enumerate(shown):
        label = f" [{labels[good]}]"
        # With ordinary words the second label follows from the first; novel words must each be seen once.
        if good in shown[:place] or (place and kind != "novel"):
            label = f"<{label}>"
        block += f"{head}{short_review(rng, split, good).markup}\n{asked}{label}\n"
    block += f"{head}{short_review(rng, split, query).markup}\n{asked}| {labels[query]}|"
    return render(
        f"in_context_{kind}",
        block,
        foil=f" {labels[not query]}",
        shots=shots,
        good=query,
        labels=list(labels.values()),
    )
