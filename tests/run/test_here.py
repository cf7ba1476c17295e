"""A run that was stopped anywhere goes on to the same ledger as one that was not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pellucid import explain
from pellucid.core.errors import (
    BadOption,
    CannotRead,
    CannotWrite,
    MissingExtra,
    UnknownLabel,
    UnknownName,
)
from pellucid.core.explanation import Explanation
from pellucid.core.progress import Cancelled, meter, metered
from pellucid.core.provenance import Provenance
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.run import here
from pellucid.run.here import run_here
from pellucid.run.ledger import opened, records
from pellucid.run.rows import Row
from pellucid.store import as_json

ROWS = [
    Row("1", "a good film", "positive"),
    Row("2", " "),
    Row("3", "bad", "angry"),
    Row("4", "a bad film"),
    Row("5", "so so"),
]


class Fake:
    """A `BlackBox` by what it has; nothing here asks it."""

    name, fingerprint = "fake", "0123"

    def cut(self, text, unit=None):
        raise AssertionError("the fake was asked")

    generate = cut


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A model in name only: credit is the length of a word, and costs nothing, so that ledgers are equal bytes."""

    def explained(model: object, string: str, by: str, **asked: object) -> Explanation:
        if asked.get("target") == "angry":
            raise UnknownLabel("angry", "fake", ["negative", "positive"])
        meter().spend(forwards=1)
        text = Text(string).cut("word")
        credit = np.array([float(f.end - f.start) for f in text.features])
        data = xr.Dataset({"attribution": ("input", credit)}, attrs={"primary": "attribution"})
        return Explanation(data, text, Target(), Provenance("fake", "0123", by, options=asked))

    monkeypatch.setattr(here, "explain", explained)
    return Fake()


def run(model: object, rows: list[Row], out: Path, **options: object) -> list[dict]:
    return list(run_here(model, rows, "leave_one_out", out, options=options))


def test_each_row_is_explained_as_alone_and_errors_are_recorded(demo_sentiment, tmp_path):
    out = tmp_path / "run.jsonl"
    found = run(demo_sentiment, ROWS, out, unit="word")
    assert [record["id"] for record in found] == ["1", "2", "3", "4", "5"]
    assert [record["error"] is None for record in found] == [True, False, False, True, True]
    assert "The text is empty" in found[1]["error"]
    assert '"angry" is not a label' in found[2]["error"]
    found = as_json.from_tree(next(records(out))["explanation"], out)
    kept = found.explanation
    alone = explain(demo_sentiment, "a good film", "leave_one_out", target="positive", unit="word")
    xr.testing.assert_allclose(kept.data, alone.data)
    assert (kept.text, kept.target, found.scores) == (alone.text, alone.target, ())


def test_a_stop_at_any_byte_leads_to_the_same_ledger(fake, tmp_path):
    whole = tmp_path / "whole.jsonl"
    run(fake, ROWS, whole)
    content = whole.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    assert len(ends) == 1 + len(ROWS)
    out = tmp_path / "torn.jsonl"
    for cut in sorted(
        {*range(0, len(content), 97), *ends, *(end - 1 for end in ends), *(end + 1 for end in ends)}
    ):
        out.write_bytes(content[:cut])
        done = max(0, content[:cut].count(b"\n") - 1)
        assert len(run(fake, ROWS, out)) == len(ROWS) - done
        assert out.read_bytes() == content


def test_a_damaged_last_line_is_done_again_and_one_before_is_refused(fake, tmp_path):
    out = tmp_path / "run.jsonl"
    run(fake, ROWS[:3], out)
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join([*lines[:-1], b"\0" * 40 + b"\n"]))
    assert [record["id"] for record in run(fake, ROWS[:3], out)] == ["3"]
    out.write_bytes(b"".join([lines[0], b"{\n", *lines[2:]]))
    with pytest.raises(CannotRead, match="line 2 is damaged"):
        run(fake, ROWS[:3], out)


def test_rows_that_are_new_or_changed_are_done_and_no_others(fake, tmp_path):
    out = tmp_path / "run.jsonl"
    run(fake, ROWS[:2], out)
    changed = [ROWS[0], Row("2", "now a text"), Row("9", "new")]
    assert [record["id"] for record in run(fake, changed, out)] == ["2", "9"]
    assert run(fake, changed, out) == []


def test_each_record_is_on_the_disk_before_it_is_handed_out(fake, tmp_path, monkeypatch):
    out = tmp_path / "run.jsonl"
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    for record in run_here(fake, ROWS, "leave_one_out", out):
        assert list(records(out))[-1]["id"] == record["id"]
        assert synced[-1] == out.stat().st_size
    assert len(synced) == 1 + len(ROWS)


def test_another_run_on_the_same_ledger_is_refused(fake, tmp_path):
    out = tmp_path / "run.jsonl"
    run(fake, ROWS[:1], out, unit="word")
    before = out.read_bytes()
    with pytest.raises(CannotWrite, match=r"it holds another run \(options \{'unit': 'word'\} and not"):
        run(fake, ROWS, out, unit="sentence")
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"hello", b"hello\n", b"[]\n", b'{"pellucid": "explanation"}\n', b"\xff" * 99, b"\n\n"]
)
def test_the_file_of_another_is_never_touched(tmp_path, content):
    out = tmp_path / "notes.txt"
    out.write_bytes(content)
    with pytest.raises(CannotRead, match="not the ledger of a run"), opened(out, {"by": "x"}):
        pytest.fail("it was opened")
    assert out.read_bytes() == content


def test_a_newer_ledger_is_refused(tmp_path):
    out = tmp_path / "run.jsonl"
    out.write_text(json.dumps({"pellucid": "ledger", "format": 2, "plan": {}}) + "\n")
    with pytest.raises(CannotRead, match="pip install --upgrade"):
        list(records(out))


def test_a_full_disk_stops_the_run_and_it_goes_on_later(fake, tmp_path, monkeypatch):
    out = tmp_path / "run.jsonl"
    run(fake, ROWS[:1], out)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CannotWrite, match="No space left on device"):
            run(fake, ROWS, out)
    run(fake, ROWS, out)
    assert [record["id"] for record in records(out)] == ["1", "2", "3", "4", "5"]


def test_refusals_come_before_any_work(fake, tmp_path):
    out = tmp_path / "run.jsonl"
    with pytest.raises(UnknownName):
        run_here(fake, ROWS, "leave_on_out", out)
    with pytest.raises(BadOption, match='has no option "step"'):
        run_here(fake, ROWS, "leave_one_out", out, options={"step": 1})
    with pytest.raises(BadOption, match="Two rows have the same id"):
        run_here(fake, [ROWS[0], ROWS[0]], "leave_one_out", out)
    with pytest.raises(CannotWrite, match="No such file or directory"):
        run_here(fake, ROWS, "leave_one_out", tmp_path / "none" / "run.jsonl")
    assert not out.exists()


def test_what_is_no_fault_of_a_row_stops_the_run(fake, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise MissingExtra("It", "a package", "extra")

    monkeypatch.setattr(here, "explain", fail)
    out = tmp_path / "run.jsonl"
    with pytest.raises(MissingExtra):
        run(fake, ROWS, out)
    assert list(records(out)) == []


def test_progress_counts_rows_and_can_cancel(fake, tmp_path):
    out = tmp_path / "run.jsonl"
    seen = []
    with metered(lambda m: seen.append((m.done, m.total, m.doing))) as work:
        for number, _ in enumerate(run_here(fake, ROWS, "leave_one_out", out), start=1):
            if number == 3:
                work.cancel()
                break
        with pytest.raises(Cancelled):
            run(fake, ROWS, out)
    assert (2, 5, "rows") in seen
    assert [record["id"] for record in records(out)] == ["1", "2", "3"]
    assert len(run(fake, ROWS, out)) == 2
