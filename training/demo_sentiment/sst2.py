"""Reading SST-2 as one sentence and one label a line."""

from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    sentence: str
    label: int  # 1 is positive


def read(path: Path) -> list[Row]:
    """The rows of a `sentence<TAB>label` file."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        sentence, label = line.rsplit("\t", 1)
        rows.append(Row(sentence, int(label)))
    return rows
