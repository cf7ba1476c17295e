"""Which ways of removing a feature a model can do, and which it prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.core.errors import AblationImpossible, BadOption
from pellucid.core.protocols import ABLATIONS, Ablation
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.rows import feature_positions

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["chosen_ablation"]


def chosen_ablation(model: HuggingFaceModel, encoding: Encoding, asked: Ablation | None) -> Ablation:
    """What was asked, if it can be done; else what the head prefers, or the first that can be done.

    Raises `AblationImpossible` with the reason and what is possible instead.
    """
    if asked is not None and asked not in ABLATIONS:
        raise BadOption(f'ablate="{asked}" is not known. Ways to remove a feature: {", ".join(ABLATIONS)}.')
    why = _impossible(model, encoding)
    possible: list[Ablation] = [a for a in ABLATIONS if a not in why]  # type: ignore[misc]
    if asked in why:
        raise AblationImpossible(asked, model.name, why[asked], possible)
    return asked or (possible[0] if model.head.ablate in why else model.head.ablate)


def _impossible(model: HuggingFaceModel, encoding: Encoding) -> dict[str, str]:
    """The ways that this model cannot do with this text, and why."""
    why = {}
    if model.start_id is None and feature_positions(encoding).all():
        why["delete"] = "its tokenizer has no token that could stand for an empty text"
    if model.tokenizer.mask_token_id is None:
        why["mask"] = "its tokenizer has no mask token"
    if model.head.together == "equal":
        why["attention"] = "its positions follow the attention mask"
    return why
