"""Many patches of one text in few forwards: what a target becomes when numbers from elsewhere are put at sites.

Each patch is a row. A row joins the batch in front of the first block it changes, with the states that the text has
there: what stands before is read once for all. In a causal model a row reads its positions from the first patched one
on; those before are keys and values that are known. Only the answer's states become logits. The numbers are those of
one whole forward a patch.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.last_states import answer_logits, at_answer, can_unembed
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.prefix import KnownText, reusable
from pellucid.models.huggingface.probe import first_tensor
from pellucid.models.huggingface.rows import whole
from pellucid.models.huggingface.scales import outputs_on
from pellucid.models.huggingface.trace import measure_in, one_pass_outputs
from pellucid.models.huggingface.watch import Change, Watch, part_of, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["Entry", "called", "entered", "swept", "swept_states"]

Source = Mapping[Site, Tensor]
_NOTHING = Patch(())
BEGIN = 48  # positions that are read in the time that one more beginning takes


def swept(
    model: Inside,
    encoding: Encoding,
    target: Target,
    patches: Sequence[Patch],
    source: Source,
    base: Source | None = None,
) -> np.ndarray:
    """The target's outputs under each patch, float64, shape (patch, output).

    ``source``: what is put at the sites, shape (position, ...) of the text; heads and neurons of a site are found in
    that of the whole site. ``base``: what stands at whole sites in every row, in front of what its patch puts there.
    """
    _check(model, encoding, patches, source)
    _check_base(model, base or {})
    sweep = _Sweep(model, encoding, target, source, base or {})
    if not patches:
        return np.empty((0, sweep.outputs))
    return _gathered(sweep, patches).double().cpu().numpy()


def swept_states(
    model: Inside, encoding: Encoding, target: Target, patches: Sequence[Patch], source: Source
) -> Tensor:
    """What leaves the last block under each patch where the answer is said, shape (patch, T, width)."""
    _check(model, encoding, patches, source)
    return _gathered(_StateSweep(model, encoding, target, source, {}), patches)


def _gathered(sweep: _Sweep, patches: Sequence[Patch]) -> Tensor:
    """What a sweep finds, in the order of the patches, shape (patch, ...)."""
    found: Tensor | None = None
    done = 0
    for numbers, some in sweep(patches):
        found = some.new_empty(len(patches), *some.shape[1:]) if found is None else found
        found[numbers] = some
        done += len(numbers)
        meter().advance(done, len(patches), "patching")
    assert found is not None, "there is a patch"
    return found


@dataclass(frozen=True)
class Entry:
    """What one block was called with: its states, and the rest of its arguments."""

    states: Tensor
    args: tuple
    kwargs: dict[str, Any]


class _Sweep:
    """The patches of one text and target."""

    def __init__(
        self, model: Inside, encoding: Encoding, target: Target, source: Source, base: Source
    ) -> None:
        self._model, self._target, self._source, self._base = model, target, source, base
        self._length = len(encoding.ids)
        with model.session(), torch.no_grad():
            self._inputs = model.head.inputs([whole(encoding)], target.ids)
        self._measure = measure_in(model, target, whole(encoding))
        self.outputs = outputs_on(target.scale or model.head.scale, target)
        self._known: KnownText | None = None

    def __call__(self, patches: Sequence[Patch]) -> Iterator[tuple[list[int], Tensor]]:
        """The numbers of some patches and what is found of them, shape (patch, ...), until all have come."""
        run = self._restarted if self._can_restart(patches) else self._whole
        for (start, eager), numbers in self._alike(patches).items():
            waiting = list(numbers)
            while waiting:
                size = max(1, self._model.batch_tokens // (self._length + len(self._target.ids) - start))
                size = 1 if self._model.head.together == "one" else size
                some, waiting = waiting[:size], waiting[size:]
                try:
                    yield some, run([patches[i] for i in some], start, eager)
                except (torch.OutOfMemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error) or len(some) == 1:
                        raise
                    self._model.batch_tokens //= 2
                    waiting = some + waiting

    def _alike(self, patches: Sequence[Patch]) -> dict[tuple[int, bool], list[int]]:
        """The patches' numbers by the first position that is read anew, and whether they need patterns."""
        continues = self._model.head.continues and reusable(self._model.module) and self._can_restart(patches)
        firsts = [min(patch.positions) if continues and patch.positions else 0 for patch in patches]
        start_of = _starts(firsts)
        found: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for i, (patch, first) in enumerate(zip(patches, firsts, strict=True)):
            found[start_of[first], any(site.point == "pattern" for site in patch.sites)].append(i)
        return found

    def _can_restart(self, patches: Sequence[Patch]) -> bool:
        """Whether the blocks can be run one by one, from the first that is patched to the logits.

        Not where the model is changed: a change of what enters a block would be made twice.
        """
        if self._model.changes or not can_unembed(self._model):
            return False
        in_blocks = all(site.layer is not None and not site.stack for p in patches for site in p.sites)
        in_blocks = in_blocks and not any(site.stack for site in self._base)
        stacks = self._model.anatomy
        looked_up = all(block.attention is not None for block in stacks.get("", ()))
        return list(stacks) == [""] and looked_up and in_blocks

    @torch.no_grad()
    def _whole(self, patches: Sequence[Patch], start: int, eager: bool) -> Tensor:
        """Rows that are read from the first token to the last."""
        with self._model.session(), self._patched(patches, 0):
            return self._scores(self._logits(len(patches)))

    def _logits(self, rows: int) -> Tensor:
        """The logits of whole rows at the answer's positions."""
        inputs = {name: tensor.expand(rows, *tensor.shape[1:]) for name, tensor in self._inputs.items()}
        logits = self._model.head.logits(inputs, self._target.ids)
        meter().spend(forwards=rows, tokens=rows * self._length)
        return logits

    @torch.no_grad()
    def _restarted(self, patches: Sequence[Patch], start: int, eager: bool) -> Tensor:
        """Rows that join in front of the first block that is patched."""
        model = self._model
        blocks = [parts.module for parts in model.anatomy[""]]
        with model.session():
            entries = self._entries(blocks, start, eager)
            joined: list[int] = []
            states: Tensor | None = None
            by_layer = _first_layers(patches)
            for layer, (block, entry) in enumerate(zip(blocks, entries, strict=True)):
                new = by_layer.get(layer, [])
                if new:
                    fresh = entry.states.expand(len(new), -1, -1)
                    states = fresh if states is None else torch.cat([states, fresh])
                    joined += new
                if states is not None:
                    with self._patched([patches[i] for i in joined], start, layer):
                        states = called(block, entry, states)
                    meter().spend(tokens=states.shape[0] * states.shape[1] // len(blocks))
            assert states is not None
            some = self._found(self._at_answer(states))
        meter().spend(forwards=len(patches))
        found = torch.empty_like(some)
        found[joined] = some
        return found

    def _entries(self, blocks: Sequence[nn.Module], start: int, eager: bool) -> list[Entry]:
        """What each block is called with when the text is read from a position on.

        Under the kernel that will read it: sdpa may be given no mask where eager needs one.
        """
        model = self._model
        if start and self._known is None:
            with self._patched([_NOTHING], 0):
                self._known = KnownText(model.module, self._inputs)
            meter().spend(forwards=1, tokens=self._length)
        inputs = self._known.after(start) if self._known is not None else self._inputs
        entries: list[Entry] = []
        kernel = tapped(model.module, model.name, AttentionCall.run, "eager") if eager else nullcontext()
        with self._patched([_NOTHING], start), entered(blocks, entries), kernel:
            model.head.logits(inputs, self._target.ids)
        meter().spend(forwards=1, tokens=self._length - start)
        return entries

    def _at_answer(self, states: Tensor) -> Tensor:
        return at_answer(self._model, self._inputs, self._target, states)

    def _found(self, states: Tensor) -> Tensor:
        """What is asked of the last states at the answer's positions: the outputs that their logits give."""
        return self._scores(answer_logits(self._model, states))

    def _scores(self, logits: Tensor) -> Tensor:
        return one_pass_outputs(self._model, logits, self._target, self._measure)

    @contextmanager
    def _patched(self, rows: Sequence[Patch], start: int, layer: int | None = None) -> Iterator[None]:
        """Inside, the rows of a batch are patched, each where it says, in one layer or in all."""
        model = self._model
        sites = _sites([Patch(tuple(self._base)), *rows], layer)
        changes: dict[Site, Change] = {whole: self._putting(rows, whole, start) for whole in sites}
        places = {site: model.place(site) for site in changes}
        with watching(model.module, model.name, places, Watch((), changes), len(rows)):
            yield

    def _putting(self, rows: Sequence[Patch], whole: Site, start: int) -> Change:
        """Puts the source's numbers at a site into the rows whose patch has it."""
        first = 0 if whole.point in ("k", "v") else start  # known keys and values are there, too

        def put(numbers: Tensor) -> Tensor:
            numbers = numbers.clone()
            for row, patch in enumerate(rows):
                if whole in self._base:
                    _put(numbers[row], whole, _NOTHING, first, self._base[whole])
                for site in patch.sites:
                    if site.whole == whole:
                        _put(numbers[row], site, patch, first, self._numbers(site))
            return numbers

        return put

    def _numbers(self, site: Site) -> Tensor:
        """What is put at a site: its own numbers, or its part of those of the whole site."""
        if site in self._source:
            return self._source[site]
        return part_of(site, self._source[site.whole])


class _StateSweep(_Sweep):
    """A sweep that asks for the last states themselves, where the answer is said."""

    @torch.no_grad()
    def _whole(self, patches: Sequence[Patch], start: int, eager: bool) -> Tensor:
        model, rows = self._model, len(patches)
        end = Site("resid_post", len(model.anatomy[""]) - 1)
        watch, places = Watch([end], {}), {end: model.place(end)}
        # Hooks run in the order in which they are put there: a patch of the last states is read, too.
        listening = watching(model.module, model.name, places, watch, rows)
        with model.session(), self._patched(patches, 0), listening:
            self._logits(rows)
        return self._at_answer(watch.passed[end][-1])

    def _found(self, states: Tensor) -> Tensor:
        return states


def _starts(firsts: Sequence[int]) -> dict[int, int]:
    """Where rows begin that are first patched at a position: there, or a little before, together with others.

    To begin at one more place costs a reading of the text from there and of all weights once more; to begin too early
    costs the positions in between, in half of the layers on average.
    """
    start_of: dict[int, int] = {}
    start, early = 0, float("inf")
    for first, rows in sorted(Counter(firsts).items()):
        early += rows * (first - start) / 2
        if early > BEGIN:
            start, early = first, 0.0
        start_of[first] = start
    return start_of


def _put(row: Tensor, site: Site, patch: Patch, start: int, numbers: Tensor) -> None:
    """Write ``numbers`` of a text, shape (position, ...), into one row, which begins at position ``start``."""
    into = part_of(site, row)
    length = numbers.shape[-2 if site.point == "pattern" else 0]
    places = torch.arange(start, length) if patch.positions is None else torch.tensor(patch.positions)
    taken = places if patch.taken is None else torch.tensor(patch.taken)
    places, taken = places.to(numbers.device), taken.to(numbers.device)
    if site.point == "pattern":
        into[..., places - start, :] = numbers[..., taken, :].to(into)
    else:
        into[places - start] = numbers[taken].to(into)


def _sites(patches: Sequence[Patch], layer: int | None = None) -> list[Site]:
    """The whole sites that patches have, in one layer or in all."""
    found = (site.whole for patch in patches for site in patch.sites)
    return list(dict.fromkeys(site for site in found if layer in (None, site.layer)))


def _first_layers(patches: Sequence[Patch]) -> dict[int, list[int]]:
    """The patches' numbers by the first layer that they change."""
    found: dict[int, list[int]] = defaultdict(list)
    for i, patch in enumerate(patches):
        found[min(site.layer or 0 for site in patch.sites)].append(i)
    return found


def called(block: nn.Module, entry: Entry, states: Tensor) -> Tensor:
    """The block's output, for other states than it was called with."""
    if "hidden_states" in entry.kwargs:
        output = block(*entry.args, **{**entry.kwargs, "hidden_states": states})
    else:
        output = block(states, *entry.args, **entry.kwargs)
    found = first_tensor(output)
    assert found is not None
    return found


@contextmanager
def entered(blocks: Sequence[nn.Module], entries: list[Entry]) -> Iterator[None]:
    """Inside, what each block is called with is noted."""

    def note(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        states = args[0] if args else kwargs["hidden_states"]
        entries.append(Entry(states, args[1:], kwargs))

    with ExitStack() as hooks:
        for block in blocks:
            hooks.callback(block.register_forward_pre_hook(note, with_kwargs=True).remove)
        yield


def _check(model: Inside, encoding: Encoding, patches: Sequence[Patch], source: Source) -> None:
    """Refuse before any work what cannot be patched."""
    for patch in patches:
        for site in patch.sites:
            model.place(site)
            if site not in source and site.whole not in source:
                raise ValueError(f"The source has no numbers for {site}.")
        outside = [p for p in patch.positions or () if not 0 <= p < len(encoding.ids)]
        if outside:
            raise BadOption(
                f"There is no position {outside[0]}: {model.name} reads this text as {len(encoding.ids)} tokens, "
                f"0 to {len(encoding.ids) - 1}."
            )


def _check_base(model: Inside, base: Source) -> None:
    """What stands in every row is at whole sites outside attention kernels: rows are read with and without patterns."""
    for site in base:
        if model.place(site).side == "kernel" or site != site.whole:
            raise ValueError(
                f"No base can stand at {site}: it must be a whole site in the residual stream or z."
            )
