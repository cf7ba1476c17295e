"""Which layers' attention is looked at, and the refusals of those that cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.core.errors import BadOption, TargetImpossible, UnsupportedModel
from pellucid.core.protocols import WhiteBox

__all__ = ["all_layers", "chosen_layers", "site", "text_stack"]

INSTEAD = "Methods that do not open attention, such as integrated_gradients, work on it."


def text_stack(model: WhiteBox) -> str:
    """The stack that reads the text: the only one, or the encoder."""
    return "" if "" in model.blocks else "enc"


def chosen_layers(model: WhiteBox, asked: Sequence[int] | None, stack: str) -> tuple[int, ...]:
    """The layers that are asked for, by default all whose attention can be looked into; all of as many heads.

    Raises `UnsupportedModel` where there is none, and `BadOption` for others.
    """
    blocks = model.blocks[stack]
    there = [layer for layer, block in enumerate(blocks) if block.heads]
    if not there:
        raise UnsupportedModel(
            model.name, "attention that can be looked into; its attention is its own code", INSTEAD
        )
    wanted = tuple(there if asked is None else asked)
    known = ",".join(map(str, there))
    if not wanted or set(wanted) - set(there):
        said = ",".join(map(str, wanted))
        raise BadOption(f"layers={said}: the layers of {model.name} whose attention can be read are {known}.")
    heads = {blocks[layer].heads for layer in wanted}
    if len(heads) > 1:
        each = ", ".join(f"{layer}: {blocks[layer].heads}" for layer in wanted)
        raise BadOption(
            f"The layers of {model.name} differ in their heads ({each}): name layers that have as many."
        )
    return wanted


def all_layers(model: WhiteBox, by: str) -> range:
    """Every layer of a model of one stack, for methods that follow attention from the answer down to the text."""
    if "" not in model.blocks:
        raise TargetImpossible(
            f"{by} follows attention through one stack of layers, and {model.name} reads with an encoder and writes "
            "with a decoder. Use attention_x_gradient, which knows both."
        )
    lacking = [layer for layer, block in enumerate(model.blocks[""]) if not block.heads]
    if lacking:
        raise UnsupportedModel(
            model.name,
            "attention that can be looked into in every layer; layer "
            f"{lacking[0]} has none, and what passes there is not known",
            INSTEAD,
        )
    return range(len(model.blocks[""]))


def site(stack: str, point: str, layer: int) -> str:
    """The spelling of a point of a layer of a stack."""
    return f"{stack}.{point}.{layer}" if stack else f"{point}.{layer}"
