"""A rationale is typed as ranges of characters."""

from __future__ import annotations

import json

TEXT = "A slow start, but the ending is wonderful."


def test_ranges_are_typed_with_colons(cli):
    cli(
        "explain",
        TEXT,
        "--model",
        "demo-sentiment",
        "--unit",
        "word",
        "--no-evaluate",
        "--out",
        "a.json",
        "-q",
    )
    done = cli(
        "evaluate", "a.json", "--by", "token_f1", "--rationale", "2:6, 32:41", "--format", "json", "-q"
    )
    assert done.code == 0
    (score,) = json.loads(done.out)["scores"]
    assert score["provenance"]["options"]["rationale"] == [[2, 6], [32, 41]]
    assert score["parts"]["gold"] == [2]
    assert "INTEGER:INTEGER" in cli("evaluate", "--by", "token_f1", "--help").out


def test_what_names_nothing_is_a_mistake(cli):
    cli(
        "explain",
        TEXT,
        "--model",
        "demo-sentiment",
        "--unit",
        "word",
        "--no-evaluate",
        "--out",
        "a.json",
        "-q",
    )
    for given, says in (
        ([], "--rationale 4:10,12:20"),
        (["--rationale", "2:600"], "not inside a text of 42 characters"),
        (["--rationale", "1:2"], "touches no feature"),
        (["--rationale", "4"], "2 values with colons between them"),
    ):
        assert says in cli("evaluate", "a.json", "--by", "auprc", *given).mistake
