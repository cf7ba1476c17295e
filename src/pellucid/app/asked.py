"""What a request may say, in the words of Python's verbs. A field that is not here is refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.core.text import Unit
from pellucid.verbs.compare import DEFAULT_METHODS
from pellucid.verbs.explain import DEFAULT_METHOD

__all__ = ["Ablate", "Compare", "Evaluate", "Explain", "Generate", "Part", "Report", "VerdictOf"]

MOST_TOKENS = 64
MOST_DRAWS = 500

Seed = Annotated[int, Field(ge=0, lt=2**32, description="Of whatever is drawn.")]
Place = Annotated[int, Field(ge=0, lt=2**31)]
Range = Annotated[list[Place], Field(min_length=2, max_length=2, description="Characters from:to.")]
Part = str | Range
ModelName = Annotated[str, Field(description="One of GET /api/v1/models.", examples=["demo-lm"])]
TextField = Annotated[
    str, Field(description="The text.", examples=["The Eiffel Tower is located in the city of"])
]
Second = Annotated[
    str | None, Field(description="The second of two texts: a hypothesis, a context, the corrupted prompt.")
]
TargetField = Annotated[
    str | None, Field(description="A label or a continuation; null is the model's own answer.")
]
Against = Annotated[str | None, Field(description="Why the target rather than this other answer.")]
UnitField = Annotated[Unit | None, Field(description="What the text is cut into.")]
Of = Annotated[
    str, Field(description="The id of a job that is done and holds an explanation.", max_length=64)
]


class Asked(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Generate(Asked):
    """What the model says to a text: a continuation, written greedily, or a label."""

    model: ModelName
    text: TextField
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS, description="The most tokens of its answer.")] = 32
    target: Annotated[
        str | None, Field(description="Take this answer apart into tokens, instead of the model's own.")
    ] = None


class Explain(Asked):
    """Why a model gives an answer to a text, by one method."""

    model: ModelName
    text: TextField
    second: Second = None
    by: Annotated[str, Field(description="One of GET /api/v1/methods.")] = DEFAULT_METHOD
    target: TargetField = None
    against: Against = None
    span: Annotated[
        Part | None, Field(description="The part of the answer to explain: its words, or a range.")
    ] = None
    at: Annotated[
        Part | None, Field(description="Where the answer stands in the text: words, or a range.")
    ] = None
    scale: Annotated[Scale | None, Field(description="What the number of the answer is.")] = None
    answer_tokens: Annotated[
        int | None, Field(ge=1, le=MOST_TOKENS, description="The most tokens of the model's own answer.")
    ] = None
    unit: UnitField = None
    freeze: Annotated[
        list[Part],
        Field(max_length=100, description="Parts of the text that are always there and get no credit."),
    ] = []
    options: Annotated[dict[str, Any], Field(description="The method's own options.")] = {}
    evaluate: Annotated[bool, Field(description="Also measure it, beside chance.")] = True


class Evaluate(Asked):
    """Measure an explanation on its model, each score beside chance."""

    explanation: Of
    by: Annotated[
        list[str] | None,
        Field(min_length=1, max_length=50, description="Of GET /api/v1/metrics; null is the default set."),
    ] = None
    budget: Annotated[
        int | None, Field(ge=0, lt=2**31, description="Once so many forwards are spent, no metric is begun.")
    ] = None


class VerdictOf(Asked):
    """Whether to use an explanation."""

    explanation: Of
    draws: Annotated[int, Field(ge=99, le=MOST_DRAWS, description="Rankings that stand for chance.")] = 99
    seed: Seed = 0


class Compare(Asked):
    """Methods beside each other on one text."""

    model: ModelName
    text: TextField
    second: Second = None
    by: Annotated[list[str], Field(min_length=1, max_length=20, description="Of GET /api/v1/methods.")] = [
        *DEFAULT_METHODS
    ]
    metrics: Annotated[
        list[str] | None,
        Field(min_length=1, max_length=20, description="Of GET /api/v1/metrics; null is the default set."),
    ] = None
    target: TargetField = None
    against: Against = None
    unit: UnitField = None
    seed: Seed = 0


class Ablate(Asked):
    """How far the answer's number falls when features are removed, beside random ones of the same places."""

    explanation: Of
    removed: Annotated[
        list[Place], Field(min_length=1, max_length=10_000, description="The numbers of features, from 0.")
    ]
    ablate: Annotated[
        Ablation | None, Field(description="The way to remove; null is the explanation's, else the model's.")
    ] = None
    draws: Annotated[int, Field(ge=1, le=MOST_DRAWS, description="Random sets beside them.")] = 20
    seed: Seed = 0


class Report(Asked):
    """One figure of several results."""

    explanations: Annotated[list[Of], Field(min_length=1, max_length=20, description="Ids of jobs.")]
