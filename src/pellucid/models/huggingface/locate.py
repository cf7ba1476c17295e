"""Roles to modules: where in an unchanged model things stand, found by structure, never by a list of names."""

from __future__ import annotations

from typing import Any

from torch import nn

from pellucid.core.errors import UnsupportedModel

__all__ = ["blocks_of", "reader_of", "stacks_of"]


def reader_of(module: Any) -> Any:
    """The part of a model that reads the text: the encoder where there are an encoder and a decoder.

    An encoder that stands without its decoder (T5's) embeds the text itself, beside an embedding it does not use.
    """
    if module.config.is_encoder_decoder:
        return module.get_encoder()
    alone = getattr(getattr(module, "base_model", None), "encoder", None)
    return alone if hasattr(alone, "get_input_embeddings") else module


def blocks_of(module: Any, name: str) -> list[nn.Module]:
    """The blocks that the text's residual stream passes, first to last: of the encoder, where there are two stacks."""
    return next(iter(stacks_of(module, name).values()))


def stacks_of(module: Any, name: str) -> dict[str, list[nn.Module]]:
    """The blocks of each stack: "enc" and "dec" of an encoder-decoder, "" of all other models."""
    if not module.config.is_encoder_decoder:
        return {"": _blocks(module, module.config.get_text_config().num_hidden_layers, name)}
    depths = {"enc": _depth(module.config, "encoder"), "dec": _depth(module.config, "decoder")}
    trunks = {"enc": module.get_encoder(), "dec": module.get_decoder()}
    return {stack: _blocks(trunks[stack], depths[stack], name) for stack in trunks}


def _blocks(trunk: Any, depth: int, name: str) -> list[nn.Module]:
    """The outermost list of modules that is as long as the configuration says the trunk is deep.

    Lists inside a block (experts, sub-layers) do not count. Raises `UnsupportedModel` where no list, or more than one,
    is such (layers that share their weights are one module, which is read several times).
    """
    fitting = [found for found in _outermost_lists(trunk) if len(found) == depth]
    if len(fitting) != 1:
        raise UnsupportedModel(
            name,
            f"one list of its {depth} blocks; found {len(fitting)}",
            "Methods that explain the embeddings, such as integrated_gradients, need no blocks.",
        )
    return list(fitting[0])


def _depth(config: Any, role: str) -> int:
    """How many blocks the encoder or the decoder has by the configuration."""
    named = (getattr(config, name, None) for name in (f"{role}_layers", f"num_{role}_layers"))
    return int(next((n for n in named if n), config.num_hidden_layers))


def _outermost_lists(module: nn.Module) -> list[nn.ModuleList]:
    if isinstance(module, nn.ModuleList):
        return [module]
    return [found for child in module.children() for found in _outermost_lists(child)]
