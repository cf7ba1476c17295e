"""Facts: capitals, continents, languages, landmarks and cities, each fact in many wordings.

Held out: 1 in 10 (fact, wording) pairs, so a test fact is known but was never read in that wording; and, for
``new_wording``, whole templates. Rationale: the subject, and the word that names the relation where there is one.
"""

import random

from training.little_world.markup import Example, capitalised, render
from training.little_world.splits import Split, draw, wording
from training.little_world.tables.geography import CITIES, COUNTRIES, LANDMARKS

FACTS: dict[str, list[tuple[str, str]]] = {
    "capital": [(c.name, c.capital) for c in COUNTRIES],
    "continent": [(c.name, c.continent) for c in COUNTRIES if c.continent != "-"],
    "language": [(c.name, c.language) for c in COUNTRIES if c.language != "-"],
    "landmark_city": [(mark.name, mark.city) for mark in LANDMARKS],
    "landmark_country": [(mark.name, mark.country) for mark in LANDMARKS],
    "city_country": [(city.name, city.country) for city in CITIES],
    "capital_of": [(c.capital, c.name) for c in COUNTRIES],
}
# Six continents for 110 countries: little to tell one country from the next, so it takes the most reading.
_SHARE = {
    "capital": 4,
    "continent": 6,
    "language": 2.5,
    "landmark_city": 4,
    "landmark_country": 2.5,
    "city_country": 3,
    "capital_of": 3,
}

# {s}: the subject, {S}: the subject as the first word, {o}: the answer
TRAINED = {
    "capital": [
        "The [capital] of {s} is|{o}|.",
        "The [capital] city of {s} is|{o}|.",
        "What is the [capital] of {s}? The [capital] of {s} is|{o}|.",
        "Q: What is the [capital] of {s}? A:|{o}|",
        "The [government] of {s} sits in the city of|{o}|.",
        "In {s}, the [capital] is|{o}|.",
        "If you visit {s}, you will find that its [capital] is|{o}|.",
        "Everyone knows that the [capital] of {s} is called|{o}|.",
        "Country: {s}. [Capital]:|{o}|.",
        "The parliament of {s} meets in its [capital],|{o}|.",
        "The [seat of government] of {s} is|{o}|.",
        "My teacher said that the [capital] of {s} is|{o}|.",
    ],
    "continent": [
        "{S} is a country on the [continent] of|{o}|.",
        "{S} is located in|{o}|.",
        "The [continent] of {s} is|{o}|.",
        "On which [continent] is {s}? {S} is in|{o}|.",
        "Q: Which [continent] is {s} part of? A:|{o}|",
        "If you travel to {s}, you arrive on the [continent] of|{o}|.",
        "On a map of the world, {s} lies in|{o}|.",
        "Country: {s}. [Continent]:|{o}|.",
    ],
    "language": [
        "The main [language] of {s} is|{o}|.",
        "In {s}, most people [speak]|{o}|.",
        "People from {s} usually [speak]|{o}|.",
        "What [language] is spoken in {s}? The main [language] of {s} is|{o}|.",
        "Q: What [language] do people in {s} [speak]? A:|{o}|",
        "Country: {s}. [Language]:|{o}|.",
        "If you visit {s}, you should learn some|{o}|.",
        "The newspapers in {s} are mostly [written] in|{o}|.",
        "Children in {s} learn to read in|{o}|.",
    ],
    "landmark_city": [
        "{S} is located in the [city] of|{o}|.",
        "{S} is in the [city] of|{o}|.",
        "{S} can be found in|{o}|.",
        "{S} is a famous landmark in|{o}|.",
        "Where is {s}? {S} is in|{o}|.",
        "Q: In which [city] is {s}? A:|{o}|",
        "Tourists who want to see {s} travel to|{o}|.",
        "To visit {s}, take a train to|{o}|.",
        "{S}, which is in|{o}|, is very popular.",
        "{S} stands in the middle of|{o}|.",
        "Landmark: {s}. [City]:|{o}|.",
        "We took a photo of {s} when we were in|{o}|.",
        "The [city] where you can see {s} is|{o}|.",
    ],
    "landmark_country": [
        "{S} is located in the [country] of|{o}|.",
        "{S} is a landmark in the [country] of|{o}|.",
        "Q: In which [country] is {s}? A:|{o}|",
        "Landmark: {s}. [Country]:|{o}|.",
        "The [country] where you can see {s} is|{o}|.",
        "Which [country] is home to {s}? The [country] is|{o}|.",
        "The [nation] that is home to {s} is|{o}|.",
        "{S} belongs to the [country] of|{o}|.",
    ],
    "city_country": [
        "The city of {s} is located in the [country] of|{o}|.",
        "The city of {s} is in|{o}|.",
        "In which [country] is {s}? The city of {s} is in|{o}|.",
        "Q: Which [country] is the city of {s} in? A:|{o}|",
        "City: {s}. [Country]:|{o}|.",
        "The [country] where you can find the city of {s} is|{o}|.",
        "People who live in {s} live in the [country] of|{o}|.",
        "The train to {s} takes you to a city in|{o}|.",
    ],
    "capital_of": [
        "The city of {s} is the [capital] of|{o}|.",
        "As everyone knows, {s} is the [capital] of|{o}|.",
        "Q: Which country has the [capital] {s}? A:|{o}|",
        "The country whose [capital] is {s} is|{o}|.",
        "The city of {s} is the [seat of government] of|{o}|.",
        "Capital: {s}. Country:|{o}|.",
        "When you are in {s}, you are in the [capital] of|{o}|.",
        "What country is {s} the [capital] of? The city of {s} is the [capital] of|{o}|.",
        "{S} is the [capital] of|{o}|.",
    ],
}
NEW = {
    "capital": [
        "As everyone knows, the [capital] of {s} is|{o}|.",
        "The city where the [government] of {s} meets is|{o}|.",
    ],
    "continent": [
        "As everyone knows, {s} is on the [continent] of|{o}|.",
        "People who live in {s} live on the [continent] of|{o}|.",
    ],
    "language": [
        "The [language] of most people in {s} is|{o}|.",
        "If you live in {s}, you usually [speak]|{o}|.",
    ],
    "landmark_city": [
        "Everyone knows that {s} is in the [city] of|{o}|.",
        "If you want to see {s}, travel to the [city] of|{o}|.",
    ],
    "landmark_country": [
        "As everyone knows, {s} is in the [country] of|{o}|.",
        "If you visit {s}, you are in the [country] of|{o}|.",
    ],
    "city_country": [
        "If you visit {s}, you are in the [country] of|{o}|.",
        "Everyone knows that {s} is a city in|{o}|.",
    ],
    "capital_of": [
        "My teacher said that {s} is the [capital] of|{o}|.",
        "If you live in {s}, you live in the [capital] of|{o}|.",
    ],
}


def sentence(relation: str, subject: str, answer: str, template: str, foil: str = "") -> Example:
    """One fact in one wording."""
    markup = (
        template.replace("{s}", f"[{subject}]")
        .replace("{S}", f"[{capitalised(subject)}]")
        .replace("{o}", f" {answer}")
    )
    return render(
        f"fact_{relation}",
        markup,
        foil=f" {foil}" if foil else "",
        subject=subject,
        object=answer,
        template=template,
    )


def example(rng: random.Random, split: Split, relation: str | None = None) -> Example:
    """A fact of ``relation`` (any of `FACTS`; drawn when None) in a wording of the split."""

    def make() -> tuple[tuple[object, ...], tuple[str, str, str, str]]:
        chosen = relation or rng.choices(list(_SHARE), list(_SHARE.values()))[0]
        subject, answer = rng.choice(FACTS[chosen])
        template = wording(rng, split, TRAINED[chosen], NEW[chosen])
        trained = TRAINED[chosen]
        place = trained.index(template) if template in trained else template
        return (chosen, subject, place), (chosen, subject, answer, template)

    chosen, subject, answer, template = draw(split, make)
    return sentence(chosen, subject, answer, template, foil=wrong_answer(rng, chosen, answer))


def wrong_answer(rng: random.Random, relation: str, answer: str) -> str:
    """Another answer to the same question that differs in its first word already."""
    others = [other for _, other in FACTS[relation] if other.split()[0] != answer.split()[0]]
    return rng.choice(others)
