"""A tuned lens: for each layer an affine map into the coordinates of the last one; fitted, kept, read.

Belrose et al. 2023, arXiv:2303.08112. The maps are residual, ``h + A h + b``, as in the published lenses, so that a
lens of zeros is the logit lens.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.core.errors import BadOption, CannotRead, CannotWrite
from pellucid.core.protocols import WhiteBox

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TunedLens"]

CARD, MAPS = "card.json", "maps.safetensors"
PUBLISHED_CARD, PUBLISHED_MAPS = "config.json", "params.pt"


@dataclass(frozen=True, eq=False)
class TunedLens:
    """One map for what enters each block: ``weights``, shape (layer, width, width), ``biases``, shape (layer, width).

    ``card`` says of which model it is (``model``, ``fingerprint``, empty where it is not known), and how it was fitted.
    """

    weights: Tensor
    biases: Tensor
    card: Mapping[str, Any]

    def __call__(self, states: Tensor, layer: int) -> Tensor:
        """States, shape (..., width), that enter block ``layer``, as states behind the last block."""
        if layer >= len(self.weights):
            return states
        if states.shape[-1] != self.biases.shape[-1]:
            raise BadOption(
                f"This lens is of {self.card['model']}, whose states are {self.biases.shape[-1]} numbers wide; "
                f"these are {states.shape[-1]}."
            )
        weight, bias = (part[layer].to(states.device) for part in (self.weights, self.biases))
        own = states.float()
        return own + own @ weight.T + bias

    @staticmethod
    def fit(
        model: WhiteBox,
        texts: Sequence[str],
        *,
        steps: int = 300,
        positions: int = 8192,
        batch: int = 256,
        rate: float = 1e-3,
        seed: int = 0,
    ) -> TunedLens:
        """Fit a lens on texts such as the model reads: minimise ``KL(what the model says || what the lens says)``.

        Whole texts are read in a random order until there are so many ``positions``; their states at all layers are
        held in memory, 4 bytes each. Each of ``steps`` steps of Adam draws a ``batch`` of them; the ``rate`` falls
        to 0 along a line. The same seed gives the same lens.
        """
        from pellucid.methods.lens._fit import fitted

        options = {"steps": steps, "positions": positions, "batch": batch, "rate": rate, "seed": seed}
        weights, biases, read = fitted(model, texts, **options)  # type: ignore[arg-type]
        card = {"model": model.name, "fingerprint": model.fingerprint, **options, "positions": read}
        return TunedLens(weights, biases, card)

    @property
    def origin(self) -> str:
        """Where the lens comes from, in a sentence."""
        if not self.card.get("fingerprint"):
            return (
                f"The lens is a published one of {self.card['model']}; whether of these weights is not known."
            )
        return "The lens was fitted on {positions:,} positions in {steps:,} steps (seed {seed}).".format(
            **self.card
        )

    def check(self, model: WhiteBox) -> None:
        """Refuse a model that the lens is not of: of other weights, or of another depth where those are not known."""
        ours, theirs = self.card.get("fingerprint"), model.fingerprint
        if ours and ours != theirs:
            raise BadOption(
                f"This lens was fitted on {self.card['model']} (weights {ours}), not on {model.name} (weights "
                f"{theirs}). Fit one: pellucid.TunedLens.fit(model, texts).save(FOLDER)."
            )
        blocks = len(next(iter(model.blocks.values())))
        if len(self.weights) != blocks:
            raise BadOption(
                f"This lens is of {self.card['model']}, with {len(self.weights)} layers; {model.name} has {blocks}."
            )

    def save(self, path: str | Path) -> Path:
        """Write the lens into a new folder: its maps as safetensors, its card as JSON. All of it, or nothing."""
        from safetensors.torch import save_file

        path = Path(path)
        if path.exists():
            raise CannotWrite(path, "there is something of this name already")
        new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        try:
            new.mkdir()
            save_file({"weights": self.weights.contiguous(), "biases": self.biases.contiguous()}, new / MAPS)
            (new / CARD).write_text(
                json.dumps({"pellucid": "tuned lens", "format": 1, **self.card}, indent=1) + "\n"
            )
            new.rename(path)
        except OSError as error:
            raise CannotWrite(path, error.strerror or str(error)) from error
        return path

    @staticmethod
    def load(path: str | Path) -> TunedLens:
        """A lens out of the folder that `save` wrote, or one of the package tuned-lens.

        Raises `CannotRead` where there is none, or none that is whole.
        """
        folder = Path(path)
        try:
            if (folder / CARD).is_file():
                return _own(folder)
            if (folder / PUBLISHED_CARD).is_file():
                return _published(folder)
        except Exception as error:  # each of its readers has errors of its own
            raise CannotRead(
                path, f"its lens is damaged or foreign ({type(error).__name__}: {error})."
            ) from error
        raise CannotRead(
            path,
            f"there is no lens: neither {CARD} nor {PUBLISHED_CARD} with {PUBLISHED_MAPS} of tuned-lens.",
        )


def _own(folder: Path) -> TunedLens:
    from safetensors.torch import load_file

    card = json.loads((folder / CARD).read_text())
    if (card.pop("pellucid", ""), card.pop("format", 0)) != ("tuned lens", 1):
        raise ValueError("its card is not of this format")
    maps = load_file(folder / MAPS)
    return TunedLens(maps["weights"], maps["biases"], card)


def _published(folder: Path) -> TunedLens:
    """A state dict of linear layers, "0.weight", "0.bias", ...; read without running what a pickle may hold."""
    import torch

    config = json.loads((folder / PUBLISHED_CARD).read_text())
    if config.get("lens_type", "linear_tuned_lens") != "linear_tuned_lens":
        raise ValueError(f"it is a lens of type {config['lens_type']}, and linear_tuned_lens is known")
    maps = torch.load(folder / PUBLISHED_MAPS, map_location="cpu", weights_only=True)
    layers = range(int(config["num_hidden_layers"]))
    weights = torch.stack([maps[f"{layer}.weight"].float() for layer in layers])
    zeros = torch.zeros(weights.shape[-1])
    biases = torch.stack([maps.get(f"{layer}.bias", zeros).float() for layer in layers])
    return TunedLens(weights, biases, {"model": config["base_model_name_or_path"], "fingerprint": ""})
