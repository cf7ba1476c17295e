"""`pellucid methods`: the catalogue, and the full card of one of its entries."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pellucid.cli.options import flag, options_of, prose_of
from pellucid.cli.printing import print_drawn, print_json
from pellucid.cli.shared import Format, Width
from pellucid.core.errors import BadOption

if TYPE_CHECKING:
    from pellucid.core.figure import Figure
    from pellucid.core.registry import Card, Kind

__all__ = ["methods"]

_RECOMMEND = "Which to use"


def methods(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One of them: its full card.", show_default=False)
    ] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="The metrics instead of the methods.")] = False,
    goal: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="GOAL",
            help="Which to use for a goal: words, trust, documents, inside, cause, circuits, knows.",
            rich_help_panel=_RECOMMEND,
        ),
    ] = None,
    access: Annotated[
        Literal["black", "grey", "white"] | None,
        typer.Option(
            metavar="NAME",
            help="What the model gives: black (text), grey (scores), white (its inside).",
            rich_help_panel=_RECOMMEND,
        ),
    ] = None,
    unit: Annotated[
        Literal["token", "word", "sentence", "segment"] | None,
        typer.Option(metavar="NAME", help="What the text will be cut into.", rich_help_panel=_RECOMMEND),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="The most forwards and backwards a text.", rich_help_panel=_RECOMMEND
        ),
    ] = None,
    audience: Annotated[
        Literal["researcher", "lay", "auditor"] | None,
        typer.Option(
            metavar="NAME", help="Who reads it: researcher, lay or auditor.", rich_help_panel=_RECOMMEND
        ),
    ] = None,
    format: Format = "text",
    width: Width = None,
) -> None:
    """What there is: its family, the access to a model it needs, what it costs, what it is for.

    With --for, which of them to use, what they scored on the bundled models, and what they cannot do.
    """
    narrowed = {"access": access, "unit": unit, "budget": budget, "audience": audience}
    if goal is not None:
        _recommend(goal, name, narrowed, format, width)
        return
    if given := [flag(word) for word, value in narrowed.items() if value is not None]:
        raise BadOption(f"{', '.join(given)} goes with --for GOAL, e.g. --for words.")
    from pellucid.core.registry import catalogue, find, names

    kind: Kind = "metric" if metrics else "method"
    if name is None:
        cards = catalogue(kind)
        print_json([_plain(c) for c in cards]) if format == "json" else print_drawn(
            _listed(kind, cards), width
        )
        return
    if name not in names(kind) and name in names("metric"):
        kind = "metric"  # a name says which it is
    card = find(kind, name)
    print_json(_plain(card)) if format == "json" else print_drawn(_card(kind, card), width)


def _recommend(goal: str, name: str | None, narrowed: dict[str, Any], format: str, width: int | None) -> None:
    if name is not None:
        raise BadOption(f'Give either a NAME ("{name}") or --for GOAL.')
    from pellucid.verbs.recommend import recommend

    found = recommend(goal, **narrowed)
    print_json(found.as_dict()) if format == "json" else print_drawn(found, width)


def _listed(kind: str, cards: list[Card]) -> Figure:
    """One table a family; what an entry costs stands under what it does."""
    from pellucid.core.figure import Figure, Prose, Table

    parts: list[Any] = []
    for family, members in groupby(cards, key=lambda c: c.family):
        rows = [row for c in members for row in ((c.name, c.access, c.summary), ("", "", f"Cost: {c.cost}."))]
        parts.append(Table((family, "access", "what it does"), tuple(rows)))
    parts.append(Prose(f"pellucid methods NAME shows the full card of a {kind}, with its options."))
    return Figure(f"{kind.capitalize()}s", tuple(parts))


def _card(kind: str, card: Card) -> Figure:
    from pellucid.core.figure import Figure, Prose, Table

    facts = [("family", card.family), ("access", card.access), ("cost", card.cost), ("paper", card.paper)]
    facts += [(name, _range(value) if name == "bounds" else str(value)) for name, value in card.facts.items()]
    options = tuple((flag(o.name), o.choices, o.shown_default, o.words) for o in options_of(card))
    parts: list[Any] = [Prose(paragraph) for paragraph in _paragraphs(prose_of(card))]
    parts.append(Table(("", ""), tuple(facts)))
    parts.append(
        Table(("option", "values", "default", "meaning"), options) if options else Prose("It has no options.")
    )
    parts.append(Prose(_how_to_use(kind, card.name)))
    return Figure(f"{card.name} ({kind})", tuple(parts))


def _how_to_use(kind: str, name: str) -> str:
    return f"pellucid {f'explain TEXT --by {name}' if kind == 'method' else f'evaluate FILE --by {name}'}"


def _paragraphs(doc: str) -> list[str]:
    return [" ".join(p.split()) for p in doc.split("\n\n")]


def _range(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"from {low:g} to {high:g}"


def _plain(card: Card) -> dict[str, Any]:
    options = [
        {"name": o.name, "flag": flag(o.name), "values": o.choices, "default": o.default, "meaning": o.words}
        for o in options_of(card)
    ]
    facts = {
        name: [str(v) if v in (float("inf"), float("-inf")) else v for v in value]
        if name == "bounds"
        else value
        for name, value in card.facts.items()
    }
    return {
        "name": card.name,
        "family": card.family,
        "access": card.access,
        "cost": card.cost,
        "paper": card.paper,
        "summary": card.summary,
        **facts,
        "options": options,
    }
