"""Indirect objects: two friends are somewhere together, one gives something to ... the other.

"When [Mary] and [John] went to the store, [John] gave a drink to| Mary|." The receiver is the friend who is not
giving. Distractors keep shortcuts from working: an earlier sentence repeats the giver, the receiver or somebody
else ("not the name that came twice"); somebody absent is named just before the end ("not the last name"); the
giver does several things first ("not the name before the verb").

Held out: 1 in 10 unordered pairs of names; for ``new_wording``, whole openings. Rationale: the two friends where
they are introduced, and the giver. Wang et al. (2022), "Interpretability in the wild".
"""

import random

from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.people import NAMES, OBJECTS, PLACES

TRAINED_OPENINGS = [
    "When {a} and {b} went to the {place}, ",
    "When {a} and {b} got {object} at the {place}, ",
    "Then, {a} and {b} went to the {place}. ",
    "Then, {a} and {b} were working at the {place}. ",
    "Then, {a} and {b} had a long argument at the {place}, and afterwards ",
    "After {a} and {b} went to the {place}, ",
    "While {a} and {b} were at the {place}, ",
    "Yesterday {a} and {b} met at the {place}. Later ",
    "The friends {a} and {b} found {object} at the {place}. ",
    "Today {a} and {b} were sitting in the {place} when ",
    "Afterwards, {a} and {b} left the {place}, and ",
    "In the morning {a} and {b} walked to the {place}, where ",
    "At the {place}, {a} talked to {b} for a while, and then ",
]
NEW_OPENINGS = [
    "When {a} and {b} left the {place}, ",
    "In the morning {a} met {b} at the {place}. Later ",
    "Yesterday {a} and {b} walked to the {place}, and then ",
]
_GIVING = [
    "gave {object} to",
    "decided to give {object} to",
    "handed {object} to",
    "passed {object} to",
    "showed {object} to",
    "offered {object} to",
    "sent {object} to",
    "sold {object} to",
    "said to",
]
# {x}: the giver, the receiver or somebody absent
_EARLIER = [
    "{x} was very tired.",
    "{x} lives near the {place}.",
    "{x} likes the {place}.",
    "It was the birthday of {x}.",
    "{x} had a long day at the {place}.",
]
_MEANWHILE = ["{c} stayed at home.", "{c} was at the {place} all day.", "{c} was too tired to come."]
_ASIDES = [
    ", who knew {c} well,",
    ", who had talked to {c} in the morning,",
    ", a friend of {c},",
    ", after a call from {c},",
]
_FIRST = [
    "sat down for a while and",
    "opened the door, looked at the {place} and",
    "thought about {c}, sat down and",
    "wrote a letter to {c}, left the {place} and",
    "waited for a while, took a photo and",
]


def _distractors(rng: random.Random, opening: str) -> list[str]:
    """Which distractors a document has: none in two of five, else a random handful."""
    if rng.random() < 0.4:
        return []
    kinds = ["earlier_giver", "earlier_receiver", "earlier_absent", "aside", "first"]
    if opening.endswith(". "):
        kinds.append("meanwhile")
    return [kind for kind in kinds if rng.random() < 0.35]


def story(
    rng: random.Random, giver: str, receiver: str, opening: str, distractors: list[str], giver_first: bool
) -> Example:
    """One story; everything but the arguments is drawn from ``rng``."""
    absent = rng.choice([name for name in NAMES if name not in (giver, receiver)])
    people = {"earlier_giver": giver, "earlier_receiver": receiver, "earlier_absent": absent}
    earlier = [
        rng.choice(_EARLIER).replace("{x}", who) for kind, who in people.items() if kind in distractors
    ]
    rng.shuffle(earlier)
    meanwhile = rng.choice(_MEANWHILE) + " " if "meanwhile" in distractors else ""
    aside = rng.choice(_ASIDES) if "aside" in distractors else ""
    first = " " + rng.choice(_FIRST) if "first" in distractors else ""
    giving = rng.choice(_GIVING[:2] if "{object}" in opening else _GIVING)
    if "{object}" in opening:
        giving = giving.replace("{object}", "it")
    opening, later = (
        (opening.removesuffix("Later "), "Later ") if opening.endswith("Later ") else (opening, "")
    )
    markup = "".join(
        [*(f"{s} " for s in earlier), opening, meanwhile, later, "{s}", aside, first, " ", giving, "|{o}|."]
    )
    while "{place}" in markup:
        markup = markup.replace("{place}", rng.choice(PLACES), 1)
    friends = (giver, receiver) if giver_first else (receiver, giver)
    return render(
        "indirect_object",
        markup.format(
            a=f"[{friends[0]}]",
            b=f"[{friends[1]}]",
            s=f"[{giver}]",
            c=absent,
            object=rng.choice(OBJECTS),
            o=f" {receiver}",
        ),
        foil=f" {giver}",
        giver=giver,
        receiver=receiver,
        order="BABA" if giver_first else "ABBA",
        distractors=distractors,
    )


def example(
    rng: random.Random, split: Split, order: str | None = None, distractors: list[str] | None = None
) -> Example:
    """A story; ``order`` fixes ABBA (the receiver is named first) or BABA, ``distractors`` which ones it has."""

    def make() -> tuple[tuple[object, ...], tuple[str, str]]:
        first, second = rng.sample(NAMES, 2)
        return ("ioi", *sorted((first, second))), (first, second)

    giver, receiver = draw(split, make)
    opening = wording(rng, split, TRAINED_OPENINGS, NEW_OPENINGS)
    chosen = _distractors(rng, opening) if distractors is None else distractors
    giver_first = rng.random() < 0.5 if order is None else order == "BABA"
    return story(rng, giver, receiver, opening, chosen, giver_first)


def without_duplicate(rng: random.Random, split: Split) -> Example:
    """The control: a third person gives, so either friend may receive, and no answer is wrong."""
    first, second, third = rng.sample(NAMES, 3)
    plain = story(
        rng, first, second, wording(rng, split, TRAINED_OPENINGS, NEW_OPENINGS), [], rng.random() < 0.5
    )
    start, end = plain.rationale[-1]
    head = "".join(plain.prompt[:start])
    for left, right in reversed(plain.rationale[:-1]):
        head = f"{head[:left]}[{head[left:right]}]{head[right:]}"
    either = rng.choice([plain.answer, plain.foil])
    return render(
        "no_duplicate", f"{head}{third}{plain.prompt[end:]}|{either}|{plain.tail}", friends=[first, second]
    )
