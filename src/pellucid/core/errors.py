"""Every error a user can cause, and its words: what was asked, what is possible, what to type.

The command line prints these in one line, without a traceback, and exits with code 2.
Anything else that is raised is a defect of Pellucid.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "AblationImpossible",
    "BadOption",
    "BrokenPlugIn",
    "Cancelled",
    "CannotRead",
    "CannotWrite",
    "EmptyTarget",
    "EmptyText",
    "MismatchedModel",
    "MissingExtra",
    "NeedsAccess",
    "NotFinite",
    "PellucidError",
    "TargetImpossible",
    "TextTooLong",
    "UnknownLabel",
    "UnknownName",
    "UnsupportedModel",
]


class PellucidError(Exception):
    """A user's mistake, or a request that cannot be met. Its text is the whole message."""


class Cancelled(PellucidError):
    """The work was stopped on request; nothing was written."""

    def __init__(self) -> None:
        super().__init__("Cancelled. Nothing was written.")


class UnknownName(PellucidError):
    """A method, metric, model or other name that is not in its list; the nearest names are offered."""

    def __init__(self, kind: str, asked: str, available: Iterable[str], hint: str = "") -> None:
        names = sorted(available)
        near = difflib.get_close_matches(asked, names, n=3, cutoff=0.5)
        said = f'"{asked}" is not a {kind}.'
        if near:
            said += f" Did you mean {_listed(near, 'or')}?"
        elif names:
            said += f" There are: {', '.join(names)}."
        super().__init__(f"{said} {hint}".strip())


class UnknownLabel(PellucidError):
    """A target that a classifier does not have."""

    def __init__(self, asked: object, model: str, labels: Sequence[str]) -> None:
        shown = ", ".join(labels[:20]) + (f", ... ({len(labels)} in all)" if len(labels) > 20 else "")
        super().__init__(f'"{asked}" is not a label of {model}. Labels: {shown}.')


class EmptyText(PellucidError):
    """A text in which there is nothing to explain."""

    def __init__(self, why: str = "The text is empty") -> None:
        super().__init__(f"{why}: there is nothing to explain. Give at least one word.")


class TextTooLong(PellucidError):
    """Text and answer together do not fit the model's context."""

    def __init__(self, tokens: int, limit: int, model: str) -> None:
        super().__init__(
            f"The text and its answer are {tokens} tokens; {model} reads at most {limit}. "
            "Shorten the text, or use --truncate (truncate=True) to keep what fits."
        )


class EmptyTarget(PellucidError):
    """A target string that becomes no token at all."""

    def __init__(self, asked: str, model: str) -> None:
        super().__init__(
            f"The target {asked!r} becomes no token of {model}. Give the text of an answer, e.g. ' Paris'."
        )


class TargetImpossible(PellucidError):
    """A target that this model cannot be asked about (scale, contrast, number of masks)."""


class AblationImpossible(PellucidError):
    """A way of removing features that this model cannot do."""

    def __init__(self, asked: str, model: str, why: str, possible: Iterable[str]) -> None:
        super().__init__(
            f'ablate="{asked}" does not work on {model}: {why}. Possible: {", ".join(possible)}.'
        )


class NeedsAccess(PellucidError):
    """A method asks more of a model than that model gives."""

    def __init__(self, name: str, needs: str, model: str, has: str, instead: Iterable[str] = ()) -> None:
        others = ", ".join(sorted(instead))
        tail = f" With {has} access there are: {others}." if others else ""
        super().__init__(f"{name} needs {needs} access, and {model} gives {has} access.{tail}")


class BadOption(PellucidError):
    """An option that does not exist, or a value it cannot take."""


class BrokenPlugIn(PellucidError):
    """A method or metric of another package that cannot be imported."""

    def __init__(self, kind: str, name: str, place: str, error: BaseException) -> None:
        super().__init__(
            f'The {kind} "{name}" comes from another package and cannot be loaded: {place} gives '
            f"{type(error).__name__}: {' '.join(str(error).split())}. Repair or uninstall that package."
        )


class UnsupportedModel(PellucidError):
    """A model the loader could not make sense of."""

    def __init__(self, name: str, looked_for: str, hint: str = "") -> None:
        super().__init__(f'Cannot use "{name}" as a model: looked for {looked_for}. {hint}'.strip())


class MissingExtra(PellucidError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(f"{feature} needs {package}. Install it with: pip install 'pellucid[{extra}]'")


class NotFinite(PellucidError):
    """The model answered NaN or infinity."""

    def __init__(self, model: str, dtype: str) -> None:
        super().__init__(
            f"{model} gave a score that is not a number (its weights run as {dtype}). "
            'Load it with dtype="float32", and check that its weights are whole.'
        )


class CannotRead(PellucidError):
    """A file that is missing, damaged, foreign, or from a newer Pellucid."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"Cannot read {path}: {why}")


class CannotWrite(PellucidError):
    """A path where nothing can be written."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"Cannot write {path}: {why}. Nothing was written.")


class MismatchedModel(PellucidError):
    """An explanation of one model, measured on another."""

    def __init__(self, explained: str, given: str, one: str, other: str) -> None:
        super().__init__(
            f"This explanation was made on {explained} (weights {one}), not on {given} (weights {other}). "
            "Load the model that was explained, or explain again."
        )


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
