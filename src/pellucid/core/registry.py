"""Methods, metrics and renderers, found by name without importing the others.

The name of a method is the name of its file and of the function in it: ``methods/attribution/
leave_one_out.py`` holds ``leave_one_out``. So a name is looked up in the folder tree, and only that one
module is imported. Packages add their own through the entry points ``pellucid.methods`` and
``pellucid.metrics`` (name -> ``module:function``); a name that Pellucid has itself stays Pellucid's.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pellucid.core.errors import BadOption, BrokenPlugIn, UnknownName
from pellucid.core.protocols import LADDER

__all__ = ["Card", "Kind", "catalogue", "check_options", "find", "method", "metric", "names", "renderer"]

Kind = Literal["method", "metric"]
_GROUP = {"method": "pellucid.methods", "metric": "pellucid.metrics"}


@dataclass(frozen=True)
class Card:
    """What is known of a method or metric: read off its function, its signature and its decorator."""

    name: str
    family: str
    function: Callable[..., Any]
    access: str
    summary: str
    cost: str
    paper: str
    facts: Mapping[str, Any]

    @property
    def options(self) -> dict[str, inspect.Parameter]:
        """The options it takes: the keyword-only parameters of the function."""
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}


def method(*, cost: str, paper: str) -> Callable:
    """Enter a function in the catalogue of methods. ``cost`` is in forwards or backwards, in words."""
    return _entry(cost=cost, paper=paper)


def metric(*, better: str, bounds: tuple[float, float], cost: str, paper: str, does: str = "") -> Callable:
    """Enter a function in the catalogue of metrics, with its direction and bounds.

    ``does``: where the number is a fall of the answer's probability, what was done to the text, as the
    subject of a sentence ("Removing the top features" lowers it by ...).
    """
    return _entry(cost=cost, paper=paper, better=better, bounds=bounds, does=does)


def find(kind: Kind, name: str) -> Card:
    """The card of one method or metric.

    Raises `UnknownName` with the nearest names, and `BrokenPlugIn` for one of another package that fails.
    """
    places = _places(kind)
    if name not in places:
        raise UnknownName(
            kind, name, places, f"See: pellucid methods{' --metrics' if kind == 'metric' else ''}."
        )
    place = places[name]
    if place.startswith(_GROUP[kind] + "."):
        return _card(name, place)
    try:
        card = _card(name, place)
        if kind == "metric" and "better" not in card.facts:
            raise TypeError("the function has no @metric(better=..., bounds=..., cost=..., paper=...)")
    except Exception as error:
        raise BrokenPlugIn(kind, name, place, error) from error
    return card


def names(kind: Kind) -> list[str]:
    """All names of a kind, sorted; imports none of them."""
    return sorted(_places(kind))


def catalogue(kind: Kind) -> list[Card]:
    """All cards of a kind, by family and name. A plug-in that cannot be loaded is left out, with a warning."""
    cards = []
    for name in names(kind):
        try:
            cards.append(find(kind, name))
        except BrokenPlugIn as broken:
            warnings.warn(str(broken), stacklevel=2)
    return sorted(cards, key=lambda c: (c.family, c.name))


def check_options(card: Card, options: Mapping[str, object]) -> None:
    """Refuse options that the method or metric does not take, and a seed that is none."""
    for given in options:
        if given not in card.options:
            known = ", ".join(card.options) or "none"
            raise BadOption(f'{card.name} has no option "{given}". Its options: {known}.')
    seed = options.get("seed", 0)  # the one option that means the same everywhere
    if not isinstance(seed, int) or seed < 0:
        raise BadOption(f"seed={seed!r}: a seed is a whole number from 0 on.")


def renderer(name: Literal["draw", "terminal", "html", "notebook", "image"]) -> Callable[..., Any]:
    """The function ``view.NAME.NAME``, so that results can be drawn without core importing view."""
    return getattr(importlib.import_module(f"pellucid.view.{name}"), name)


def _entry(**facts: Any) -> Callable:
    def enter(function: Callable) -> Callable:
        function.facts = facts  # type: ignore[attr-defined]
        return function

    return enter


@cache
def _places(kind: Kind) -> dict[str, str]:
    package = importlib.util.find_spec(_GROUP[kind])
    folder = Path(next(iter(package.submodule_search_locations or ()))) if package else Path()
    files = (f for f in folder.glob("*/*.py") if not f.stem.startswith("_"))
    found = {f.stem: f"{_GROUP[kind]}.{f.parent.name}.{f.stem}:{f.stem}" for f in files}
    added = {e.name: f"{e.module}:{e.attr}" for e in metadata.entry_points(group=_GROUP[kind])}
    for taken in sorted(added.keys() & found):
        warnings.warn(f'The {kind} "{taken}" of {added[taken]} is left out: Pellucid has one.', stacklevel=3)
    return added | found


@cache
def _card(name: str, place: str) -> Card:
    module, _, attribute = place.partition(":")
    function = getattr(importlib.import_module(module), attribute or name)
    facts = dict(getattr(function, "facts", {}))
    asked = getattr(get_type_hints(function).get("model"), "__name__", "")
    return Card(
        name=name,
        family=module.split(".")[-2] if module.startswith("pellucid.") else "plug-in",
        function=function,
        access=asked if asked in LADDER else LADDER[0],
        summary=(inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " "),
        cost=facts.pop("cost", ""),
        paper=facts.pop("paper", ""),
        facts=facts,
    )
