"""Read and change what passes at sites while a model runs: hooks that always come off, and one tap of its attention.

What passes is handed over in the shape of its site (see `places`). A change is a function of it; the model goes on with
what the function returns. Nothing is kept that was not asked for, and sdpa stays in use unless patterns are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor, nn

from pellucid.core.site import Site
from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from pellucid.models.huggingface.places import Place

__all__ = ["Change", "Watch", "part_of", "watching"]

Change = Callable[[Tensor], Tensor]


@dataclass
class Watch:
    """What is read and changed, and what has passed: for each site that is read, one tensor a call."""

    read: Collection[Site]
    change: Mapping[Site, Change]
    passed: dict[Site, list[Tensor]] = field(default_factory=lambda: defaultdict(list))

    def at(self, site: Site, numbers: Tensor) -> Tensor:
        """Change and note the numbers of a site, all heads and neurons; returns what the model goes on with."""
        part = part_of(site, numbers)
        if site in self.change:
            numbers = _with_part(site, numbers, self.change[site](part))
            part = part_of(site, numbers)
        if site in self.read:
            self.passed[site].append(part)
        return numbers


@contextmanager
def watching(
    module: Any, name: str, places: Mapping[Site, Place], watch: Watch, rows: int | Callable[[Tensor], int]
) -> Iterator[None]:
    """Inside, a model that reads ``rows`` rows at a time, or so many of a tensor, is watched at all ``places``."""
    counted = rows if callable(rows) else lambda _: rows
    kernels = {site: place for site, place in places.items() if place.side == "kernel"}
    with ExitStack() as stack:
        # A change that passes a module by is added last: what the module itself writes is read and changed before.
        for site, place in sorted(places.items(), key=lambda item: item[1].back is not None):
            if place.side != "kernel":
                stack.enter_context(_hooked(site, place, watch, counted))
        if kernels:
            eager = any(site.point == "pattern" for site in kernels)
            kernel = "eager" if eager else "own"
            stack.enter_context(tapped(module, name, _handler(kernels, watch), kernel))  # type: ignore[arg-type]
        yield


@contextmanager
def _hooked(site: Site, place: Place, watch: Watch, rows: Callable[[Tensor], int]) -> Iterator[None]:
    added: list[Tensor] = []
    calls = 0

    def passing(raw: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if place.first_call_only and calls > 1:
            return raw
        numbers = place.shaped(raw, rows(raw))
        changed = watch.at(site, numbers)
        if changed is numbers:
            return raw
        if place.back is not None:
            added.append((changed - numbers).reshape(raw.shape))
        return changed.reshape(raw.shape)

    def entering(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        if args:
            return (passing(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": passing(kwargs["hidden_states"])}

    def leaving(_: nn.Module, args: tuple, output: Any) -> Any:
        return passing(output) if isinstance(output, Tensor) else (passing(output[0]), *output[1:])

    def passing_by(_: nn.Module, args: tuple, output: Any) -> Any:
        return output + added.pop() if added else output

    with ExitStack() as hooks:
        if place.side == "in":
            hooks.callback(place.module.register_forward_pre_hook(entering, with_kwargs=True).remove)
        else:
            hooks.callback(place.module.register_forward_hook(leaving).remove)
        if place.back is not None and site in watch.change:
            hooks.callback(place.back.register_forward_hook(passing_by).remove)
        yield


def _handler(
    places: Mapping[Site, Place], watch: Watch
) -> Callable[[AttentionCall], tuple[Tensor, Tensor | None]]:
    """What answers the attention of all sites that are in kernels: queries, keys, values, then patterns."""
    by_module: dict[nn.Module, dict[str, list[Site]]] = defaultdict(lambda: defaultdict(list))
    for site, place in places.items():
        by_module[place.module][site.point].append(site)

    def handle(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        sites = by_module.get(call.module, {})
        query, key, value = (
            _through(watch, sites.get(point, ()), numbers)
            for point, numbers in (("q", call.query), ("k", call.key), ("v", call.value))
        )
        call = replace(call, query=query, key=key, value=value)
        states, pattern = call.run()
        for site in sites.get("pattern", ()):
            assert pattern is not None, "patterns are read under the eager kernel"
            changed = watch.at(site, pattern)
            if changed is not pattern:
                pattern, states = changed, call.attend(changed)
        return states, pattern

    return handle


def _through(watch: Watch, sites: Sequence[Site], numbers: Tensor) -> Tensor:
    """Queries, keys or values, shape (row, head, position, width), through the sites that are there."""
    for site in sites:
        numbers = watch.at(site, numbers.transpose(1, 2)).transpose(1, 2)
    return numbers


def part_of(site: Site, numbers: Tensor) -> Tensor:
    """The part of a whole site's numbers that its head or neuron means, of one text or of rows of them; a view."""
    if site.head is not None:
        return numbers[..., site.head, :, :] if site.point == "pattern" else numbers[..., site.head, :]
    return numbers if site.neuron is None else numbers[..., site.neuron]


def _with_part(site: Site, numbers: Tensor, part: Tensor) -> Tensor:
    if site == site.whole:
        return part.to(numbers.dtype)
    whole = numbers.clone()
    part_of(site, whole)[...] = part.to(whole.dtype)
    return whole
