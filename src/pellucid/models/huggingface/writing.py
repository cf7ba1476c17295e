"""How what stands before a projection reaches the residual stream: heads through their output, neurons through theirs.

Both are linear, but for a norm that may stand behind (Gemma): it is held at the scale that it has for the numbers
given, as in `Inside.readout`. Biases belong to no head and to no neuron, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pellucid.core.errors import BadOption
from pellucid.core.site import Site
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.relevance_rules import Absorbed, RelevanceRules

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["pulled", "pushed"]

# What a sublayer that starts at a point writes in the end.
ENDS = {"z": "attn_out", "mlp_act": "mlp_out"}


def pulled(model: Inside, site: Site, numbers: Tensor, direction: Tensor) -> Tensor:
    """A direction of the residual stream as one of the site, of the shape of ``numbers``."""
    with _written(model, site, numbers) as (leaf, wrote):
        (found,) = torch.autograd.grad(wrote, leaf, direction.to(wrote))
    return found.float()


def pushed(model: Inside, site: Site, numbers: Tensor, parts: Tensor) -> Tensor:
    """What parts of the numbers add to the residual stream, shape (part, width).

    The gradient is linear in what is sent back, and its own gradient is the map itself.
    """
    with _written(model, site, numbers) as (leaf, wrote):
        sent = torch.zeros_like(wrote, requires_grad=True)
        (back,) = torch.autograd.grad(wrote, leaf, sent, create_graph=True)
        rows = [torch.autograd.grad(back, sent, part.to(back), retain_graph=True)[0] for part in parts]
    return torch.stack(rows).float()


@contextmanager
def _written(model: Inside, site: Site, numbers: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """The numbers, and what the sublayer makes of them, shape (width,), with the gradient that is meant between."""
    if site.point not in ENDS:
        raise BadOption(
            f'"{site}" is not written through a projection. Sites that are: z.LAYER, mlp_act.LAYER.'
        )
    projection = model.place(site).module
    out = model.place(Site(ENDS[site.point], site.layer, stack=site.stack)).module  # type: ignore[arg-type]
    leaf = numbers.detach().clone().requires_grad_(True)
    with model.session(), weights_fixed(model.module), torch.enable_grad(), RelevanceRules(0.0, Absorbed()):
        wrote = projection(leaf.flatten()[None].to(model.module.dtype))
        yield leaf, (wrote if out is projection else out(wrote))[0]
