"""A model with other weights for a while: shuffled from its head down, or with noise on a text's embeddings.

Other tensors are put in the place of the model's own, which nobody writes to. So afterwards the model is what it was,
whatever happened meanwhile, and weights that two modules share are still shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.models.huggingface.changed import know
from pellucid.models.huggingface.embeddings import embedding_of
from pellucid.models.huggingface.locate import stacks_of
from pellucid.models.huggingface.probe import probe

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["behind_the_blocks", "noising", "randomizing"]

Slot = tuple[nn.Module, str]
"""A module, and the name of one of its own parameters."""


@contextmanager
def randomizing(model: Inside, blocks: int, seed: int) -> Iterator[None]:
    """Inside, the entries of each weight of the head and of the last ``blocks`` blocks stand in another order.

    Of two stacks the decoder's blocks are the last. The same seed shuffles a weight the same way however many blocks
    are asked for. Embeddings stay, also where the head shares its matrix with them.
    """
    stacks = stacks_of(model.module, model.name)
    last_first = [block for stack in reversed(stacks.values()) for block in reversed(stack)]
    if not 0 <= blocks <= len(last_first):
        raise BadOption(
            f"blocks={blocks}: {model.name} has {len(last_first)} blocks, and 0 is the head alone."
        )
    parts = [*reversed(model.behind), *(m for block in last_first[:blocks] for m in block.modules())]
    slots = [(part, name) for part in parts for name, p in part._parameters.items() if p is not None]
    draw = torch.Generator().manual_seed(seed)
    with _other_weights(model, slots, f"shuffled-{blocks}-{seed}", lambda weight: _shuffled(weight, draw)):
        yield


@contextmanager
def noising(model: Inside, ids: Sequence[int], radius: float, seed: int) -> Iterator[None]:
    """Inside, the embeddings of these tokens are other points nearby.

    To each of their numbers a uniform one is added, of up to ``radius`` standard deviations of the embeddings.
    """
    if not radius > 0:
        raise BadOption(
            f"radius={radius}: noise has a size above 0, in standard deviations of the embeddings."
        )
    rows = torch.tensor(sorted(set(ids)))
    draw = torch.Generator().manual_seed(seed)

    def noised(weight: Tensor) -> Tensor:
        reach = radius * float(weight.float().std())
        noise = (2 * torch.rand(len(rows), weight.shape[1], generator=draw) - 1) * reach
        found = weight.clone()
        found[rows.to(weight.device)] += noise.to(weight)
        return found

    read = "-".join(map(str, rows.tolist()))
    with _other_weights(
        model, [(embedding_of(model.module), "weight")], f"noise-{radius}-{seed}-{read}", noised
    ):
        yield


def behind_the_blocks(module: Any, name: str) -> list[nn.Module]:
    """The modules that run behind the last block alone, in their order: found by one short forward."""
    blocks = [block for stack in stacks_of(module, name).values() for block in stack]
    inside = {inner for block in blocks for inner in block.modules()}
    before: dict[nn.Module, None] = {}
    behind: dict[nn.Module, None] = {}
    passed: list[bool] = []

    def note(part: nn.Module, _: Any) -> None:
        (behind if passed else before)[part] = None

    with ExitStack() as hooks:
        for part in module.modules():
            if part not in inside:
                hooks.callback(part.register_forward_pre_hook(note).remove)
        hooks.callback(blocks[-1].register_forward_hook(lambda *_: passed.append(True)).remove)
        probe(module)
    return [part for part in behind if part not in before]


@contextmanager
def _other_weights(
    model: Inside, slots: Sequence[Slot], name: str, make: Callable[[Tensor], Tensor]
) -> Iterator[None]:
    """Inside, other weights stand in the slots: ``make`` is called once for each weight, in the slots' order.

    ``name`` is a part of the memo's keys and of the fingerprint meanwhile.
    """
    for part, called in slots:
        _check_plain(part._parameters[called], model.name)
    with model.session():
        know(model)
        before = model.changes
        with ExitStack() as undo:
            made = _made(slots, make)
            undo.callback(setattr, model, "changes", before)
            for part, called in slots:
                own = part._parameters[called]
                undo.callback(part._parameters.__setitem__, called, own)
                part._parameters[called] = made[id(own)]
            model.changes = {**before, name: ()}
            yield


@torch.no_grad()
def _made(slots: Sequence[Slot], make: Callable[[Tensor], Tensor]) -> Mapping[int, nn.Parameter]:
    """A new parameter for each one in the slots, by its identity: what was shared among them stays shared."""
    own = {id(p): p for part, called in slots if (p := part._parameters[called]) is not None}
    return {key: nn.Parameter(make(p.detach()), requires_grad=p.requires_grad) for key, p in own.items()}


def _shuffled(weight: Tensor, draw: torch.Generator) -> Tensor:
    order = torch.randperm(weight.numel(), generator=draw).to(weight.device)
    return weight.flatten()[order].reshape(weight.shape)


def _check_plain(weight: Any, name: str) -> None:
    if type(weight) is not nn.Parameter or weight.is_meta or not weight.is_floating_point():
        raise UnsupportedModel(
            name,
            "weights that are plain numbers in memory",
            'These are quantized, or kept elsewhere. Load it with dtype="float32" or dtype="bfloat16".',
        )
