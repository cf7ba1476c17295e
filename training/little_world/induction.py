"""Induction: a list of random words, and the same list again: now every word is determined.

Nothing is held out, since every list is new. Rationale: in the first list, the word before the answer and the
answer; in the second one, the last word read. Olsson et al. (2022), "In-context learning and induction heads".
"""

import random

from training.little_world.markup import Example, render
from training.little_world.splits import Split
from training.little_world.tables.geography import COUNTRIES
from training.little_world.tables.people import NAMES, PLACES
from training.little_world.tables.words import (
    ASPECTS,
    ATTRACTORS,
    BAD,
    EVENTS,
    GOOD,
    LABEL_PAIRS,
    NEW_LABEL_PAIRS,
    OPPOSITES,
    SUBJECTS,
)

_PAIRS = SUBJECTS + ATTRACTORS + OPPOSITES + LABEL_PAIRS + NEW_LABEL_PAIRS
WORDS = sorted(
    {word for pair in _PAIRS for word in pair}
    | {word for word in [*PLACES, *ASPECTS, *GOOD, *BAD, *EVENTS, *NAMES] if " " not in word}
    | {country.capital for country in COUNTRIES if " " not in country.capital}
)


def example(rng: random.Random, split: Split) -> Example:
    """A list of 6 to 29 different words and its repetition up to a random place."""
    words = rng.sample(WORDS, rng.randrange(6, 30))
    stop = rng.randrange(3, len(words))
    first = "".join(
        f" [{word}]" if place in (stop - 1, stop) else f" {word}" for place, word in enumerate(words)
    )
    again = "".join(
        f"< [{word}]>" if place == stop - 1 else f"< {word}>" for place, word in enumerate(words[:stop])
    )
    rest = "".join(f"< {word}>" for word in words[stop + 1 :])
    foil = rng.choice([word for word in words if word != words[stop]])
    return render("induction", f"~{first}~{again}| {words[stop]}|{rest}", foil=f" {foil}", period=len(words))
