"""Roles to modules: where in an unchanged model things stand, found by structure, never by a list of names."""

from __future__ import annotations

from typing import Any

from torch import nn

from pellucid.core.errors import UnsupportedModel

__all__ = ["blocks_of", "reader_of"]


def reader_of(module: Any) -> Any:
    """The part of a model that reads the text: the encoder where there are an encoder and a decoder.

    An encoder that stands without its decoder (T5's) embeds the text itself, beside an embedding it does not use.
    """
    if module.config.is_encoder_decoder:
        return module.get_encoder()
    alone = getattr(getattr(module, "base_model", None), "encoder", None)
    return alone if hasattr(alone, "get_input_embeddings") else module


def blocks_of(module: Any, name: str) -> list[nn.Module]:
    """The blocks that the text's residual stream passes, first to last.

    They are the outermost list of modules that is as long as the configuration says the model is deep: lists
    inside a block (experts, sub-layers) do not count. Raises `UnsupportedModel` where no list, or more than
    one, is such (layers that share their weights are one module, which is read several times).
    """
    depth = _depth(module)
    fitting = [found for found in _outermost_lists(reader_of(module)) if len(found) == depth]
    if len(fitting) != 1:
        raise UnsupportedModel(
            name,
            f"one list of its {depth} blocks; found {len(fitting)}",
            "Methods that explain the embeddings, such as integrated_gradients, need no blocks.",
        )
    return list(fitting[0])


def _depth(module: Any) -> int:
    config = reader_of(module).config.get_text_config()
    return int(getattr(config, "encoder_layers", None) or config.num_hidden_layers)


def _outermost_lists(module: nn.Module) -> list[nn.ModuleList]:
    if isinstance(module, nn.ModuleList):
        return [module]
    return [found for child in module.children() for found in _outermost_lists(child)]
