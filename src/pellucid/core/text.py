"""A text and the features it is cut into: the spans that are perturbed and credited.

Four units: ``token`` (the model's own; only a model can cut these), ``word`` and ``sentence`` (Unicode
rules, no tokenizer needed) and ``segment`` (the named slots of a template). Offsets are half-open ranges
of Python characters, so ``string[start:end]`` is always exactly what a feature is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import Formatter
from typing import Literal, get_args

from pellucid.core.errors import BadOption, EmptyText

__all__ = ["UNITS", "Feature", "Text", "Unit"]

Unit = Literal["token", "word", "sentence", "segment"]
UNITS: tuple[str, ...] = get_args(Unit)

# UAX 29 word boundaries as the `regex` package implements them; whitespace runs are separators.
_WORD = r"\b"
# A sentence ends after terminal punctuation (with closing quotes or brackets) before a space, after the
# full-width CJK marks (without one), or at a line break; not after an abbreviation that never ends one.
_SENTENCE_END = r"""
    (?<= [.!?…؟۔।] ["'”’)\]]* ) (?<! \b(?i: mr | mrs | ms | dr | prof | vs | e\.g | i\.e )\. ) \s+ (?=\S)
  | (?<= [。！？] [”’）」』]* ) (?= [^\s。！？”’）」』] )
  | \n+
"""


@dataclass(frozen=True, slots=True)
class Feature:
    """One span of a text: ``string[start:end]``, with a name if the template named it."""

    start: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A string, the unit it is cut into, and the parts that are frozen (never perturbed, never credited).

    ``features`` is empty until the text is cut. Segments come cut from `from_template`; words and
    sentences from `cut`; tokens from the model. A feature never overlaps a frozen range.
    """

    string: str
    unit: Unit = "token"
    features: tuple[Feature, ...] = ()
    frozen: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise BadOption(f'unit="{self.unit}" is not known. Units: {", ".join(UNITS)}.')
        for start, end in [*self.frozen, *((f.start, f.end) for f in self.features)]:
            if not 0 <= start < end <= len(self.string):
                raise BadOption(
                    f"The span ({start}, {end}) is not inside a text of {len(self.string)} characters."
                )

    @staticmethod
    def of(text: str | Text) -> Text:
        """``text`` itself, or the plain text of a string."""
        return text if isinstance(text, Text) else Text(text)

    @staticmethod
    def from_template(template: str, /, **slots: str) -> Text:
        """A text whose named slots are its features and whose fixed wording is frozen.

        ``{{`` and ``}}`` are plain braces, as in `str.format`; a slot is a name and nothing more. Raises
        `BadOption` for slots without a value and values without a slot.

        >>> text = Text.from_template("Q: {question}\\nContext: {context}", question="Who?", context="Ada.")
        >>> [(f.name, text.slice(f)) for f in text.features]
        [('question', 'Who?'), ('context', 'Ada.')]
        """
        parsed = _parsed(template)
        _check_slots([name for _, name in parsed if name is not None], slots)
        pieces, features, at = [], [], 0
        for literal, name in parsed:
            value = "" if name is None else str(slots[name])
            pieces += [literal, value]
            at += len(literal)
            if value:
                features.append(Feature(at, at + len(value), name or ""))
            at += len(value)
        if not features:
            raise EmptyText("Every slot of the template is empty")
        return Text("".join(pieces), "segment", tuple(features))._freeze_the_rest()

    def cut(self, unit: Unit) -> Text:
        """The same text cut into words or sentences. Frozen parts stay out of every feature.

        Words follow Unicode's word boundaries: an emoji sequence, a punctuation mark, or a character of a
        script that writes no spaces (Han, Thai) is a word of its own; white space belongs to none.
        """
        if unit == "segment":
            if self.unit != "segment":
                raise BadOption(
                    'unit="segment" needs a text with named slots: Text.from_template("... {name} ...").'
                )
            return self
        if unit == "token":
            raise BadOption('Only a model can cut tokens: use model.cut(text, "token").')
        spans = _words(self.string) if unit == "word" else _sentences(self.string)
        return self.with_features(unit, [Feature(*span) for span in spans])

    def with_features(self, unit: Unit, features: Iterable[Feature]) -> Text:
        """The same text with these features, less those that touch a frozen range."""
        free = tuple(f for f in features if not self.is_frozen(f.start, f.end))
        if not free:
            raise EmptyText(
                "The text has no feature that may change" if self.string.strip() else "The text is empty"
            )
        return replace(self, unit=unit, features=free)

    def freeze(self, *parts: str | tuple[int, int]) -> Text:
        """The same text with these parts frozen; a string means each of its occurrences."""
        ranges = list(self.frozen)
        for part in parts:
            found = list(_occurrences(self.string, part)) if isinstance(part, str) else [part]
            if not found:
                raise BadOption(f"{part!r} cannot be frozen: it does not occur in the text.")
            ranges += found
        frozen = replace(self, features=(), frozen=tuple(sorted(set(ranges))))
        return frozen.with_features(self.unit, self.features) if self.features else frozen

    def is_frozen(self, start: int, end: int) -> bool:
        """Whether any character of the range is frozen."""
        return any(start < b and a < end for a, b in self.frozen)

    def slice(self, feature: Feature) -> str:
        """The characters of a feature."""
        return self.string[feature.start : feature.end]

    def keep(self, mask: Sequence[bool]) -> str:
        """The string without the features whose mask is False (for models that read text only).

        Of the two spaces that surround a removed word one goes with it; all other layout stays as it is.
        """
        removed = [f for f, kept in zip(self.features, mask, strict=True) if not kept]
        kept, at = "", 0
        for f in removed:
            kept = _joined(kept, self.string[at : f.start])
            at = max(at, f.end)
        rest = self.string[at:]
        if not removed:
            return self.string
        return _joined(kept, rest) if rest else kept.removesuffix(" ")

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {
            "string": self.string,
            "unit": self.unit,
            "features": [[f.start, f.end, f.name] for f in self.features],
            "frozen": [list(span) for span in self.frozen],
        }

    @staticmethod
    def from_dict(data: Mapping) -> Text:
        """The inverse of `as_dict`."""
        features = tuple(Feature(int(a), int(b), str(name)) for a, b, name in data["features"])
        return Text(
            str(data["string"]), data["unit"], features, tuple((int(a), int(b)) for a, b in data["frozen"])
        )

    def _freeze_the_rest(self) -> Text:
        ranges, at = [], 0
        for f in self.features:
            if at < f.start:
                ranges.append((at, f.start))
            at = f.end
        if at < len(self.string):
            ranges.append((at, len(self.string)))
        return replace(self, frozen=tuple(ranges))


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """The literal pieces of a template, each with the name of the slot after it."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise BadOption(
            f"The template cannot be read: {error}. Write a plain brace twice: {{{{ or }}}}."
        ) from error
    for _, name, form, conversion in parsed:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise BadOption(f'The template has the slot "{{{name}}}": write a name alone, e.g. {{question}}.')
    return [(literal, name) for literal, name, _, _ in parsed]


def _check_slots(named: Sequence[str], slots: Mapping[str, object]) -> None:
    missing = [name for name in dict.fromkeys(named) if name not in slots]
    extra = [name for name in slots if name not in named]
    if missing or extra:
        faults = [f"no value for {', '.join(missing)}"] * bool(missing)
        faults += [f"no slot for the value of {', '.join(extra)}"] * bool(extra)
        there = ", ".join(dict.fromkeys(named)) or "none"
        raise BadOption(f"The template does not fit its values: {'; '.join(faults)}. Its slots: {there}.")


def _joined(left: str, right: str) -> str:
    return left + (right.removeprefix(" ") if not left or left[-1].isspace() else right)


def _words(string: str) -> list[tuple[int, int]]:
    import regex

    ends = [m.start() for m in regex.finditer(_WORD, string, flags=regex.WORD | regex.V1)]
    edges = sorted({0, len(string), *ends})
    return [(a, b) for a, b in pairwise(edges) if not string[a:b].isspace()]


def _sentences(string: str) -> list[tuple[int, int]]:
    import regex

    spans, at = [], 0
    for gap in regex.finditer(_SENTENCE_END, string, flags=regex.VERBOSE):
        spans.append((at, gap.start()))
        at = gap.end()
    spans.append((at, len(string)))
    return [s for s in (_stripped(string, *span) for span in spans) if s[0] < s[1]]


def _stripped(string: str, start: int, end: int) -> tuple[int, int]:
    while start < end and string[start].isspace():
        start += 1
    while end > start and string[end - 1].isspace():
        end -= 1
    return start, end


def _occurrences(string: str, part: str) -> Iterable[tuple[int, int]]:
    at = string.find(part) if part else -1
    while at >= 0:
        yield at, at + len(part)
        at = string.find(part, at + len(part))
