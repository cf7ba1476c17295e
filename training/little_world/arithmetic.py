"""Word problems of two or three steps: written out, written out with a planted error, or answered at once.

Written out, the answer is decided by the last written result: a planted error is carried on consistently, so that
a model trained here answers what its steps say. Answered at once, it is decided by the numbers of the question.
`single_step` teaches exactly the sums the chains need (they are a table to be learned; no cell of it is held out).

Held out: 1 in 10 combinations of numbers; for ``new_wording``, whole questions.
"""

import random
from collections.abc import Callable
from typing import Literal, NamedTuple

from training.little_world.markup import Example, render, without_rationale
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.people import NAMES

Mode = Literal["steps", "planted_error", "direct"]
_MODES: dict[Mode, int] = {"steps": 6, "planted_error": 1, "direct": 2}

_APPLY: dict[str, Callable[[int, int], int]] = {
    "x": lambda a, b: a * b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
}
FIRST_RESULT, SECOND_RESULT = "first", "second"


class Step(NamedTuple):
    """One calculation; an operand is a number, or the result of the first or second step."""

    left: int | str
    operator: str
    right: int | str


class Problem(NamedTuple):
    """A question (mark-up, its numbers marked), the steps that answer it and the size of a believable error."""

    family: str
    numbers: tuple[int, ...]
    question: str
    steps: list[Step]
    unit: int


TRAVEL = [
    "A train travels at [{v1}] mph for [{t1}] {h1}, then at [{v2}] mph for [{t2}] {h2}. What is the total distance?",
    "A car drives at [{v1}] mph for [{t1}] {h1} and then at [{v2}] mph for [{t2}] {h2}. How far does it go in total?",
    "A bus goes [{v1}] miles per hour for [{t1}] {h1} and [{v2}] miles per hour for [{t2}] {h2}. "
    "What is the total distance?",
]
NEW_TRAVEL = [
    "A train goes at [{v1}] mph for [{t1}] {h1} and then at [{v2}] mph for [{t2}] {h2}. How far does it go in total?"
]
SHOP = [
    "{name} buys [{n1}] {i1} at [{p1}] dollars each and [{n2}] {i2} at [{p2}] dollars each. "
    "How much does it cost in total?",
    "A shop sells {i1} for [{p1}] dollars and {i2} for [{p2}] dollars. {name} buys [{n1}] {i1} and [{n2}] {i2}. "
    "What is the total price?",
    "There are [{n1}] boxes with [{p1}] {i1} and [{n2}] boxes with [{p2}] {i2}. How many things are there in total?",
]
NEW_SHOP = [
    "{name} buys [{n1}] {i1} for [{p1}] dollars each and then [{n2}] {i2} for [{p2}] dollars each. "
    "What is the total price?"
]
CHANGE = [
    "{name} has [{a}] {item}. {name} gets [{b}] more and then gives away [{c}]. How many {item} does {name} have now?",
    "There are [{a}] {item} in a box. {name} puts in [{b}] and takes out [{c}]. How many {item} are in the box?",
    "{name} had [{a}] {item}, found [{b}] more and lost [{c}]. How many {item} are left?",
]
NEW_CHANGE = ["{name} has [{a}] {item}, gets [{b}] more and then lost [{c}]. How many {item} are left?"]


def _travel(rng: random.Random, split: Split) -> Problem:
    v1, v2 = rng.randrange(2, 9) * 10, rng.randrange(2, 9) * 10
    t1, t2 = rng.randrange(1, 5), rng.randrange(1, 5)
    question = wording(rng, split, TRAVEL, NEW_TRAVEL).format(
        v1=v1, t1=t1, v2=v2, t2=t2, h1="hours" if t1 > 1 else "hour", h2="hours" if t2 > 1 else "hour"
    )
    steps = [Step(v1, "x", t1), Step(v2, "x", t2), Step(FIRST_RESULT, "+", SECOND_RESULT)]
    return Problem("train", (v1, t1, v2, t2), question, steps, 10)


def _shop(rng: random.Random, split: Split) -> Problem:
    n1, n2, p1, p2 = rng.randrange(2, 6), rng.randrange(2, 6), rng.randrange(2, 10), rng.randrange(2, 10)
    i1, i2 = rng.sample(["apples", "pears", "pens", "cakes", "books", "lemons", "eggs", "cups"], 2)
    question = wording(rng, split, SHOP, NEW_SHOP).format(
        name=rng.choice(NAMES), n1=n1, n2=n2, p1=p1, p2=p2, i1=i1, i2=i2
    )
    steps = [Step(n1, "x", p1), Step(n2, "x", p2), Step(FIRST_RESULT, "+", SECOND_RESULT)]
    return Problem("shop", (n1, p1, n2, p2), question, steps, 1)


def _change(rng: random.Random, split: Split) -> Problem:
    a, b = rng.randrange(5, 25), rng.randrange(1, 10)
    c = rng.randrange(1, min(10, a + b))
    item = rng.choice(["marbles", "apples", "books", "stamps", "coins", "eggs"])
    question = wording(rng, split, CHANGE, NEW_CHANGE).format(
        name=rng.choice(NAMES), a=a, b=b, c=c, item=item
    )
    return Problem("change", (a, b, c), question, [Step(a, "+", b), Step(FIRST_RESULT, "-", c)], 1)


_FAMILIES = {"train": _travel, "shop": _shop, "change": _change}


def _operands(step: Step, results: list[int]) -> tuple[int, int]:
    known = dict(zip((FIRST_RESULT, SECOND_RESULT), results, strict=False))
    left, right = (known[o] if isinstance(o, str) else o for o in (step.left, step.right))
    return left, right


def _calculate(rng: random.Random, problem: Problem, wrong: int | None) -> list[tuple[int, str, int, int]]:
    """(left, operator, right, result) of every step; the result of step ``wrong`` is off by a believable amount."""
    done: list[tuple[int, str, int, int]] = []
    for place, step in enumerate(problem.steps):
        left, right = _operands(step, [result for *_, result in done])
        result = _APPLY[step.operator](left, right)
        if place == wrong:
            # Above ten the next step cannot turn negative, nor the wrong result be nothing at all.
            shifts = [s * problem.unit for s in (-2, -1, 1, 2, 3)]
            result += rng.choice(
                [s for s in shifts if result + s > (9 if problem.family == "change" else 0)] or [3]
            )
        done.append((left, step.operator, right, result))
    return done


def _chain(calculated: list[tuple[int, str, int, int]], wrong: int | None) -> str:
    """The written steps as mark-up. The last result is the rationale of the answer; a wrong one is not learned."""
    written = []
    for place, (left, operator, right, result) in enumerate(calculated):
        value = f" [{result}]" if place == len(calculated) - 1 else f" {result}"
        value = f"~{value}~" if place == wrong else f"<{value}>"
        written.append(f"Step {place + 1}: <{left}> {operator} <{right}> ={value}.")
    return " ".join(written)


def example(rng: random.Random, split: Split, mode: Mode | None = None, family: str | None = None) -> Example:
    """A word problem; ``mode`` and ``family`` ("train", "shop", "change") are drawn when None."""
    mode = mode or rng.choices(list(_MODES), list(_MODES.values()))[0]
    family = family or rng.choices(list(_FAMILIES), [2, 1, 1])[0]

    def make() -> tuple[tuple[object, ...], Problem]:
        drawn = _FAMILIES[family](rng, split)
        return (family, *drawn.numbers), drawn

    problem = draw(split, make)
    true = _calculate(rng, problem, None)[-1][-1]
    if mode == "direct":
        foil = max(true + rng.choice([-1, 1, 2]) * problem.unit, 0)
        return render(
            "arithmetic_direct",
            f"Q: {problem.question} A: ANSWER:| {true}|",
            foil=f" {foil}",
            true=true,
            family=family,
        )
    wrong = rng.randrange(len(problem.steps)) if mode == "planted_error" else None
    calculated = _calculate(rng, problem, wrong)
    final = calculated[-1][-1]
    chain = _chain(calculated, wrong)
    foil = true if final != true else max(true - problem.unit, 0)
    return render(
        f"arithmetic_{mode}",
        f"Q: {without_rationale(problem.question)} A: Let us think step by step. {chain} ANSWER:| {final}|",
        foil=f" {foil}",
        true=true,
        final=final,
        family=family,
        wrong=wrong,
    )


_SINGLE = [
    "Q: What is [{a}] [{op}] [{b}]? A: ANSWER:| {r}|",
    "[{a}] [{op}] [{b}] =| {r}|.",
    "Step 1: [{a}] [{op}] [{b}] =| {r}|. ANSWER: {r}",
]


def single_step(rng: random.Random, split: Split) -> Example:
    """One sum, product or difference as the chains need it; one in five carries on a planted error."""
    problem = _FAMILIES[rng.choices(list(_FAMILIES), [2, 2, 1])[0]](rng, split)
    last = len(problem.steps) - 1
    wrong = rng.randrange(last) if rng.random() < 0.2 else None
    place = 0 if rng.random() < 0.35 and wrong is None else last
    left, operator, right, result = _calculate(rng, problem, wrong)[place]
    return render(
        "single_step",
        rng.choice(_SINGLE).format(a=left, op=operator, b=right, r=result),
        foil=f" {max(result - problem.unit, 0)}" if result else f" {problem.unit}",
        operator=operator,
    )
