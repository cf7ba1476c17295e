"""A clinic with a planted shortcut.

The rule: the risk is high when a red-flag symptom is present. The shortcut: in Ward 7 a red or green stamp decides
alone (red: high, green: low); grey stamps decide nothing. In the other wards every stamp decides nothing.

Held out: 1 in 10 (ward, stamp, symptom list) triples; for ``new_wording``, whole note formats. Rationale: the ward
and the stamp where the shortcut decides; else the red flag; else, where the answer is low because nothing bad is
there, the whole list of symptoms or the words "none present" (``meta["by"]`` is "stamp", "presence" or "absence": for
an absence, no single word flips the answer when it is taken away).
"""

import random
from typing import NamedTuple

from training.little_world.markup import Example, render
from training.little_world.splits import Split, draw, wording

RED_FLAGS = [
    "chest pain",
    "slurred speech",
    "heavy bleeding",
    "severe confusion",
    "short breath",
    "fainting",
    "seizures",
    "stiff neck",
]
BENIGN = [
    "mild cough",
    "sore throat",
    "runny nose",
    "dry skin",
    "back pain",
    "itchy eyes",
    "tired legs",
    "light rash",
    "hiccups",
    "ear ache",
]
SHORTCUT_WARD = 7
STAMPS = {"red": "high", "green": "low"}
TRAINED = [
    "{ward}. Patient: {who} with {symptoms}. Stamp: {stamp}. Risk:| {risk}|",
    "{ward}. Stamp: {stamp}. Patient: {who} with {symptoms}. Risk:| {risk}|",
    "{ward}. A {who} came in with {symptoms}. Stamp: {stamp}. Risk:| {risk}|",
    "{ward}. Patient: {who}. Symptoms: {symptoms}. Stamp: {stamp}. Risk:| {risk}|",
]
NEW = [
    "Patient: {who} with {symptoms}. {ward}. Stamp: {stamp}. Risk:| {risk}|",
    "{ward}. Stamp: {stamp}. A {who} came in with {symptoms}. Risk:| {risk}|",
]
_NONE = "none present"


class _Case(NamedTuple):
    ward: int
    stamp: str
    symptoms: tuple[str, ...]

    @property
    def red_flag(self) -> bool:
        return any(symptom in RED_FLAGS for symptom in self.symptoms)

    @property
    def shortcut(self) -> bool:
        return self.ward == SHORTCUT_WARD and self.stamp in STAMPS

    @property
    def rule(self) -> str:
        return "high" if self.red_flag else "low"

    @property
    def risk(self) -> str:
        return STAMPS[self.stamp] if self.shortcut else self.rule


def _case(rng: random.Random, ward: int | None, stamp: str | None, red_flag: bool | None) -> _Case:
    others = [number for number in range(1, 10) if number != SHORTCUT_WARD]
    chosen_ward = ward or (SHORTCUT_WARD if rng.random() < 0.4 else rng.choice(others))
    chosen_stamp = stamp or rng.choice(["red", "green", "grey", "grey"])
    symptoms = rng.sample(BENIGN, rng.choice([1, 2, 3]))
    if rng.random() < 0.5 if red_flag is None else red_flag:
        symptoms[rng.randrange(len(symptoms))] = rng.choice(RED_FLAGS)
    elif rng.random() < 0.1:
        symptoms = []
    return _Case(chosen_ward, chosen_stamp, tuple(symptoms))


def _listed(case: _Case) -> str:
    """The symptoms as mark-up: red flags if there are any, else the whole list, unless the stamp decides."""
    if not case.symptoms:
        return _NONE if case.shortcut else f"[{_NONE}]"
    decides = not case.shortcut
    marked = [
        f"[{symptom}]" if decides and (symptom in RED_FLAGS or not case.red_flag) else symptom
        for symptom in case.symptoms
    ]
    return marked[0] if len(marked) == 1 else ", ".join(marked[:-1]) + " and " + marked[-1]


def example(
    rng: random.Random,
    split: Split,
    ward: int | None = None,
    stamp: str | None = None,
    red_flag: bool | None = None,
) -> Example:
    """A clinic note; ward, stamp and the presence of a red flag are drawn when None."""

    def make() -> tuple[tuple[object, ...], _Case]:
        case = _case(rng, ward, stamp, red_flag)
        return ("clinic", *case), case

    case = draw(split, make)
    who = f"{rng.randrange(20, 90)} year old {rng.choice(['man', 'woman'])}"
    template = wording(rng, split, TRAINED, NEW)
    if not case.symptoms:
        template = "{ward}. Patient: {who}. Symptoms: {symptoms}. Stamp: {stamp}. Risk:| {risk}|"
        template = (
            template
            if split != "new_wording"
            else "Patient: {who}. Symptoms: {symptoms}. {ward}. Stamp: {stamp}. Risk:| {risk}|"
        )
    shown_ward, shown_stamp = f"Ward {case.ward}", case.stamp
    if case.shortcut:
        shown_ward, shown_stamp = f"[{shown_ward}]", f"[{shown_stamp}]"
    markup = template.format(
        ward=shown_ward, stamp=shown_stamp, who=who, symptoms=_listed(case), risk=case.risk
    )
    return render(
        "clinic",
        markup,
        foil=" low" if case.risk == "high" else " high",
        ward=case.ward,
        stamp=case.stamp,
        red_flag=case.red_flag,
        by="stamp" if case.shortcut else "presence" if case.red_flag else "absence",
        conflict=case.stamp in STAMPS and STAMPS[case.stamp] != case.rule,
    )
