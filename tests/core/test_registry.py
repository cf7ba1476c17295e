"""Names are found without importing what was not asked for; plug-ins are found, and cannot break the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pellucid.core import registry
from pellucid.core.errors import BadOption, BrokenPlugIn, UnknownName
from pellucid.core.registry import catalogue, check_options, find, names


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Installs a distribution whose one module has this source and these entry points."""

    def install(source: str, entry_points: str) -> None:
        info = tmp_path / "pellucid_fake-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pellucid-fake\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        (tmp_path / "pellucid_fake.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        forget()

    yield install
    forget()


def forget() -> None:
    registry._places.cache_clear()
    registry._card.cache_clear()
    sys.modules.pop("pellucid_fake", None)


GOOD = '''
from pellucid.core.protocols import GreyBox
from pellucid.core.registry import method, metric

@method(cost="one forward", paper="Fake 2026")
def coin_toss(model: GreyBox, text, target, *, seed: int = 0):
    """Toss a coin
    for each feature.

    More words.
    """

@metric(better="higher", bounds=(0, 1), cost="none", paper="Fake 2026")
def luck(why, model): "Luck."
'''


def test_the_card_is_read_off_the_function():
    card = find("method", "leave_one_out")
    assert (card.name, card.family, card.access) == ("leave_one_out", "attribution", "GreyBox")
    assert card.summary.startswith("Remove one feature at a time")
    assert list(card.options) == ["ablate"]
    assert card.cost
    assert card.paper


def test_finding_one_imports_no_other():
    code = """
import json, sys
from pellucid.core.registry import find
find("method", "leave_one_out")
print(json.dumps([m for m in sys.modules if m.startswith("pellucid.")]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in json.loads(done.stdout) if not name.startswith("pellucid.core")}
    assert loaded == {
        "pellucid.methods",
        "pellucid.methods.attribution",
        "pellucid.methods.attribution.leave_one_out",
    }


def test_unknown_names_give_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean leave_one_out"):
        find("method", "leave_on_out")
    with pytest.raises(UnknownName, match="pellucid methods --metrics"):
        find("metric", "zzz")


def test_unknown_options_are_refused_with_those_there_are():
    card = find("method", "leave_one_out")
    check_options(card, {"ablate": "delete"})
    with pytest.raises(BadOption, match=r'leave_one_out has no option "seed". Its options: ablate'):
        check_options(card, {"seed": 1})


def test_plug_ins_are_found(plug_in):
    before = names("method")
    plug_in(
        GOOD,
        "[pellucid.methods]\ncoin_toss = pellucid_fake:coin_toss\n[pellucid.metrics]\nluck=pellucid_fake : luck\n",
    )
    assert names("method") == sorted([*before, "coin_toss"])
    assert "pellucid_fake" not in sys.modules, "listing names imports nothing"
    card = find("method", "coin_toss")
    assert (card.family, card.access, card.cost) == ("plug-in", "GreyBox", "one forward")
    assert card.summary == "Toss a coin for each feature."
    assert list(card.options) == ["seed"]
    assert find("metric", "luck").facts == {"better": "higher", "bounds": (0, 1), "does": ""}
    assert "coin_toss" in [c.name for c in catalogue("method")]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def other(): ...", "AttributeError: module 'pellucid_fake' has no attribute 'coin_toss'"),
        ("def coin_toss(", "SyntaxError"),
        ("coin_toss = 5", "TypeError"),
        ("def coin_toss(model: Missing): ...", "NameError: name 'Missing' is not defined"),
    ],
)
def test_a_broken_plug_in_is_named_and_breaks_nothing_else(plug_in, source, words):
    plug_in(
        f"from __future__ import annotations\n{source}",
        "[pellucid.methods]\ncoin_toss = pellucid_fake:coin_toss\n",
    )
    with pytest.raises(BrokenPlugIn) as caught:
        find("method", "coin_toss")
    assert words in str(caught.value)
    assert '"coin_toss" comes from another package' in str(caught.value)
    with pytest.warns(UserWarning, match="coin_toss"):
        cards = catalogue("method")
    assert "leave_one_out" in [c.name for c in cards]
    assert "coin_toss" not in [c.name for c in cards]


def test_a_metric_without_its_direction_is_refused(plug_in):
    plug_in("def luck(why, model): ...", "[pellucid.metrics]\nluck = pellucid_fake:luck\n")
    with pytest.raises(BrokenPlugIn, match="has no @metric"):
        find("metric", "luck")


def test_an_access_that_is_no_step_of_the_ladder_counts_as_the_lowest(plug_in):
    plug_in(
        "from typing import Any\ndef coin_toss(model: Any, text, target): ...",
        "[pellucid.methods]\ncoin_toss = pellucid_fake:coin_toss\n",
    )
    assert find("method", "coin_toss").access == "BlackBox"


def test_a_plug_in_cannot_take_a_name_of_pellucid(plug_in):
    plug_in(GOOD, "[pellucid.methods]\nleave_one_out = pellucid_fake:coin_toss\n")
    with pytest.warns(UserWarning, match='"leave_one_out" of pellucid_fake:coin_toss is left out'):
        names("method")
    assert find("method", "leave_one_out").family == "attribution"
