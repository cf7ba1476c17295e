"""A text and the features it is cut into: the spans that are perturbed and credited.

Four units: ``token`` (the model's own; only a model can cut these), ``word`` and ``sentence`` (Unicode
rules, no tokenizer needed) and ``segment`` (the named slots of a template). Offsets are half-open ranges
of Python characters, so ``string[start:end]`` is always exactly what a feature is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.template import DOCUMENTS, Document, Piece, filled, with_documents

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
    """One span of a text: ``string[start:end]``, with a name if the template named it.

    ``baselines``: what could stand in its place just as well, one or several ways (`Text.with_baselines`).
    """

    start: int
    end: int
    name: str = ""
    baselines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A string, the unit it is cut into, and the parts that are frozen (never perturbed, never credited).

    ``features`` is empty until the text is cut. Segments come cut from `from_template`; words and
    sentences from `cut`; tokens from the model. A feature never overlaps a frozen range.

    ``seam``: where the second of two sequences begins (see `pair`), or None for a text of one. The line break in
    front of it stands between the two and belongs to neither; no feature crosses it.

    ``turns``: of a chat as the model's template writes it (``model.chat``), what its messages say, each with its name,
    or the slots of a message that has some. Such a string holds its special tokens already. None for no chat.
    """

    string: str
    unit: Unit = "token"
    features: tuple[Feature, ...] = ()
    frozen: tuple[tuple[int, int], ...] = ()
    seam: int | None = None
    turns: tuple[Feature, ...] | None = None

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise BadOption(f'unit="{self.unit}" is not known. Units: {", ".join(UNITS)}.')
        spans = [(f.start, f.end) for f in (*self.features, *(self.turns or ()))]
        for start, end in [*self.frozen, *spans]:
            if not 0 <= start < end <= len(self.string):
                raise BadOption(
                    f"The span ({start}, {end}) is not inside a text of {len(self.string)} characters."
                )
        if self.seam is not None:
            self._check_seam(self.seam)

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
        return Text._of_pieces(filled(template, slots))

    @staticmethod
    def from_documents(
        question: str,
        documents: Sequence[Document],
        *,
        template: str = DOCUMENTS,
        credit_question: bool = False,
    ) -> Text:
        """A question and the documents it is to be answered from, each document a feature with a name.

        ``documents``: strings, called "document 1", "document 2", ..., or pairs (name, string). They stand, with an
        empty line between two, in the slot ``{documents}`` of the ``template``; the question in ``{question}`` is
        frozen like the other wording, unless ``credit_question``. Names are never part of what the model reads.

        >>> text = Text.from_documents("Who?", ["It was Ada.", ("weather", "It rains.")])
        >>> [(f.name, text.slice(f)) for f in text.features]
        [('document 1', 'It was Ada.'), ('weather', 'It rains.')]
        """
        return Text._of_pieces(with_documents(question, documents, template, credit_question=credit_question))

    def with_baselines(self, /, **baselines: str | Sequence[str]) -> Text:
        """The same text whose slots know what could stand in them just as well: one string, or several.

        ``ablate="baseline"`` puts these in the place of what is removed; it is the default once every slot
        has one. Raises `BadOption` for a name that is no slot of the text.

        >>> text = Text.from_template("{name} lives in {city}", name="Dave", city="Palm Coast")
        >>> [f.baselines for f in text.with_baselines(name="Anna", city=["Boston", "Rome"]).features]
        [('Anna',), ('Boston', 'Rome')]
        """
        named = [f.name for f in self.features if f.name]
        extra = [name for name in baselines if name not in named]
        if extra:
            there = ", ".join(dict.fromkeys(named)) or "none; they come with Text.from_template"
            raise BadOption(f"There is no slot for the baseline of {', '.join(extra)}. Slots: {there}.")
        found = {name: (b,) if isinstance(b, str) else tuple(map(str, b)) for name, b in baselines.items()}
        empty = [name for name, several in found.items() if not several]
        if empty:
            raise BadOption(f"The slot {', '.join(empty)} has no baseline: give a string, or several.")
        features = tuple(replace(f, baselines=found.get(f.name, f.baselines)) for f in self.features)
        return replace(self, features=features)

    @staticmethod
    def pair(first: str | Text, second: str | Text) -> Text:
        """One text of two sequences: a premise and its hypothesis, a question and its context.

        A model that was trained on pairs reads them as its tokenizer joins two. What is frozen in a part stays so,
        and so do the segments of a template; ``unit="segment"`` makes one feature of a part that has none. Raises
        `EmptyText` for a part of nothing.

        >>> text = Text.pair("Who wrote it?", "It was written by Ada.")
        >>> [text.string[start:end] for start, end in text.parts]
        ['Who wrote it?', 'It was written by Ada.']
        """
        one, other = Text.of(first), Text.of(second)
        for which, part in (("first", one), ("second", other)):
            if not part.string.strip():
                raise EmptyText(f"The {which} part of the pair is empty")
        seam = len(one.string) + 1
        frozen = one.frozen + tuple((a + seam, b + seam) for a, b in other.frozen)
        pair = Text(f"{one.string}\n{other.string}", frozen=frozen, seam=seam)
        if "segment" not in (one.unit, other.unit):
            return pair
        whole = pair._halves()
        ours = one.features if one.unit == "segment" else whole[:1]
        moved = [replace(f, start=f.start + seam, end=f.end + seam) for f in other.features]
        return pair.with_features("segment", [*ours, *(moved if other.unit == "segment" else whole[1:])])

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """The range of each sequence: two of a pair, else one."""
        if self.seam is None:
            return ((0, len(self.string)),)
        return ((0, self.seam - 1), (self.seam, len(self.string)))

    def cut(self, unit: Unit) -> Text:
        """The same text cut into words or sentences. Frozen parts stay out of every feature.

        Words follow Unicode's word boundaries: an emoji sequence, a punctuation mark, or a character of a
        script that writes no spaces (Han, Thai) is a word of its own; white space belongs to none. Slots and
        messages are cut each for itself, and their sentences keep their names.
        """
        if unit == "segment":
            if self.unit == "segment":
                return self
            if self.turns is not None:
                return self.with_features(unit, self.turns)
            if self.seam is None:
                raise BadOption(
                    'unit="segment" needs a text with named slots, Text.from_template("... {name} ..."), or of two '
                    "parts, Text.pair(first, second), or a chat."
                )
            return self.with_features(unit, self._halves())
        if unit == "token":
            raise BadOption('Only a model can cut tokens: use model.cut(text, "token").')
        found = []
        for slot in self._slots:  # one by one: what surrounds a slot is no part of its words
            string, at = self.string[slot.start : slot.end], slot.start
            if unit == "word":
                found += [Feature(at + a, at + b) for a, b in _words(string)]
            else:
                found += [Feature(at + a, at + b, slot.name) for a, b in _sentences(string)]
        return self.with_features(unit, found)

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

    def freeze_named(self, *names: str) -> Text:
        """The same text with these parts frozen: slots, documents, or the messages of a chat.

        A name without its number means all that have it: ``user`` each message of the user.
        """
        frozen = self
        for name in names:
            found = [
                f for f in self._slots if f.name and name in (f.name, f.name.rstrip("0123456789").rstrip())
            ]
            if not found:
                there = ", ".join(dict.fromkeys(f.name for f in self._slots if f.name)) or "none"
                raise BadOption(
                    f'Nothing in the text is called "{name}", so it cannot be frozen. Names: {there}.'
                )
            frozen = frozen.freeze(*((f.start, f.end) for f in found))
        return frozen

    def is_frozen(self, start: int, end: int) -> bool:
        """Whether any character of the range is frozen."""
        return any(start < b and a < end for a, b in self.frozen)

    def place(self, part: str | tuple[int, int], within: tuple[int, int] | None = None) -> tuple[int, int]:
        """The range of a part that stands once in the text, or in its range ``within``; a range as it is.

        Raises `BadOption` for what is not there, and for what is there twice, with the ranges to choose from.
        """
        low, high = within or (0, len(self.string))
        if not isinstance(part, str):
            if not low <= part[0] < part[1] <= high:
                raise BadOption(
                    f"The range {part[0]}:{part[1]} is not inside characters {low}:{high} of the text."
                )
            return part
        found = [(a + low, b + low) for a, b in _occurrences(self.string[low:high], part)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise BadOption(f"{part!r} does not stand in {self.string[low:high]!r}.")
        ranges = ", ".join(f"({a}, {b})" for a, b in found)
        raise BadOption(
            f"{part!r} stands {len(found)} times in the text, at {ranges}. Say which with its range: at={found[0]}, "
            f"or --at {found[0][0]}:{found[0][1]}."
        )

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
            "features": [_as_list(f) for f in self.features],
            "frozen": [list(span) for span in self.frozen],
            "seam": self.seam,
            "turns": None if self.turns is None else [_as_list(f) for f in self.turns],
        }

    @staticmethod
    def from_dict(data: Mapping) -> Text:
        """The inverse of `as_dict`."""
        features = tuple(_from_list(f) for f in data["features"])
        frozen = tuple((int(a), int(b)) for a, b in data["frozen"])
        turns = data.get("turns")
        said = None if turns is None else tuple(_from_list(f) for f in turns)
        return Text(str(data["string"]), data["unit"], features, frozen, data.get("seam"), said)

    def _halves(self) -> list[Feature]:
        return [Feature(*part, name) for name, part in zip(("first", "second"), self.parts, strict=True)]

    def _check_seam(self, seam: int) -> None:
        if not (2 <= seam < len(self.string) and self.string[seam - 1] == "\n"):
            raise BadOption(f"There is no seam at character {seam}: make a text of two parts with Text.pair.")
        crossing = [f for f in self.features if f.start < seam - 1 < f.end or f.start < seam < f.end]
        if crossing:
            raise BadOption(
                f"The span ({crossing[0].start}, {crossing[0].end}) crosses the seam of the pair."
            )

    @property
    def _slots(self) -> tuple[Feature, ...]:
        """What words and sentences are cut from: each slot or message, else the whole string."""
        named = self.turns if self.turns is not None else self.features if self.unit == "segment" else ()
        return named or (Feature(0, len(self.string)),)

    @staticmethod
    def _of_pieces(pieces: Iterable[Piece]) -> Text:
        """One text, the named pieces its features, everything else frozen."""
        string, features = "", []
        for piece, name in pieces:
            if piece and name is not None:
                features.append(Feature(len(string), len(string) + len(piece), name))
            string += piece
        if not features:
            raise EmptyText("Every slot of the template is empty")
        return Text(string, "segment", tuple(features))._freeze_the_rest()

    def _freeze_the_rest(self) -> Text:
        ranges, at = [], 0
        for f in self.features:
            if at < f.start:
                ranges.append((at, f.start))
            at = f.end
        if at < len(self.string):
            ranges.append((at, len(self.string)))
        return replace(self, frozen=tuple(ranges))


def _as_list(feature: Feature) -> list:
    start, end, name, baselines = feature.start, feature.end, feature.name, feature.baselines
    return [start, end, name, *([list(baselines)] if baselines else [])]


def _from_list(data: Sequence) -> Feature:
    start, end, name, *baselines = data
    return Feature(int(start), int(end), str(name), *map(tuple, baselines))


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
