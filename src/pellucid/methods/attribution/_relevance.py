"""What methods of relevance propagation share: the relevance of features, and the balance of all of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Relevance, WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["propagated"]

PATENT = (
    "Layer-wise relevance propagation is patented: free for personal and scientific use; "
    "commercial use needs a licence of the patent's holders."
)
TOLERATED = 0.01


def propagated(
    model: WhiteBox,
    text: Text,
    target: Target,
    attention: Literal["products", "constant"],
    epsilon: float,
) -> xr.Dataset:
    """``attribution`` and the scalars of the balance, with notes where relevance did not arrive."""
    if epsilon < 0:
        raise BadOption(f"epsilon={epsilon}: it steadies a division, so it is 0 or more, e.g. 1e-6.")
    found = model.relevance(text, target, attention=attention, epsilon=epsilon)
    scalars = {
        "entered": found.entered,
        "unassigned": found.unassigned,
        "conservation_gap": found.gap,
        "kept_by_biases": found.biases,
        "kept_by_softmax": found.softmax,
        "kept_by_epsilon": found.epsilon,
    }
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "notes": (PATENT, *_notes(found)),
    }
    return xr.Dataset({"attribution": ("input", found.features), **scalars}, attrs=attributes)


def _notes(found: Relevance) -> tuple[str, ...]:
    """What stayed inside the model, and what no rule accounts for; each only if it is more than 1%."""
    arrived = float(np.abs(found.features).sum()) + abs(found.unassigned)
    limit = TOLERATED * max(abs(found.entered), 0.1 * arrived)
    notes = []
    if abs(found.gap) > limit:
        kept = {
            "biases and position embeddings": found.biases,
            "softmax": found.softmax,
            "epsilon": found.epsilon,
        }
        said = ", ".join(f"{amount:.3g} by {by}" for by, amount in kept.items() if abs(amount) > limit)
        said = f": kept {said}" if said else ""
        notes.append(
            f"Of the relevance {found.entered:.3g} that entered, {-found.gap:.3g} did not arrive{said}."
        )
    if abs(found.unexplained) > limit:
        notes.append(
            f"No rule accounts for {found.unexplained:.3g} of it: this model does something that relevance "
            "propagation does not know here. Do not rely on it; use integrated_gradients."
        )
    return tuple(notes)
