"""Which ways of removing a feature a model can do with a text, and which it prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import AblationImpossible, BadOption
from pellucid.core.protocols import ABLATIONS, Ablation
from pellucid.models.huggingface.baselines import alternatives
from pellucid.models.huggingface.embeddings import MEAN
from pellucid.models.huggingface.encode import NO_FEATURE, Encoding, Reader
from pellucid.models.huggingface.removal import Removal
from pellucid.models.huggingface.rows import feature_positions

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["chosen_ablation", "removal_of"]


def chosen_ablation(model: HuggingFaceModel, encoding: Encoding, asked: Ablation | None) -> Ablation:
    """What was asked, if it can be done; else the text's own baselines if all its features have some; else what
    the head prefers, or the first that can be done.

    Raises `AblationImpossible` with the reason and what is possible instead.
    """
    if asked is not None and asked not in ABLATIONS:
        raise BadOption(f'ablate="{asked}" is not known. Ways to remove a feature: {", ".join(ABLATIONS)}.')
    why = _impossible(model, encoding)
    possible: list[Ablation] = [a for a in ABLATIONS if a not in why]  # type: ignore[misc]
    if asked in why:
        raise AblationImpossible(asked, model.name, why[asked], possible)
    if asked is None and "baseline" in possible:
        return "baseline"
    return asked or (possible[0] if model.head.ablate in why else model.head.ablate)


def removal_of(model: HuggingFaceModel, reader: Reader, encoding: Encoding, ablate: Ablation) -> Removal:
    """All that rows with features removed depend on. ``infill`` asks for proposals, unless they are known."""
    if ablate == "baseline":
        return Removal(encoding, ablate, model.start_id, alternatives=alternatives(reader, encoding))
    instead = None
    if ablate == "infill":
        assert model.proposer is not None, "refused where nobody proposes"
        instead = model.proposer(encoding)
    elif ablate in ("mask", "mean"):
        instead = np.full(len(encoding.ids), MEAN if ablate == "mean" else model.tokenizer.mask_token_id)
    return Removal(encoding, ablate, model.start_id, instead)


def _impossible(model: HuggingFaceModel, encoding: Encoding) -> dict[str, str]:
    """The ways that this model cannot do with this text, and why."""
    why = {}
    if model.start_id is None and feature_positions(encoding).all():
        why["delete"] = "its tokenizer has no token that could stand for an empty text"
    lost = [position for position in encoding.needed if encoding.feature_of[position] != NO_FEATURE]
    if lost:
        part = encoding.text.slice(encoding.text.features[encoding.feature_of[lost[0]]])
        why["delete"] = f"the answer stands at {part!r}. Freeze it, text.freeze({part!r}), or keep its place"
    if model.tokenizer.mask_token_id is None:
        why["mask"] = "its tokenizer has no mask token"
    if model.head.together == "equal":
        why["attention"] = "its positions follow the attention mask"
    if model.proposer is None:
        why["infill"] = (
            "it proposes no tokens. Load it with infill=NAME, a masked or causal language model with the same tokens"
        )
    elif refusal := model.proposer.refusal(encoding):
        why["infill"] = refusal
    bare = [encoding.text.slice(f) for f in encoding.text.features if not f.baselines]
    if lost:
        why["baseline"] = why["delete"]
    if bare:
        some = ", ".join(map(repr, bare[:3])) + (", ..." if len(bare) > 3 else "")
        why["baseline"] = (
            f"there is no baseline for {some}. Give one to each slot: "
            'Text.from_template("{name} lives.", name="Dave").with_baselines(name="Anna")'
        )
    return why
