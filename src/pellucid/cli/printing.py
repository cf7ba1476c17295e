"""Results on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pellucid.core.errors import CannotWrite

if TYPE_CHECKING:
    from pellucid.core.comparison import Comparison
    from pellucid.core.explanation import Explanation
    from pellucid.core.score import Score
    from pellucid.core.verdict import Verdict

__all__ = ["print_comparison", "print_drawn", "print_json", "print_record"]


def print_drawn(results: Any, width: int | None) -> None:
    """Results as a terminal draws them: an explanation, scores, a figure, or a list of those."""
    from pellucid.core.registry import renderer

    _print(renderer("terminal")(results, width=width))


def print_record(why: Explanation, scores: Sequence[Score], verdict: Verdict | None = None) -> None:
    """The same JSON that a ``.json`` file holds."""
    from pellucid.store import as_json

    _print(as_json.dumps(why, scores, verdict).decode().rstrip("\n"))


def print_comparison(found: Comparison) -> None:
    """The same JSON that a ``.json`` file of a comparison holds."""
    from pellucid.store import comparison_json

    _print(comparison_json.dumps(found).decode().rstrip("\n"))


def print_json(data: Any) -> None:
    """Plain data as the JSON of our files, which has words for what is no number."""
    from pellucid.store import plain

    _print(plain.dumps(data).decode().rstrip("\n"))


def _print(words: str) -> None:
    try:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # whoever read it has seen enough: not an error
    except OSError as error:
        raise CannotWrite("standard output", error.strerror or str(error)) from error
