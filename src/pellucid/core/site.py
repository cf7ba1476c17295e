"""A place in a transformer, and how it is spelled.

Grammar: ``[stack.]point[.layer][.coordinate]``, e.g. ``resid_post.10``, ``z.9.h9`` (head 9 of layer 9),
``mlp_act.5.n123`` (one neuron), ``enc.pattern.3.h0``, ``embed``. The spellings of TransformerLens
(``blocks.5.attn.hook_z``) are accepted as aliases and read as the same places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from pellucid.core.errors import BadOption

__all__ = ["POINTS", "Patch", "Point", "Site"]

Stack = Literal["", "enc", "dec", "cross"]
Point = Literal[
    "embed", "resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out", "attn_raw", "mlp_raw",
    "z", "q", "k", "v", "pattern", "mlp_act",
]  # fmt: skip
POINTS: tuple[str, ...] = get_args(Point)
PER_HEAD = ("z", "q", "k", "v", "pattern")

PER_CROSS = (*PER_HEAD, "attn_out", "attn_raw")

_SITE = re.compile(r"(?:(enc|dec|cross)\.)?([a-z_]+)(?:\.([0-9]+))?(?:\.([hn])([0-9]+))?")
_ALIAS = re.compile(r"blocks\.([0-9]+)\.([a-z_.]+)")
_ALIASED = {f"attn.hook_{point}": point for point in PER_HEAD} | {"mlp.hook_post": "mlp_act"}
_ALIASED |= {
    f"hook_{point}": point for point in ("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out")
}


@dataclass(frozen=True, slots=True)
class Site:
    """One place: a point of one layer, optionally of one head or one neuron. Layers count from 0."""

    point: Point
    layer: int | None = None
    head: int | None = None
    neuron: int | None = None
    stack: Stack = ""

    def __post_init__(self) -> None:
        if self.point not in POINTS:
            raise BadOption(f'"{self.point}" is not a point of a transformer. Points: {", ".join(POINTS)}.')
        if (self.point == "embed") != (self.layer is None):
            raise BadOption(f'"{self}" is not a site: every point but embed has a layer, e.g. resid_post.5.')
        if self.stack not in get_args(Stack):
            raise BadOption(f'"{self.stack}" is not a stack of an encoder-decoder. Stacks: enc, dec, cross.')
        if min(self.layer or 0, self.head or 0, self.neuron or 0) < 0:
            raise BadOption(f'"{self}" is not a site: layers, heads and neurons count from 0.')
        if self.stack == "cross" and self.point not in PER_CROSS:
            raise BadOption(f'"{self}" is not a site: cross-attention has only {", ".join(PER_CROSS)}.')
        if self.head is not None and self.point not in PER_HEAD:
            raise BadOption(f'"{self}" is not a site: only {", ".join(PER_HEAD)} have heads.')
        if self.neuron is not None and self.point != "mlp_act":
            raise BadOption(f'"{self}" is not a site: only mlp_act has neurons.')

    @property
    def whole(self) -> Site:
        """The site with all its heads or neurons."""
        return Site(self.point, self.layer, stack=self.stack)

    @staticmethod
    def parse(spelling: str | Site) -> Site:
        """The site a string means. Raises `BadOption` with the grammar for anything else."""
        if isinstance(spelling, Site):
            return spelling
        if alias := _ALIAS.fullmatch(spelling):
            if alias[2] in _ALIASED:
                return Site(_ALIASED[alias[2]], int(alias[1]))  # type: ignore[arg-type]
        elif spelling == "hook_embed":
            return Site("embed")
        elif found := _SITE.fullmatch(spelling):
            stack, point, layer, kind, number = found.groups()
            coordinate = None if number is None else int(number)
            return Site(
                point,  # type: ignore[arg-type]
                None if layer is None else int(layer),
                coordinate if kind == "h" else None,
                coordinate if kind == "n" else None,
                stack or "",  # type: ignore[arg-type]
            )
        raise BadOption(
            f'"{spelling}" is not a site. Write point.layer[.hHEAD|.nNEURON], e.g. resid_post.5, z.9.h9.'
        )

    def __str__(self) -> str:
        layer = "" if self.layer is None else str(self.layer)
        head = "" if self.head is None else f"h{self.head}"
        neuron = "" if self.neuron is None else f"n{self.neuron}"
        return ".".join(part for part in (self.stack, self.point, layer, head, neuron) if part)


@dataclass(frozen=True, slots=True)
class Patch:
    """What is put elsewhere: the numbers at some sites, at some positions of the text (None: at all).

    Positions of a pattern are those of its queries. ``taken``: the position of the source that each of ``positions``
    gets its numbers from; None is the same one.
    """

    sites: tuple[Site, ...]
    positions: tuple[int, ...] | None = None
    taken: tuple[int, ...] | None = None

    @staticmethod
    def at(*sites: str | Site, positions: Iterable[int] | None = None) -> Patch:
        """A patch from spellings of sites."""
        places = None if positions is None else tuple(sorted(set(positions)))
        return Patch(tuple(Site.parse(site) for site in sites), places)

    @staticmethod
    def moved(site: str | Site, taken: int, position: int) -> Patch:
        """A patch that puts the numbers of one position of the source into another of the text."""
        return Patch((Site.parse(site),), (position,), (taken,))
