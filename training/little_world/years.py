"""Greater than: "The war lasted from the year 17[32] to the year 17|" must go on with 33 to 99.

The end year is drawn evenly from the later ones, so a good model spreads its probability over them; the answer of
an example is one of many, and the score is the probability of all valid years together.
Held out: 1 in 10 (noun, century, year) triples; for ``new_wording``, whole templates. Rationale: the start year.
Hanna et al. (2023), "How does GPT-2 compute greater-than?".
"""

import random

from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.words import EVENTS

TRAINED = [
    "The {n} lasted from the year {c}[{y}] to the year {c}|{z}|.",
    "The {n} lasted from the year {c}[{y}] to the year {c}|{z}|.",
    "The {n} lasted from the year {c}[{y}] to the year {c}|{z}|.",
    "The {n} went on from the year {c}[{y}] to the year {c}|{z}|.",
    "The {n} continued from the year {c}[{y}] to the year {c}|{z}|.",
]
NEW = ["Everyone knows that the {n} lasted from the year {c}[{y}] to the year {c}|{z}|."]


def example(rng: random.Random, split: Split) -> Example:
    """An event with the year it began and a later year of the same century."""

    def make() -> tuple[tuple[object, ...], tuple[str, int, int]]:
        noun, century, year = rng.choice(EVENTS), rng.randrange(11, 20), rng.randrange(2, 99)
        return ("gt", noun, century, year), (noun, century, year)

    noun, century, start = draw(split, make)
    end, foil = rng.randrange(start + 1, 100), rng.randrange(start)
    markup = wording(rng, split, TRAINED, NEW).format(n=noun, c=century, y=f"{start:02d}", z=f"{end:02d}")
    return render("years", markup, foil=f"{foil:02d}", noun=noun, century=century, start=start)
