"""A model that is changed at sites for a while: whatever is asked of it meanwhile is asked of the changed model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from torch import Tensor, nn

from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.core.site import Site
from pellucid.models.huggingface.watch import Change, Watch, watching

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["changing", "know"]


@contextmanager
def changing(model: Inside, change: Mapping[Site, Change]) -> Iterator[None]:
    """Inside, every forward of the model is changed at the sites; other threads wait until it is over.

    The changes get a name that no others have, by which the memo and the fingerprint tell them from the model as it is.
    """
    know(model)
    places = {site: model.place(site) for site in change}
    shared = next((site for site, place in places.items() if place.first_call_only), None)
    if shared is not None:
        raise BadOption(
            f'"{shared}": {model.name} reads the text and the answer through one embedding. Change enc.resid_pre.0.'
        )
    watch = Watch((), {site: _of_any_shape(site, what) for site, what in change.items()})
    read = [1]

    def count(_: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        read[0] = next(t.shape[0] for t in (*args, *kwargs.values()) if isinstance(t, Tensor))

    def rows(numbers: Tensor) -> int:
        """Some layers read all rows and positions in one dim."""
        return numbers.shape[0] if numbers.ndim == 3 else read[0]

    with model.session():
        before = model.changes
        hook = model.module.register_forward_pre_hook(count, with_kwargs=True)
        try:
            with watching(model.module, model.name, places, watch, rows):
                model.changes = {**before, uuid4().hex[:8]: tuple(change)}
                yield
        finally:
            model.changes = before
            hook.remove()


def know(model: Inside) -> None:
    """What is found by following numbers is found in the model as it is."""
    _ = model.anatomy
    with suppress(UnsupportedModel):
        _ = model.unembedding


def _of_any_shape(site: Site, what: Change) -> Change:
    def change(numbers: Tensor) -> Tensor:
        found = what(numbers)
        if found.shape != numbers.shape:
            raise BadOption(
                f"The change of {site} makes numbers of shape {tuple(found.shape)} of {tuple(numbers.shape)}. "
                "It is handed any number of rows and positions, and returns as many."
            )
        return found

    return change
