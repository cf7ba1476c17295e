"""Comparisons come back exactly; files that are foreign, damaged or too new are refused in one clear line."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, CannotRead, MissingExtra
from pellucid.store import as_parquet, comparison_json
from pellucid.verbs.comparison_files import check_comparison_suffix, read_comparison, save_comparison
from tests.core.test_comparison import NAN, compared


@pytest.fixture
def found():
    value = np.random.default_rng(0).normal(size=(3, 2, 2))
    value[0, 1, 0] = NAN
    return compared(value, better=("higher", "lower"), baselines=1, resamples=20)


def test_it_comes_back_exactly(found, tmp_path) -> None:
    for save in (save_comparison, pellucid.save):
        back = read_comparison(save(found, tmp_path / "a.json"))
        assert back.data.identical(found.data)
        assert back.provenance == found.provenance
    content = comparison_json.dumps(found)
    assert comparison_json.dumps(comparison_json.loads(content, "a.json")) == content
    assert b"NaN" in content
    json.loads(content, parse_constant=lambda name: pytest.fail(f"{name} is no standard JSON"))


def test_it_is_drawn_into_files(found, tmp_path) -> None:
    assert "frontier" in save_comparison(found, tmp_path / "a.txt").read_text()
    assert "<html" in save_comparison(found, tmp_path / "a.html").read_text()
    with pytest.raises(BadOption, match=r"\.json, \.parquet, \.html, \.txt"):
        save_comparison(found, tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pellucid": "explanation"}, "it is not a comparison"),
        ({"format": 99}, "Upgrade"),
        ({"value": None}, '"value" is not a list'),
        ({"value": [[[0.5]]]}, "do not hold together"),
        ({"value": [[["x", 1.0], [1.0, 1.0]]] * 3}, '"value[0][0][0]" is not a number'),
        ({"seconds": [[1.0, 1.0]]}, "do not hold together"),
        ({"better": ["higher", "up"]}, '"better[1]" is not one of higher, lower'),
        ({"reason": [[["", ""]] * 2] * 3}, "exactly when"),
        ({"provenance": {}}, '"provenance'),
        ({"resamples": 0}, "resamples is 1 or more"),
        ({"resamples": 0.5}, '"resamples" is not a whole number'),
    ],
)  # fmt: skip
def test_damaged_files_are_refused_with_the_field(found, change, says) -> None:
    record = json.loads(comparison_json.dumps(found)) | change
    with pytest.raises(CannotRead) as caught:
        comparison_json.loads(json.dumps(record).encode(), "a.json")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_comparison_is_refused(found, tmp_path) -> None:
    for field in json.loads(comparison_json.dumps(found)):
        record = json.loads(comparison_json.dumps(found))
        del record[field]
        if field != "written_by":
            with pytest.raises(CannotRead):
                comparison_json.loads(json.dumps(record).encode(), "a.json")
    with pytest.raises(CannotRead, match="not JSON"):
        comparison_json.loads(b"\xff", "a.json")
    with pytest.raises(CannotRead, match="No such file"):
        read_comparison(tmp_path / "gone.json")
    with pytest.raises(CannotRead, match=r"from \.json files"):
        read_comparison(tmp_path / "a.parquet")


def test_parquet_says_what_is_missing(found, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for refused in (check_comparison_suffix, lambda path: save_comparison(found, path)):
        with pytest.raises(MissingExtra, match=r"needs pyarrow.*pip install 'pellucid\[data\]'"):
            refused(tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_every_number(found, tmp_path) -> None:
    from pyarrow import parquet

    table = parquet.read_table(save_comparison(found, tmp_path / "a.parquet"))
    assert table.schema.metadata[b"model"] == b"demo-lm"
    rows = table.to_pylist()
    for row, expected in zip(rows, found.rows(), strict=True):
        for name, value in expected.items():
            np.testing.assert_equal(row[name], value)
    assert as_parquet.dumps(found.rows(), {}) == as_parquet.dumps(found.rows(), {})
