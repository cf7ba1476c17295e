"""A method's options become flags: types, words, defaults, and what is refused."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import pytest

from pellucid.cli.evaluate import DEFAULT_METRICS
from pellucid.cli.explain import DEFAULT_METHOD, explain
from pellucid.cli.options import Option, asked_by, convert, flag, options_of, prose_of, with_flags
from pellucid.core.errors import BadOption
from pellucid.core.protocols import GreyBox
from pellucid.core.registry import Card, catalogue
from pellucid.verbs import evaluate as verb_evaluate
from pellucid.verbs import explain as verb_explain


def made_up(
    model: GreyBox,
    *,
    top_k: int = 3,
    share: float | None = None,
    how: Literal["delete", "mask"] = "delete",
    levels: tuple[float, ...] = (0.1, 0.5),
    pair: tuple[int, str] = (1, "a"),
    spans: tuple[tuple[int, int], ...] = ((4, 10), (12, 20)),
    careful: bool = False,
    either: int | Literal["auto"] = "auto",
    hook: object = None,
) -> None:
    """Made up.

    More words.

    :param top_k: how many
        to keep.
    :param share: a part.
    """


CARD = Card("made_up", "family", made_up, "GreyBox", "Made up.", "nothing", "nowhere", {})


def option(kind: Any) -> Option:
    return Option("some_name", kind, None, "")


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (int, "12", 12),
        (int, "-3", -3),
        (float, "1e-3", 0.001),
        (str, "a b", "a b"),
        (bool, "true", True),
        (Literal["delete", "mask"], "mask", "mask"),
        (Literal["delete", "mask"] | None, "none", None),
        (int | None, "None", None),
        (int | None, "4", 4),
        (int | Literal["auto"], "auto", "auto"),
        (tuple[float, ...], "0.1, 0.5", (0.1, 0.5)),
        (tuple[int, ...], "", ()),
        (tuple[int, str], "1,a", (1, "a")),
        (tuple[int, ...] | None, "3,4", (3, 4)),
        (Literal[1, 2], "2", 2),
        (tuple[tuple[int, int], ...], "4:10, 12:20", ((4, 10), (12, 20))),
        (tuple[tuple[int, int], ...], "4:10", ((4, 10),)),
    ],
)
def test_values_become_their_type(kind, typed, value):
    got = convert(option(kind), typed)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        (int, "1.5", "a whole number"),
        (int, "", "a whole number"),
        (float, "x", "a number"),
        (float, "nan", "a finite number"),
        (float, "inf", "a finite number"),
        (Literal["delete", "mask"], "dlete", "one of delete, mask (did you mean delete?)"),
        (Literal["delete", "mask"] | None, "zzz", "one of delete, mask."),
        (int | Literal["auto"], "aut", "a whole number or one of auto (did you mean auto?)"),
        (tuple[float, ...], "0.1,x", "a number"),
        (tuple[int, str], "1", "2 values with commas between them"),
        (tuple[tuple[int, int], ...], "4,10", "2 values with colons between them"),
        (tuple[tuple[int, int], ...], "4:x", "a whole number"),
    ],
)
def test_bad_values_are_refused_with_what_is_possible(kind, typed, says):
    with pytest.raises(BadOption) as refused:
        convert(option(kind), typed)
    assert f"--some-name {typed!r}" in str(refused.value)
    assert says in str(refused.value)


def test_options_come_from_signature_and_docstring():
    options = {o.name: o for o in options_of(CARD)}
    assert options["top_k"].words == "how many to keep."
    assert options["share"].words == "a part."
    assert options["top_k"].shown_default == "3"
    assert options["levels"].shown_default == "0.1,0.5"
    assert options["share"].shown_default == ""
    assert options["how"].choices == "delete|mask"
    assert options["levels"].choices == "NUMBER,..."
    assert options["spans"].choices == "INTEGER:INTEGER,..."
    assert options["spans"].shown_default == "4:10,12:20"
    assert prose_of(CARD) == "Made up.\n\nMore words."


def test_only_what_was_typed_is_passed_on():
    seen: dict[str, Any] = {}

    def command(text: str, *, options: dict[str, dict[str, Any]]) -> None:
        seen.update(options)

    filled = with_flags(command, [CARD])
    untouched = {name: None for name in inspect.signature(filled).parameters if name != "text"}
    filled(**{**untouched, "text": "t", "top_k": "7", "careful": True})
    assert seen == {"made_up": {"top_k": 7, "careful": True}}


def test_what_cannot_be_typed_has_no_flag():
    filled = with_flags(lambda *, options: None, [CARD])
    assert "hook" not in inspect.signature(filled).parameters
    assert "either" in inspect.signature(filled).parameters


@pytest.mark.parametrize("kind", ["method", "metric"])
def test_every_registered_option_has_a_flag_and_words(kind):
    own = set(inspect.signature(explain).parameters)
    for card in catalogue(kind):
        flags = inspect.signature(with_flags(lambda *, options: None, [card])).parameters
        for o in options_of(card):
            assert o.name in flags, f"{card.name}: {o.name} has a type that cannot be typed"
            assert o.words, f"{card.name}: {o.name} has no words"
            assert kind == "metric" or o.name not in own, f"{card.name}: {o.name} is a flag of explain itself"


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (["explain", "text"], ["default"]),
        (["explain", "text", "--by", "a"], ["a"]),
        (["explain", "--by=a", "text"], ["a"]),
        (["evaluate", "--by", "a", "f", "--by", "b"], ["a", "b"]),
        (["explain", "--", "--by", "a"], ["default"]),
        (["explain", "--by"], ["default"]),
    ],
)
def test_by_is_found_before_the_rest(argv, names):
    assert asked_by(argv, ["default"]) == names


def test_flags_are_typed_with_dashes():
    assert flag("top_k") == "--top-k"


def test_defaults_are_those_of_the_verbs():
    assert DEFAULT_METHOD == verb_explain.DEFAULT_METHOD
    assert DEFAULT_METRICS == verb_evaluate.DEFAULT_METRICS
