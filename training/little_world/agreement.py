"""Agreement: the verb agrees with its subject, whatever the number of the noun that stands nearer.

"The [keys] near the cabinet| are| very old." Held out: 1 in 10 (subject, other noun) pairs; for ``new_wording``,
whole templates. Rationale: the subject. Linzen et al. (2016).
"""

import random

from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.words import ATTRACTORS, SUBJECTS

TRAINED = [
    "The [{s}] near the {d}",
    "The [{s}] behind the {d}",
    "The [{s}] of the {d}",
    "The [{s}] that the {d} saw",
    "The [{s}] next to the {d}",
    "The [{s}] who met the {d}",
    "The [{s}]",
    "Yesterday I heard that the [{s}] beside the {d}",
    "I think that the [{s}] near the {d}",
]
NEW = ["The [{s}] with the {d}", "My friend said that the [{s}] near the {d}"]
_VERBS = [
    (" is", " are", [" very old.", " here.", " new."]),
    (" was", " were", [" very old.", " here.", " new."]),
    (" has", " have", [" been seen.", " disappeared."]),
]


def example(rng: random.Random, split: Split) -> Example:
    """A subject and, mostly, an attractor of either number; ``meta["attractor"]`` says that the two differ."""

    def make() -> tuple[tuple[object, ...], tuple[tuple[str, str], tuple[str, str]]]:
        subject, other = rng.choice(SUBJECTS), rng.choice(ATTRACTORS)
        return ("agree", subject[0], other[0]), (subject, other)

    subject, other = draw(split, make)
    plural, other_plural = rng.random() < 0.5, rng.random() < 0.5
    singular_verb, plural_verb, endings = rng.choice(_VERBS)
    right, wrong = (plural_verb, singular_verb) if plural else (singular_verb, plural_verb)
    template = wording(rng, split, TRAINED, NEW)
    markup = template.format(s=subject[plural], d=other[other_plural]) + f"|{right}|" + rng.choice(endings)
    attracted = "{d}" in template and plural != other_plural
    return render("agreement", markup, foil=wrong, plural=plural, attractor=attracted)
