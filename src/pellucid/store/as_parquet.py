"""Plain rows as a Parquet file, which data frames and databases of all kinds read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.core.errors import MissingExtra

__all__ = ["check_installed", "dumps"]


def dumps(rows: Sequence[Mapping[str, Any]], facts: Mapping[str, str]) -> bytes:
    """Rows of the same names as Parquet; ``facts`` go to its metadata. Raises `MissingExtra` without pyarrow."""
    check_installed()
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([dict(row) for row in rows])
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(dict(facts)), out)
    return out.getvalue()


def check_installed() -> None:
    """Refuse, before work that takes long, what `dumps` would refuse."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Writing .parquet", "pyarrow", "data") from error
