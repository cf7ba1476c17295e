"""The little world's generators: rationales, splits, held-out wordings, determinism, counterfactuals."""

import random
import re

import pytest

from training.little_world import (
    agreement,
    arithmetic,
    clinic,
    counterfactuals,
    facts,
    in_context,
    indirect_object,
    mapping,
    pronouns,
    sentiment,
    years,
)
from training.little_world.markup import Example, capitalised, render, without_marks, without_rationale
from training.little_world.mixture import MIXTURE, document
from training.little_world.splits import draw, side
from training.little_world.tables.geography import CITIES, COUNTRIES, LANDMARKS
from training.little_world.tables.people import NAMES
from training.little_world.tables.words import BAD, GOOD, LABEL_PAIRS, NEW_LABEL_PAIRS

SPLITS = ("train", "dev", "test", "new_wording")
GENERATORS = {f"{g.__module__.rsplit('.', 1)[1]}.{g.__name__}": g for g, _, _ in MIXTURE}
TEMPLATES = {
    "facts": ([t for ts in facts.TRAINED.values() for t in ts], [t for ts in facts.NEW.values() for t in ts]),
    "indirect_object": (indirect_object.TRAINED_OPENINGS, indirect_object.NEW_OPENINGS),
    "pronouns": (pronouns.TRAINED, pronouns.NEW),
    "sentiment": (sentiment.TRAINED, sentiment.NEW),
    "mapping": (mapping.TRAINED, mapping.NEW),
    "arithmetic": (
        arithmetic.TRAVEL + arithmetic.SHOP + arithmetic.CHANGE,
        arithmetic.NEW_TRAVEL + arithmetic.NEW_SHOP + arithmetic.NEW_CHANGE,
    ),
    "years": (years.TRAINED, years.NEW),
    "agreement": (agreement.TRAINED, agreement.NEW),
    "clinic": (clinic.TRAINED, clinic.NEW),
}


def why(example: Example) -> list[str]:
    return [example.prompt[start:end] for start, end in example.rationale]


def many(generate, split="train", count=300, seed=0, **fixed) -> list[Example]:
    rng = random.Random(seed)
    return [generate(rng, split, **fixed) for _ in range(count)]


# --- mark-up


def test_markup_reads_into_an_example():
    example = render("fact", "~x~ The [capital] of [France] is| Paris|, <said he>.", foil=" Rome", n=1)
    assert (example.prompt, example.answer, example.tail) == (
        "x The capital of France is",
        " Paris",
        ", said he.",
    )
    assert why(example) == ["capital", "France"]
    assert [example.text[a:b] for a, b in example.targets] == ["said he", " Paris"]
    assert [example.text[a:b] for a, b in example.muted] == ["x"]
    assert example.meta == {"n": 1}


def test_a_rationale_after_the_answer_is_no_rationale():
    assert why(render("t", "[a] b| c| [d]")) == ["a"]


@pytest.mark.parametrize("markup", ["no answer", "one |bar", "[open| answer|", "two| a| and| b|"])
def test_broken_markup_is_refused(markup):
    with pytest.raises(ValueError, match="mark-up"):
        render("t", markup)


def test_marks_can_be_taken_off():
    assert without_marks("<[a]> ~b~| c|") == "a b c"
    assert without_rationale("<[a]>| c|") == "<a>| c|"
    assert capitalised("[the tower]") == "[The tower]"


# --- every generator, every split


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", GENERATORS)
def test_examples_are_well_formed(name, split):
    for example in many(GENERATORS[name], split, 200):
        assert example.answer.strip()
        assert example.answer != example.foil
        assert example.rationale
        for start, end in example.rationale:
            assert 0 <= start < end <= len(example.prompt)
            assert example.prompt[start:end] == example.prompt[start:end].strip()
        assert not re.search(r"[\[\]<>~|{}]", example.text)
        assert (len(example.prompt), len(example.prompt + example.answer)) in example.targets


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_seed_gives_the_same_documents(name):
    assert many(GENERATORS[name], "train", 50, seed=3) == many(GENERATORS[name], "train", 50, seed=3)
    assert many(GENERATORS[name], "train", 50, seed=3) != many(GENERATORS[name], "train", 50, seed=4)


def test_the_mixture_moves_towards_greater_than():
    def share(progress: float) -> float:
        rng = random.Random(0)
        return sum(document(rng, progress=progress).task == "years" for _ in range(4000)) / 4000

    assert share(0.0) < 0.14 < 0.16 < share(1.0)


# --- what the rationale says


def test_a_fact_is_decided_by_its_subject_and_relation():
    for example in many(facts.example, "test"):
        assert example.meta["subject"].lower() in [words.lower() for words in why(example)]
        assert example.answer == f" {example.meta['object']}"
        assert example.foil.split()[0] != example.answer.split()[0]


def test_a_story_is_decided_by_the_friends_and_the_giver():
    for example in many(indirect_object.example, "test"):
        giver, receiver = example.meta["giver"], example.meta["receiver"]
        assert sorted(why(example)[:2]) == sorted([giver, receiver])
        assert why(example)[2:] == [giver]
        assert (example.answer, example.foil) == (f" {receiver}", f" {giver}")


def test_distractors_break_the_easy_ways_to_tell_the_receiver():
    stories = many(indirect_object.example, count=1000)
    names = [[word for word in re.findall(r"\w+", e.prompt) if word in NAMES] for e in stories]
    last_is_giver = [found[-1] == e.meta["giver"] for found, e in zip(names, stories, strict=True)]
    said_once = [found.count(e.meta["receiver"]) == 1 for found, e in zip(names, stories, strict=True)]
    assert 0.5 < sum(last_is_giver) / 1000 < 0.9
    assert 0.5 < sum(said_once) / 1000 < 0.9


def test_a_story_without_a_duplicate_names_three_people():
    for example in many(indirect_object.without_duplicate):
        assert why(example) == example.meta["friends"] or why(example) == example.meta["friends"][::-1]
        third = [w for w in re.findall(r"\w+", example.prompt) if w in NAMES and w not in why(example)]
        assert len(third) == 1
        assert example.foil == ""


def test_a_review_is_decided_by_words_with_a_sentiment():
    for example in many(sentiment.example, "test"):
        assert any(word in GOOD or word in BAD for word in why(example)) or "the" not in why(example)
        if example.meta["negated"]:
            assert {"not", "never", "hardly", "nothing", "Nothing"} & set(why(example))


@pytest.mark.parametrize("kind", ["plain", "flipped", "novel"])
def test_a_block_is_decided_by_its_labels_its_reviews_and_the_query(kind):
    for example in many(in_context.example, "test", kind=kind):
        demonstrations = [
            line for line in example.prompt.split("\n")[:-1] if line.startswith(("Sent", "Lab"))
        ]
        labels = [word for word in why(example) if word in example.meta["labels"]]
        assert labels == [line.split(": ")[1] for line in demonstrations]
        assert set(labels) == set(example.meta["labels"])
        reviews = example.prompt.split("\n")[0::2]
        at = [example.prompt.index(review) for review in reviews]
        for start, review in zip(at, reviews, strict=True):
            assert any(start <= a < start + len(review) for a, _ in example.rationale)


def test_flipped_labels_say_the_opposite():
    for example in many(in_context.example, kind="flipped"):
        assert example.answer == (" negative" if example.meta["good"] else " positive")


def test_a_chain_is_right_and_decided_by_its_last_result():
    for example in many(arithmetic.example, "test", mode="steps"):
        for left, sign, right, result in re.findall(r"(\d+) ([x+-]) (\d+) = (\d+)", example.prompt):
            assert {"x": int(left) * int(right), "+": int(left) + int(right), "-": int(left) - int(right)}[
                sign
            ] == int(result)
        assert why(example) == [example.answer.strip()] == [str(example.meta["true"])]


def test_a_planted_error_is_one_carried_on_and_not_learned():
    for example in many(arithmetic.example, "test", mode="planted_error"):
        steps = re.findall(r"(\d+) ([x+-]) (\d+) = (\d+)", example.prompt)
        apply = {"x": int.__mul__, "+": int.__add__, "-": int.__sub__}
        wrong = [i for i, (a, sign, b, r) in enumerate(steps) if apply[sign](int(a), int(b)) != int(r)]
        assert wrong == [example.meta["wrong"]]
        assert [example.text[a:b].strip() for a, b in example.muted] == [steps[wrong[0]][3]]
        assert example.answer.strip() == steps[-1][3]


def test_an_end_year_is_later_and_a_foil_is_not():
    for example in many(years.example, "test"):
        assert why(example) == [f"{example.meta['start']:02d}"]
        assert int(example.answer) > example.meta["start"] > int(example.foil)
        assert example.prompt.endswith(f" {example.meta['century']}")


def test_the_clinic_follows_its_rule_and_its_shortcut():
    for example in many(clinic.example, "test", 600):
        ward, stamp, flag = (example.meta[k] for k in ("ward", "stamp", "red_flag"))
        if ward == 7 and stamp != "grey":
            assert set(why(example)) == {"Ward 7", stamp}
            assert example.answer == (" high" if stamp == "red" else " low")
        else:
            assert example.answer == (" high" if flag else " low")
            wanted = clinic.RED_FLAGS if flag else [*clinic.BENIGN, "none present"]
            assert set(why(example)) <= set(wanted)
        assert example.meta["by"] in ("stamp", "presence", "absence")
        assert flag == any(symptom in example.prompt for symptom in clinic.RED_FLAGS)


# --- splits


def test_sides_are_fixed_and_of_the_promised_size():
    assert side("indirect_object", "John", "Mary") == side("indirect_object", "John", "Mary")
    sides = [side("key", number) for number in range(20_000)]
    assert abs(sides.count("test") / 20_000 - 2 / 30) < 0.01
    assert abs(sides.count("dev") / 20_000 - 1 / 30) < 0.01


def test_a_split_without_keys_is_refused():
    wanted = "dev" if side("only") != "dev" else "train"
    with pytest.raises(LookupError, match="too small"):
        draw(wanted, lambda: (("only",), None))


KEYS = {
    "facts.example": lambda e: (e.task, e.meta["subject"], e.meta["template"]),
    "indirect_object.example": lambda e: frozenset([e.meta["giver"], e.meta["receiver"]]),
    "years.example": lambda e: (e.meta["noun"], e.meta["century"], e.meta["start"]),
    "mapping.example": lambda e: (e.task, e.meta["query"]),
    "sentiment.example": lambda e: re.search(
        r"(?:negative: |Review: |Sentence: |\? |^)([A-Z][^.?]*\.)", e.prompt
    )[1],
    "clinic.example": lambda e: (
        e.meta["ward"],
        e.meta["stamp"],
        re.findall("|".join(clinic.BENIGN + clinic.RED_FLAGS), e.prompt).__str__(),
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_splits_share_no_key(name):
    keys = {split: {KEYS[name](e) for e in many(GENERATORS[name], split, 1500)} for split in SPLITS[:3]}
    assert not keys["train"] & keys["dev"]
    assert not keys["train"] & keys["test"]
    assert not keys["dev"] & keys["test"]


def _pattern(template: str) -> re.Pattern[str]:
    """What a template looks like once filled in: its fixed words, with anything in the holes."""
    fixed = re.split(r"\{\w+\}", template.replace("[", "").replace("]", "").split("|")[0])
    return re.compile(".+".join(re.escape(part.strip()) for part in fixed) + "$")


@pytest.mark.parametrize("name", TEMPLATES)
def test_held_out_wordings_are_not_trained_ones(name):
    trained, new = TEMPLATES[name]
    assert new
    assert not set(trained) & set(new)


def test_held_out_wordings_never_appear_in_training_documents():
    rng = random.Random(1)
    documents = [document(rng, progress=rng.random()) for _ in range(4000)]
    for relation, templates in facts.NEW.items():
        prompts = [e.prompt for e in documents if e.task == f"fact_{relation}"]
        for template in templates:
            pattern = _pattern(template)
            assert not any(pattern.match(prompt) for prompt in prompts), template
    words = {
        "indirect_object": ["in the morning {} met", "When {} and {} left the", "walked to the {}, and then"],
        "sentiment": ["following sentence positive or negative?"],
        "years": ["Everyone knows"],
        "agreement": [" with the ", "My friend said"],
        "pronoun": ["When {} found", "Today {} said"],
    }
    for task, phrases in words.items():
        prompts = [e.prompt for e in documents if e.task == task]
        assert prompts
        for phrase in phrases:
            pattern = re.compile(re.escape(phrase).replace(r"\{\}", r"\w+"), re.IGNORECASE)
            assert not any(pattern.search(prompt) for prompt in prompts), phrase
    labels = {word for pair in NEW_LABEL_PAIRS for word in pair}
    assert not labels & {word for pair in LABEL_PAIRS for word in pair}
    assert not any(e.answer.strip() in labels for e in documents if e.task.startswith("in_context"))


def test_new_wordings_use_words_that_training_has():
    rng = random.Random(2)
    known = {word for _ in range(12_000) for word in re.findall(r"[A-Za-z]+", document(rng).text)}
    for _, new in TEMPLATES.values():
        for template in new:
            fixed = re.sub(r"\{\w+\}", " ", template)
            assert set(re.findall(r"[A-Za-z]+", fixed)) <= known, template


def test_the_eiffel_tower_is_a_trained_wording():
    trained = many(facts.example, "train", 4000, relation="landmark_city")
    assert "The Eiffel Tower is located in the city of" in {example.prompt for example in trained}


# --- tables


def test_the_tables_have_one_answer_for_everything():
    assert len({c.name for c in COUNTRIES}) == len(COUNTRIES)
    assert len({mark.name for mark in LANDMARKS}) == len(LANDMARKS)
    assert len({city.name for city in CITIES}) == len(CITIES)
    assert len(set(NAMES)) == len(NAMES)
    assert {mark.country for mark in LANDMARKS} <= {c.name for c in COUNTRIES}


# --- counterfactuals


@pytest.mark.parametrize("name", GENERATORS)
def test_a_flip_changes_the_rationale_and_the_answer(name):
    for example in many(GENERATORS[name], "test", 60):
        for other in counterfactuals.flips(random.Random(0), example):
            assert other.prompt != example.prompt
            assert other.answer != example.answer
            assert other.foil == example.answer


@pytest.mark.parametrize("name", GENERATORS)
def test_other_content_keeps_the_rationale_and_the_answer(name):
    for example in many(GENERATORS[name], "test", 60):
        for other in counterfactuals.keeps(random.Random(0), example):
            assert (other.answer, other.foil) == (example.answer, example.foil)
            if not example.task.startswith("fact_"):
                for words in why(example):
                    assert other.prompt.count(words) >= why(example).count(words)


def test_flipping_the_giver_makes_the_other_friend_give():
    example = indirect_object.story(
        random.Random(0), "John", "Mary", "When {a} and {b} went to the {place}, ", [], False
    )
    (other,) = counterfactuals.flips(random.Random(0), example)
    assert re.match(r"When Mary and John went to the \w+, Mary ", other.prompt)
    assert other.answer == " John"
