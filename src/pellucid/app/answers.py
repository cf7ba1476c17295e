"""What the server answers, for whoever reads its OpenAPI description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from pellucid.app.jobs import State

__all__ = ["ErrorAnswer", "HealthAnswer", "JobAnswer", "MethodAnswer", "MetricAnswer", "ModelAnswer"]


class Busy(BaseModel):
    """How busy a model is."""

    loaded: bool
    waiting: Annotated[int, Field(description="Jobs that wait for it.")]
    running: int


class HealthAnswer(BaseModel):
    """Whether the server answers, and what it has to do."""

    status: Literal["ok"]
    version: str
    models: dict[str, Busy]


class ModelAnswer(BaseModel):
    """A model that may be asked for. Null: not known before it is loaded."""

    name: str
    loaded: bool
    access: Annotated[str | None, Field(description="BlackBox, GreyBox or WhiteBox: what methods may ask.")]
    labels: Annotated[list[str] | None, Field(description="Of a classifier.")]
    continues: Annotated[bool | None, Field(description="Whether its answer stands behind the text.")]
    tokens: Annotated[int | None, Field(description="The most that it reads.")]
    max_tokens: Annotated[int, Field(description="The most that this server reads.")]
    description: str | None


class OptionAnswer(BaseModel):
    """An option of a method or metric."""

    name: str
    kind: Literal["integer", "number", "boolean", "choice", "text", "list"]
    type: Annotated[str, Field(description="What a value looks like on the command line.")]
    default: Any
    choices: list[Any] | None
    help: str


class MethodAnswer(BaseModel):
    """A method of the catalogue."""

    name: str
    family: str
    access: Annotated[str, Field(description="What it asks of a model: BlackBox, GreyBox or WhiteBox.")]
    summary: str
    cost: str
    paper: str
    options: list[OptionAnswer]


class MetricAnswer(MethodAnswer):
    """A metric of the catalogue."""

    better: Literal["higher", "lower"]
    bounds: Annotated[list[float | None], Field(description="From, to; null is no bound.")]


class Problem(BaseModel):
    """An error, in words for a person."""

    type: str
    message: str


class ErrorAnswer(BaseModel):
    """What was asked, what is possible, what to do."""

    error: Problem


class JobAnswer(BaseModel):
    """A job: what was asked, and how far it is."""

    id: str
    kind: str
    model: str | None
    state: State
    position: Annotated[int | None, Field(description="How many are before it, while it waits.")]
    cancelling: Annotated[bool, Field(description="It stops at its next batch.")]
    doing: str
    done: int
    total: int
    forwards: int
    backwards: int
    tokens: int
    seconds: float
    error: Problem | None
    request: Annotated[dict[str, Any], Field(description="The body that made it.")]
