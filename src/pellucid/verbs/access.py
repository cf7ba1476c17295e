"""A model ready for a method or metric: loaded if it is only named, refused if it gives too little access."""

from __future__ import annotations

from typing import Any

from pellucid.core.errors import MismatchedModel, NeedsAccess
from pellucid.core.protocols import LADDER, access_of
from pellucid.core.provenance import Provenance
from pellucid.core.registry import Card, Kind, catalogue

__all__ = ["check_access", "check_weights", "has_access", "opened"]


def opened(model: Any) -> Any:
    """``model`` itself if it is one that Pellucid loaded, else what `pellucid.load` makes of it."""
    if access_of(model):
        return model
    from pellucid.models.load import load

    return load(model)


def check_access(model: Any, card: Card, kind: Kind) -> None:
    """Raise `NeedsAccess`, with what is possible instead, if the model does not give what ``card`` needs."""
    if not has_access(model, card):
        instead = [other.name for other in catalogue(kind) if has_access(model, other)]
        raise NeedsAccess(card.name, card.access, model.name, access_of(model), instead)


def check_weights(made: Provenance, model: Any) -> None:
    """Raise `MismatchedModel` if a result was made on other weights than the model's."""
    if model.fingerprint != made.fingerprint:
        raise MismatchedModel(made.model, model.name, made.fingerprint, model.fingerprint)


def has_access(model: Any, card: Card) -> bool:
    """Whether the model gives what ``card`` needs."""
    return LADDER.index(card.access) <= LADDER.index(access_of(model))
