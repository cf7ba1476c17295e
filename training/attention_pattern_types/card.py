"""The table of what was measured, as it stands in the README beside this file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->"


def table(held_out: Mapping[str, Any]) -> str:
    """Which type was taken for which, and the accuracies."""
    said = held_out["said_of_each"]
    kinds = list(said)
    lines = [f"| | {' | '.join(kinds)} | right |", f"|---|{'--:|' * (len(kinds) + 1)}"]
    for kind in kinds:
        right = f"{held_out['accuracy_by_type'][kind]:.1%}"
        lines.append(f"| {kind} | {' | '.join(str(said[kind][other]) for other in kinds)} | {right} |")
    whole = (
        f"In all {held_out['accuracy']:.1%}: {held_out['accuracy_causal']:.1%} of the causal maps, "
        f"{held_out['accuracy_bidirectional']:.1%} of the others."
    )
    return "\n".join([*lines, "", whole, ""])


def write(held_out: Mapping[str, Any], to: Path = README) -> None:
    """Put the table into the README."""
    before, _, rest = to.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    to.write_text(f"{before}{BEGIN}{table(held_out)}{END}{after}", encoding="utf-8")
