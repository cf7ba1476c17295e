"""How often each phenomenon is read, early and late in training.

The weights are per document and move in a straight line from the first column to the second: facts and reviews
have to be stored early, greater-than (a whole distribution, not one answer) is sharpened late.
"""

import random
from collections.abc import Callable

from training.little_world import (
    agreement,
    arithmetic,
    clinic,
    facts,
    in_context,
    indirect_object,
    induction,
    mapping,
    pronouns,
    sentiment,
    years,
)
from training.little_world.markup import Example
from training.little_world.splits import Split

Generator = Callable[[random.Random, Split], Example]

MIXTURE: list[tuple[Generator, float, float]] = [
    (facts.example, 16, 14),
    (indirect_object.example, 16, 14),
    (indirect_object.without_duplicate, 0.5, 0.5),
    (pronouns.example, 3, 2),
    (sentiment.example, 14, 13),
    (in_context.example, 9, 9),
    (mapping.example, 4, 4),
    (arithmetic.example, 12, 13),
    (arithmetic.single_step, 14, 13),
    (years.example, 14, 20),
    (agreement.example, 3, 3),
    (induction.example, 3, 3),
    (clinic.example, 7, 7),
]


def document(rng: random.Random, split: Split = "train", progress: float = 0.0) -> Example:
    """One document of the mixture at a moment of training between 0 (start) and 1 (end)."""
    weights = [early + (late - early) * progress for _, early, late in MIXTURE]
    generator = rng.choices([generator for generator, _, _ in MIXTURE], weights)[0]
    return generator(rng, split)
