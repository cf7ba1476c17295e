"""The named cases the model is tested on: which generator, with which arguments, keeping which examples."""

import random
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

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
)
from training.little_world.markup import Example
from training.little_world.mixture import Generator
from training.little_world.splits import Split

_ATTEMPTS_EACH = 20


def _any(_: Example) -> bool:
    return True


class Case(NamedTuple):
    """A generator and the examples of it that belong to the case."""

    generate: Generator
    keep: Callable[[Example], bool] = _any
    has_new_wording: bool = True


def _cases() -> dict[str, Case]:
    cases = {f"fact_{name}": Case(partial(facts.example, relation=name)) for name in facts.FACTS}
    story = indirect_object.example
    cases["indirect_object"] = Case(story)
    for order in ("ABBA", "BABA"):
        cases[f"indirect_object_{order}"] = Case(partial(story, order=order, distractors=[]))
    for kind in ("earlier_giver", "earlier_receiver", "earlier_absent", "aside", "first"):
        cases[f"indirect_object_{kind}"] = Case(partial(story, distractors=[kind]))
    cases["pronoun"] = Case(pronouns.example)
    cases["sentiment"] = Case(sentiment.example)
    instructed = partial(sentiment.example, template=sentiment.INSTRUCTION)
    cases["sentiment_instruction"] = Case(instructed, has_new_wording=False)
    cases["sentiment_negated"] = Case(sentiment.example, lambda e: bool(e.meta["negated"]))
    cases["sentiment_contrast"] = Case(sentiment.example, lambda e: bool(e.meta["contrast"]))
    for kind in ("plain", "flipped", "novel"):
        case = partial(in_context.example, kind=kind)
        cases[f"in_context_{kind}"] = Case(case, has_new_wording=kind == "novel")
    for name in mapping.RELATIONS:
        cases[f"mapping_{name}"] = Case(partial(mapping.example, relation=name))
    for mode in ("direct", "steps", "planted_error"):
        cases[f"arithmetic_{mode}"] = Case(partial(arithmetic.example, mode=mode))
    cases["single_step"] = Case(arithmetic.single_step, has_new_wording=False)
    cases["agreement"] = Case(agreement.example)
    cases["agreement_attractor"] = Case(agreement.example, lambda e: bool(e.meta["attractor"]))
    cases["induction"] = Case(induction.example, has_new_wording=False)
    elsewhere: Callable[[Example], bool] = lambda e: e.meta["ward"] != clinic.SHORTCUT_WARD  # noqa: E731
    cases["clinic_other_wards"] = Case(clinic.example, elsewhere)
    cases["clinic_other_wards_conflict"] = Case(
        clinic.example, lambda e: elsewhere(e) and bool(e.meta["conflict"])
    )
    shortcut = partial(clinic.example, ward=clinic.SHORTCUT_WARD)
    cases["clinic_shortcut_conflict"] = Case(shortcut, lambda e: bool(e.meta["conflict"]))
    cases["clinic_shortcut_ward_grey"] = Case(partial(shortcut, stamp="grey"))
    return cases


CASES = _cases()


def examples(name: str, split: Split, count: int, seed: int) -> list[Example]:
    """At most ``count`` different examples of a case, the same for the same seed; fewer where there are no more."""
    rng, case = random.Random(f"{seed}/{name}/{split}"), CASES[name]
    found: dict[str, Example] = {}
    for _ in range(_ATTEMPTS_EACH * count):
        if len(found) == count:
            break
        drawn = case.generate(rng, split)
        if case.keep(drawn):
            found.setdefault(drawn.prompt, drawn)
    return list(found.values())
