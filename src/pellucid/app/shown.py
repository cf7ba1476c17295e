"""A saved result that a page hands in: JSON and nothing else, checked before it is believed."""

from __future__ import annotations

from pellucid.app.files import figure
from pellucid.app.outcome import Outcome, of_comparison, of_explanation
from pellucid.core.errors import CannotRead, PellucidError
from pellucid.store import as_json, comparison_json

__all__ = ["shown"]

WHERE = "the file"
MOST_FEATURES = 5_000
MOST_CHARACTERS = 500_000
MOST_LISTS = 500_000  # lists and objects: they take the interpreter for as long as they are read
MOST_BYTES = 256_000_000


def shown(content: bytes) -> Outcome:
    """The explanation or comparison in the bytes of a ``.json`` file, ready to be drawn.

    Raises `CannotRead`, with the reason, for whatever is none.
    """
    try:
        outcome = _read(content)
    except PellucidError:
        raise
    except Exception as error:
        raise CannotRead(WHERE, f"its values do not hold together ({type(error).__name__}).") from error
    figure(outcome)  # what cannot be drawn is refused now
    return outcome


def _read(content: bytes) -> Outcome:
    if content.count(b"[") + content.count(b"{") > MOST_LISTS:
        raise CannotRead(WHERE, f"it holds more than {MOST_LISTS:,} lists. Show it with Python.")
    if b'"pellucid": "comparison"' in content[:200]:
        return of_comparison(comparison_json.loads(content, WHERE), foreign=True)
    found = as_json.loads(content, WHERE)
    if len(found.explanation.text.features) > MOST_FEATURES:
        raise CannotRead(WHERE, f"its text has more than {MOST_FEATURES:,} features. Show it with Python.")
    if len(found.explanation.text.string) > MOST_CHARACTERS:
        raise CannotRead(
            WHERE, f"its text has more than {MOST_CHARACTERS:,} characters. Show it with Python."
        )
    outcome = of_explanation(found.explanation, found.scores, found.verdict, foreign=True)
    if outcome.size > MOST_BYTES:
        raise CannotRead(WHERE, "it fills more memory than this server has for it. Show it with Python.")
    return outcome
