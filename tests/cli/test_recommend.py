"""`pellucid methods --for GOAL`."""

from __future__ import annotations

import json

import pellucid


def test_the_command_says_the_same(cli):
    done = cli("methods", "--for", "words", "--access", "grey", "--width", "80")
    assert done.code == 0, done.err
    for words in ("leave_one_out", "needs WhiteBox access", "random ranking"):
        assert words in done.out
    plain = json.loads(cli("methods", "--for", "words", "--format", "json").out)
    assert plain == json.loads(json.dumps(pellucid.recommend("words").as_dict()))
    assert "goes with --for" in cli("methods", "--access", "grey").mistake
    assert "either a NAME" in cli("methods", "lime", "--for", "words").mistake
    assert "Did you mean words" in cli("methods", "--for", "word").mistake
