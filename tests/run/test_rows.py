from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.core.errors import CannotRead
from pellucid.run.rows import Row, read_rows

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_json_lines(tmp_path):
    content = '{"text": "a"}\n\n{"id": 7, "text": "b\\n", "target": " x", "against": 1, "more": []}\r\n'
    content += '{"text": "", "id": null}'
    rows = read_rows(written(tmp_path, "rows.jsonl", content))
    assert rows == [Row("1", "a"), Row("7", "b\n", " x", "1"), Row("3", "")]


@pytest.mark.parametrize(("name", "mark"), [("rows.csv", ","), ("rows.tsv", "\t")])
def test_tables(tmp_path, name, mark):
    content = '\ufeffmore,text,target,id\nx,"a, ""b""\nc", t,\n\ny,,,last\n'.replace(",", mark)
    rows = read_rows(written(tmp_path, name, content))
    assert rows == [Row("1", f'a{mark} "b"\nc', " t"), Row("last", "")]


def test_columns_of_other_names(tmp_path):
    """What is called otherwise is read, and "text" is then a column like any other."""
    columns = {"text": "sentence", "target": "class"}
    table = written(tmp_path, "rows.tsv", "text\tsentence\tclass\nx\ta\t1\n")
    lines = written(tmp_path, "rows.jsonl", '{"text": "x", "sentence": "a", "class": 1}')
    assert read_rows(table, columns) == read_rows(lines, columns) == [Row("1", "a", "1")]
    with pytest.raises(CannotRead, match='no column "label"'):
        read_rows(table, {"target": "label"})
    with pytest.raises(CannotRead, match="words is missing"):
        read_rows(lines, {"text": "words"})


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_format_reads_the_same_rows(tmp_path, rows):
    expected = [
        Row(str(i), text, target or None, against or None)
        for i, (text, target, against) in enumerate(rows, start=1)
    ]
    names = ("text", "target", "against")
    lines = [json.dumps({n: v for n, v in zip(names, row, strict=True) if v or n == "text"}) for row in rows]
    assert read_rows(written(tmp_path, "rows.jsonl", "\n".join(lines))) == expected
    for name, dialect in (("rows.csv", "excel"), ("rows.tsv", "excel-tab")):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, dialect, quoting=csv.QUOTE_ALL).writerows([names, *rows])
        assert read_rows(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.txt", "a", "rows are read from .jsonl, .ndjson, .csv, .tsv files"),
        ("none.jsonl", None, "No such file or directory"),
        ("rows.csv", b"text\n\xff", "it is not UTF-8 text (byte 5)"),
        ("rows.jsonl", "", "it has no rows"),
        ("rows.csv", "text\n", "it has no rows"),
        ("rows.csv", "", 'its first line names no column "text" (found: nothing)'),
        ("rows.csv", "a,b\n1,2", 'its first line names no column "text" (found: a, b)'),
        ("rows.csv", 'text\nx\n"y', "line 3: unexpected end of data"),
        ("rows.csv", 'text,id\n"x\ny",1\na,b,c\n', "line 4: 3 cells for 2 columns"),
        ("rows.csv", "id,text\n1,a\n2,b\n1,c\n", 'line 4: the id "1" stands on line 2 too'),
        ("rows.csv", "text,id\na,\nb,1\n", 'line 3: the id "1" stands on line 2 too'),
        ("rows.jsonl", '{"text": "a"}\n{"text": ', "line 2: it is not JSON (Expecting value)"),
        ("rows.jsonl", "[" * 100_000, "line 1: it is not JSON (nested too deeply)"),
        ("rows.jsonl", '"hello"', 'line 1: a row is an object, e.g. {"text": "..."}'),
        ("rows.jsonl", '{"txt": "a"}', "line 1: text is missing"),
        ("rows.jsonl", '{"text": ["a"]}', "line 1: text is not a string"),
        (
            "rows.jsonl",
            '{"text": "a", "target": 0.5}',
            "line 1: target is neither a string nor a whole number",
        ),
        ("rows.jsonl", '{"text": "a", "against": true}', "line 1: against is neither"),
        ("rows.jsonl", "{}\n\n[]", "line 1: text is missing; line 3: a row is an object"),
        ("rows.jsonl", "5\n" * 9, "; and 4 more."),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, name, content, words):
    path = tmp_path / name if content is None else written(tmp_path, name, content)
    with pytest.raises(CannotRead) as caught:
        read_rows(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_key_is_all_that_a_row_says():
    rows = [
        Row("1", "a"),
        Row("2", "a"),
        Row("1", "b"),
        Row("1", "a", "x"),
        Row("1", "a", None, "x"),
        Row("1", "a", ""),
    ]
    assert len({row.key for row in rows}) == len(rows)
    assert Row("1", "a").key == Row("1", "a").key
