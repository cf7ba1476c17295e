"""One forward over some texts, with what passed at the sites that were asked for, and its gradients.

Rows of several lengths are padded where that changes nothing, and handed back without their padding. A gradient at
a site is that of the target's number with respect to what passes there, along every way it goes on: it is taken at
zeros that are added to the site, so that a residual stream which passes a module by is met whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import NotFinite, TargetImpossible
from pellucid.core.progress import meter
from pellucid.core.site import Site
from pellucid.core.target import Scale, Target
from pellucid.models.huggingface.batches import padded_batches
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.measures import Measure, measure_of
from pellucid.models.huggingface.rows import Row, whole
from pellucid.models.huggingface.scales import on_scale
from pellucid.models.huggingface.watch import Change, Watch, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["HuggingFaceTrace", "measure_in", "one_pass_outputs", "traced"]


@dataclass(frozen=True)
class HuggingFaceTrace:
    """`Trace` of some texts: per site one tensor a text, shape (position, ...), detached."""

    values: Mapping[Site, Sequence[Tensor]]
    gradients: Mapping[Site, Sequence[Tensor]]
    outputs: np.ndarray

    def __getitem__(self, site: str | Site) -> Tensor:
        """What passed at a site, shape (text, position, ...), for texts of one length."""
        return _stacked(self.values[Site.parse(site)])

    def row(self, site: str | Site, text: int) -> Tensor:
        """What passed at a site in one text, shape (position, ...)."""
        return self.values[Site.parse(site)][text]

    def gradient(self, site: str | Site) -> Tensor:
        """The gradient of each text's number, summed over its outputs, shape (text, position, ...)."""
        return _stacked(self.gradients[Site.parse(site)])


def traced(
    model: Inside,
    encodings: Sequence[Encoding],
    target: Target | None,
    *,
    read: Sequence[Site],
    change: Mapping[Site, Change],
    gradients: Sequence[Site],
) -> HuggingFaceTrace:
    """Run the texts once. ``outputs``: the target's, shape (text, output), or of no columns without a target."""
    rows = [whole(e) for e in encodings]
    if target is not None and target.scale == "kl" and len(rows) > 1:
        raise TargetImpossible("A divergence is from one text: trace texts one by one on the kl scale.")
    answer = target.ids if target is not None else (0,)
    lengths = [len(r) + model.head.extra_tokens(answer) for r in rows]
    # A change is told the positions of a text, so rows that are changed are not padded.
    together = "equal" if change and model.head.together == "any" else model.head.together
    values: dict[Site, list[Tensor]] = {site: [torch.empty(0)] * len(rows) for site in read}
    slopes: dict[Site, list[Tensor]] = {site: [torch.empty(0)] * len(rows) for site in gradients}
    outputs: list[np.ndarray] = [np.empty(0)] * len(rows)
    for batch in padded_batches(lengths, model.batch_tokens, together):
        found = _one_batch(model, [rows[i] for i in batch.rows], target, answer, read, change, gradients)
        real = [_real(model, lengths[i], max(lengths[j] for j in batch.rows)) for i in batch.rows]
        for kept, passed in ((values, found[0]), (slopes, found[1])):
            for site, numbers in passed.items():
                for at, i in enumerate(batch.rows):
                    kept[site][i] = _without_padding(site, numbers[at], real[at])
        for at, i in enumerate(batch.rows):
            outputs[i] = found[2][at]
    return HuggingFaceTrace(values, slopes, np.stack(outputs))


def measure_in(model: Inside, target: Target, row: Row) -> Measure:
    """What is read off logits for a target; of a divergence, from what the model says to ``row`` as it is."""

    @torch.no_grad()
    def reference() -> Tensor:
        with model.session():
            logits = model.head.logits(model.head.inputs([row], target.ids), target.ids)
        meter().spend(forwards=1, tokens=len(row))
        return logits[0]

    return measure_of(model.head, _scale(model, target), reference)


def one_pass_outputs(model: Inside, logits: Tensor, target: Target, measure: Measure) -> Tensor:
    """The target's outputs, shape (row, output), read off the logits at its answer's positions."""

    def of(answer: tuple[int, ...]) -> Tensor:
        return on_scale(measure(logits, answer)[..., target.tokens, :], _scale(model, target))

    _check_finite(model, logits)
    if not target.against_ids:
        return of(target.ids)
    if target.ids[:-1] != target.against_ids[:-1] and not model.head.closed:
        raise TargetImpossible(
            f"{target.answer!r} and {target.against!r} are read in passes of their own, and inside a model one pass "
            "is looked into. Compare answers that differ in their last token alone, e.g. of one token each."
        )
    return of(target.ids).sum(-1, keepdim=True) - of(target.against_ids).sum(-1, keepdim=True)


def _check_finite(model: Inside, logits: Tensor) -> None:
    # What is no number, or infinite, is the smallest or the largest: one pass, and no second array.
    if logits.numel() and not torch.isfinite(torch.stack(torch.aminmax(logits))).all():
        raise NotFinite(model.name, str(model.module.dtype).removeprefix("torch."))


def _scale(model: Inside, target: Target) -> Scale:
    return target.scale or model.head.scale


def _one_batch(
    model: Inside,
    rows: Sequence,
    target: Target | None,
    answer: tuple[int, ...],
    read: Sequence[Site],
    change: Mapping[Site, Change],
    gradients: Sequence[Site],
) -> tuple[dict[Site, Tensor], dict[Site, Tensor], np.ndarray]:
    added: dict[Site, Tensor] = {}
    watch = Watch(read, {**change, **{site: _adding(site, change.get(site), added) for site in gradients}})
    # Changes first: what is read at the same place is what the model goes on with.
    places = {site: model.place(site) for site in dict.fromkeys([*change, *gradients, *read])}
    with model.session(), weights_fixed(model.module) if gradients else torch.no_grad():
        inputs = model.head.inputs(rows, answer)
        with (
            torch.enable_grad() if gradients else nullcontext(),
            watching(model.module, model.name, places, watch, len(rows)),
        ):
            logits = model.head.logits(inputs, answer)
        if target is None:
            _check_finite(model, logits)
            outputs = logits.new_empty(len(rows), 0)
        else:
            outputs = one_pass_outputs(model, logits, target, measure_in(model, target, rows[0]))
        slopes = _slopes(outputs.sum(), added, gradients)
    meter().spend(forwards=len(rows), backwards=len(rows) if gradients else 0, tokens=sum(map(len, rows)))
    values = {site: watch.passed[site][-1].detach() for site in read}
    return values, slopes, outputs.detach().double().cpu().numpy()


def _adding(site: Site, change: Change | None, added: dict[Site, Tensor]) -> Change:
    """The change, and zeros whose gradient is that of the site."""

    def add(numbers: Tensor) -> Tensor:
        numbers = numbers if change is None else change(numbers)
        added[site] = torch.zeros_like(numbers, requires_grad=True)
        return numbers + added[site]

    return add


def _slopes(number: Tensor, added: Mapping[Site, Tensor], gradients: Sequence[Site]) -> dict[Site, Tensor]:
    if not gradients:
        return {}
    found = torch.autograd.grad(number, [added[site] for site in gradients], allow_unused=True)
    return {
        site: torch.zeros_like(added[site]) if slope is None else slope
        for site, slope in zip(gradients, found, strict=True)
    }


def _real(model: Inside, length: int, longest: int) -> slice:
    """The positions of a row that are not padding: its last where the answer continues the text."""
    return slice(longest - length, longest) if model.head.continues else slice(0, length)


def _without_padding(site: Site, numbers: Tensor, real: slice) -> Tensor:
    """One text's numbers at its own positions. Only the stack that reads the text is padded."""
    if site.point == "pattern":
        queries = slice(None) if site.stack in ("dec", "cross") else real
        keys = slice(None) if site.stack == "dec" else real
        return numbers[..., queries, keys]
    of_the_text = site.stack != "dec" and not (site.stack == "cross" and site.point not in ("k", "v"))
    return numbers[real] if of_the_text else numbers


def _stacked(rows: Sequence[Tensor]) -> Tensor:
    if len({row.shape for row in rows}) > 1:
        raise ValueError("The texts are of several lengths: ask for one of them, trace.row(site, text).")
    return torch.stack(list(rows))
