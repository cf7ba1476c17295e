"""Few-shot mappings: only the demonstrations say which relation is wanted.

"Q: France A: Paris / Q: Japan A: Tokyo / Q: Peru A:" Held out: 1 in 10 (relation, query) pairs are never the
query; for ``new_wording``, a format. Rationale: the demonstrated answers and the query.
"""

import random

from training.little_world.facts import FACTS
from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.words import OPPOSITES

RELATIONS: dict[str, list[tuple[str, str]]] = {
    "capital": FACTS["capital"],
    "continent": FACTS["continent"],
    "language": FACTS["language"],
    "country": FACTS["capital_of"],
    "antonym": OPPOSITES + [(second, first) for first, second in OPPOSITES],
    "next": [(str(number), str(number + 1)) for number in range(1, 60)],
}
_SHARE = {"capital": 4, "continent": 4, "language": 3, "country": 2, "antonym": 2, "next": 1}
TRAINED = ["Q: {x} A:{y}\n", "Input: {x} Output:{y}\n"]
NEW = ["{x} A:{y}\n"]


def example(rng: random.Random, split: Split, relation: str | None = None) -> Example:
    """Two to five demonstrations of a relation (drawn when None) and a query."""
    chosen = relation or rng.choices(list(_SHARE), list(_SHARE.values()))[0]
    pool = RELATIONS[chosen]

    def make() -> tuple[tuple[object, ...], tuple[str, str]]:
        pair = rng.choice(pool)
        return ("mapping", chosen, pair[0]), pair

    query, answer = draw(split, make)
    shown = [pair for pair in rng.sample(pool, rng.choice([3, 4, 5])) if pair[0] != query]
    line = wording(rng, split, TRAINED, NEW)
    block = ""
    for place, (x, y) in enumerate(shown):
        # The first answer shows the relation; the later ones follow from it.
        block += line.format(x=x, y=f"< [{y}]>" if place else f" [{y}]")
    block += line.format(x=f"[{query}]", y=f"| {answer}|").rstrip("\n")
    wrong = [y for _, y in pool if y.split()[0] != answer.split()[0]]
    return render(f"mapping_{chosen}", block, foil=f" {rng.choice(wrong)}", query=query, shots=len(shown))
