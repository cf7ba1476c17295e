"""The evaluation set that ships with the model: a few hundred held-out prompts with their gold rationale.

Each row also says whether the rationale is verified for the model, i.e. whether the model answers right, changing
the rationale changes the answer to what it should become, and changing everything else does not
(see `little_world.counterfactuals`); null where a task has no such counterfactuals.
"""

import json
import random
from pathlib import Path
from typing import Any

from training.demo_lm import scoring
from training.demo_lm.cases import examples
from training.demo_lm.evaluate import Model, Words
from training.little_world import years
from training.little_world.counterfactuals import flips, keeps
from training.little_world.markup import Example
from training.little_world.splits import Split

# case -> rows of the test split, rows in new wordings
_ROWS = {
    "fact_capital": (16, 4),
    "fact_continent": (16, 4),
    "fact_language": (16, 4),
    "fact_landmark_city": (24, 6),
    "fact_landmark_country": (16, 4),
    "fact_city_country": (16, 4),
    "fact_capital_of": (16, 4),
    "indirect_object_ABBA": (16, 4),
    "indirect_object_BABA": (16, 4),
    "indirect_object": (40, 10),
    "pronoun": (12, 3),
    "sentiment": (50, 10),
    "in_context_plain": (10, 0),
    "in_context_flipped": (16, 0),
    "in_context_novel": (16, 8),
    "mapping_capital": (6, 2),
    "mapping_continent": (6, 2),
    "mapping_language": (6, 2),
    "mapping_antonym": (6, 2),
    "arithmetic_direct": (8, 0),
    "arithmetic_steps": (14, 4),
    "arithmetic_planted_error": (14, 0),
    "single_step": (10, 0),
    "agreement": (20, 5),
    "induction": (14, 0),
    "clinic_other_wards": (20, 5),
    "clinic_shortcut_conflict": (16, 4),
    "clinic_shortcut_ward_grey": (10, 0),
}
_YEARS = (20, 5)
_SPLITS: tuple[Split, Split] = ("test", "new_wording")


def drawn(seed: int) -> list[tuple[Split, Example]]:
    """The rows' examples with their split, the same for the same seed."""
    rng = random.Random(f"{seed}/years")
    rows: list[tuple[Split, Example]] = []
    for place, split in enumerate(_SPLITS):
        for name, counts in _ROWS.items():
            rows += [(split, example) for example in examples(name, split, counts[place], seed)]
        rows += [(split, years.example(rng, split)) for _ in range(_YEARS[place])]
    return rows


def verified(model: Model, words: Words, rng: random.Random, example: Example) -> bool | None:
    """Whether the rationale is truth about this model; None where that is not defined."""
    flipped, kept = flips(rng, example), keeps(rng, example)
    if not flipped or not kept:
        return None
    return all(scoring.right(model, words, [example, *flipped, *kept]))


def row(split: Split, example: Example, truth: bool | None) -> dict[str, Any]:
    """One row of the file."""
    return {
        "task": example.task,
        "prompt": example.prompt,
        "answer": example.answer,
        "foil": example.foil,
        "rationale": [list(span) for span in example.rationale],
        "verified": truth,
        "meta": {"split": split, **example.meta},
    }


def write(model: Model, words: Words, seed: int, file: Path) -> None:
    """Draw, verify and write all rows, one JSON object a line."""
    rng = random.Random(seed)
    lines = [json.dumps(row(split, e, verified(model, words, rng, e))) for split, e in drawn(seed)]
    file.write_text("\n".join(lines) + "\n")
