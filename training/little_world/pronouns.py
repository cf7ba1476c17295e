"""Pronouns: "Yesterday [Mary] was late because| she| missed the bus."

Held out: 1 in 10 (name, wording) pairs; for ``new_wording``, whole templates. Rationale: the name.
"""

import random

from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.people import NAMES, OBJECTS, PLACES, gender

TRAINED = [
    "Yesterday {n} was late because|{p}| missed the bus.",
    "When {n} came home,|{p}| was very tired.",
    "My friend {n} said that|{p}| likes tea.",
    "At the {place}, {n} was happy because|{p}| found {object}.",
    "The teacher told {n} that|{p}| did well.",
    "Today {n} bought {object}, and then|{p}| went home.",
]
NEW = ["When {n} found {object},|{p}| was happy.", "Today {n} said that|{p}| was tired."]


def example(rng: random.Random, split: Split) -> Example:
    """A sentence with a name and the pronoun that stands for it."""

    def make() -> tuple[tuple[object, ...], tuple[str, str]]:
        name, template = rng.choice(NAMES), wording(rng, split, TRAINED, NEW)
        place = TRAINED.index(template) if template in TRAINED else template
        return ("pronoun", name, place), (name, template)

    name, template = draw(split, make)
    pronoun, foil = (" she", " he") if gender(name) == "female" else (" he", " she")
    markup = template.format(n=f"[{name}]", p=pronoun, place=rng.choice(PLACES), object=rng.choice(OBJECTS))
    return render("pronoun", markup, foil=foil, name=name)
