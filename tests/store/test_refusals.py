"""Files that are foreign, damaged, cut short or too new are refused in one clear line, and never run anything."""

from __future__ import annotations

import ast
import json
import pickle
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

import pellucid
from pellucid.core.errors import CannotRead
from pellucid.core.provenance import versions
from pellucid.store import as_json, as_safetensors

SOURCE = Path(pellucid.__file__).parent


def refused(store, content: bytes) -> str:
    """The words of the refusal; anything else that is raised fails the test."""
    with pytest.raises(CannotRead) as caught:
        store.loads(content, "why.file")
    words = str(caught.value)
    assert "\n" not in words
    assert words.startswith("Cannot read why.file: ")
    return words


def changed(content: bytes, *path: object, to: object = None, drop: bool = False) -> bytes:
    """The JSON of an explanation with one field replaced or dropped."""
    tree = json.loads(content)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return json.dumps(tree).encode()


@pytest.fixture
def content(a_why, a_score) -> bytes:
    return as_json.dumps(a_why, [a_score])


@pytest.mark.parametrize("store", [as_json, as_safetensors])
def test_every_cut_of_a_file_is_refused(store, a_why, a_score, a_verdict):
    content = store.dumps(a_why, [a_score], a_verdict)
    for end in [*range(0, len(content) - 1, 37), len(content) - 2]:
        refused(store, content[:end])


@pytest.mark.parametrize("store", [as_json, as_safetensors])
def test_no_flipped_byte_does_worse_than_a_refusal(store, a_why, a_score, a_verdict):
    content = store.dumps(a_why, [a_score], a_verdict)
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[at] ^= int(rng.integers(1, 256))
        with suppress(CannotRead):
            store.loads(bytes(damaged), "f")


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"[NaN]",
        b"{",
        b"[" * 200_000,
        b'{"a": 1} x',
        b"9" * 10_000,
        pickle.dumps([1]),
    ],
    ids=["empty", "words", "no utf-8", "NaN literal", "cut", "deep", "more", "long number", "pickle"],
)
def test_what_is_not_json_is_refused(foreign):
    assert "it is not JSON" in refused(as_json, foreign)


@pytest.mark.parametrize("foreign", [b"[]", b"null", b'"pellucid"', b"{}", b'{"pellucid": "probe"}'])
def test_json_of_others_is_refused(foreign):
    assert "it is not an explanation that Pellucid wrote" in refused(as_json, foreign)


def test_safetensors_of_others_are_refused():
    weights = {"weight": np.zeros((2, 2), np.float32)}
    for metadata in (None, {"format": "pt"}, {"pellucid": "[]"}):
        assert "not an explanation that Pellucid wrote" in refused(as_safetensors, save(weights, metadata))
    for foreign in (b"", b"hello", pickle.dumps([1]), b"\xff" * 64, (2**62).to_bytes(8, "little") + b"{}"):
        assert "it is not a whole safetensors file" in refused(as_safetensors, foreign)
    assert "it is not a whole safetensors file" in refused(as_safetensors, save(weights, {"pellucid": "{"}))


def test_a_newer_file_says_which_version_and_to_upgrade(content):
    newer = changed(changed(content, "format", to=7), "written_by", to="9.1.0")
    words = refused(as_json, newer)
    assert "Pellucid 9.1.0 wrote it in format 7" in words
    assert f"this is Pellucid {versions()['pellucid']}" in words
    assert "pip install --upgrade pellucid" in words


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["format"], "1", "format"),
        (["format"], True, "format"),
        (["format"], 0, "format"),
        (["text"], [], "text"),
        (["text", "string"], 5, "text.string"),
        (["text", "unit"], "verse", "text.unit"),
        (["text", "features", 1, 0], "4", "text.features[1].start"),
        (["text", "features", 1], [0, 99, ""], "text"),
        (["text", "frozen"], [[0]], "text.frozen[0]"),
        (["target", "scale"], "decibel", "target.scale"),
        (["target", "ids"], [1.5], "target.ids[0]"),
        (["target", "more"], 1, "target.more"),
        (["provenance", "options"], [], "provenance.options"),
        (["provenance", "tokens"], True, "provenance.tokens"),
        (["provenance", "versions", "torch"], 2, "provenance.versions.torch"),
        (["attrs", "primary"], "nothing", "arrays"),
        (["attrs", "primary"], ["attribution"], "attrs.primary"),
        (["attrs", "signed"], "yes", "attrs.signed"),
        (["arrays"], [], "arrays"),
        (["arrays", "attribution"], [], "arrays.attribution.values"),
        (["arrays", "attribution", "coordinate"], 1, "arrays.attribution.coordinate"),
        (["arrays", "attribution", "dtype"], "object", "arrays.attribution.dtype"),
        (["arrays", "attribution", "dtype"], "O", "arrays.attribution.dtype"),
        (["arrays", "attribution", "dtype"], "int32", "arrays.attribution.values"),
        (["arrays", "attribution", "dtype"], "U99999999", "arrays.attribution.dtype"),
        (["arrays", "attribution", "dims"], ["output"], "arrays.attribution.shape"),
        (["arrays", "attribution", "dims"], ["output", "verse"], "arrays"),
        (["arrays", "attribution", "shape"], [1, 10**15], "arrays.attribution.values"),
        (["arrays", "attribution", "shape"], [1, -1], "arrays.attribution.shape"),
        (["arrays", "attribution", "values"], [[1.0, 2.0]], "arrays.attribution.values"),
        (["arrays", "attribution", "values"], [[1.0, 2.0, "3.0", 4.0]], "arrays.attribution.values"),
        (["arrays", "attribution", "values"], [[1.0, 2.0, True, 4.0]], "arrays.attribution.values"),
        (["arrays", "attribution", "values"], [[1.0, 2.0, 10**400, 4.0]], "arrays.attribution.values"),
        (["arrays", "input_start", "values"], [0, 4, 8, 2**63], "arrays.input_start.values"),
        (["arrays", "input_text", "values"], ["a", "b", "c", 4], "arrays.input_text.values"),
        (["scores"], {}, "scores"),
        (["scores", 0, "better"], "louder", "scores[0].better"),
        (["scores", 0, "bounds"], [0.0], "scores[0].bounds"),
        (["scores", 0, "controls", 0, "values", 1], "0.5", "scores[0].controls[0].values[1]"),
        (["scores", 0, "provenance", "seconds"], None, "scores[0].provenance.seconds"),
        (["scores", 0, "value"], {"$float": "NaN"}, "scores"),
    ],
    ids=str,
)
def test_a_damaged_field_is_named(content, path, value, field):
    words = refused(as_json, changed(content, *path, to=value))
    assert f'the file is damaged: the field "{field}" ' in words


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ([], "use", "verdict"),
        (["verdict"], "maybe", "verdict.verdict"),
        (["sentence"], None, "verdict.sentence"),
        (["p_random"], "0.5", "verdict.p_random"),
        (["p_matched"], True, "verdict.p_matched"),
        (["trials"], {}, "verdict.trials"),
        (["trials", 0, "state"], "won", "verdict.trials[0].state"),
        (["trials", 0, "ablate"], 1, "verdict.trials[0].ablate"),
        (["trials", 0, "more"], 1, "verdict.trials[0].more"),
        (["trials", 0, "score", "better"], "louder", "verdict.trials[0].score.better"),
        (["trials", 0, "score", "value"], {"$float": "NaN"}, "verdict"),
        (["provenance", "notes"], [1], "verdict.provenance.notes[0]"),
    ],
    ids=str,
)
def test_a_damaged_verdict_is_named(a_why, a_verdict, path, value, field):
    content = as_json.dumps(a_why, [], a_verdict)
    words = refused(as_json, changed(content, "verdict", *path, to=value))
    assert f'the file is damaged: the field "{field}" ' in words


@pytest.mark.parametrize("field", "verdict sentence p_random p_matched trials provenance".split())
def test_a_missing_field_of_a_verdict_is_named(a_why, a_verdict, field):
    content = as_json.dumps(a_why, [], a_verdict)
    assert f'"verdict.{field}" is missing' in refused(as_json, changed(content, "verdict", field, drop=True))


@pytest.mark.parametrize(
    "field",
    "text target provenance attrs arrays scores text.string target.ids provenance.notes arrays.attribution.values "
    "arrays.attribution.dims arrays.attribution.shape".split(),
)
def test_a_missing_field_is_named(content, field):
    words = refused(as_json, changed(content, *field.split("."), drop=True))
    assert f'the field "{field}" is missing' in words


def test_few_features_for_many_inputs_are_refused(content):
    short = changed(content, "text", "features", to=[[0, 3, ""]])
    assert '"arrays" does not hold together' in refused(as_json, short)


def test_strings_that_would_fill_the_memory_are_refused(content):
    """One long string makes every entry of a numpy array of strings as long."""
    tree = json.loads(content)
    many = 2**17
    entry = {"coordinate": False, "dims": ["draw"], "dtype": "str", "shape": [many], "attrs": {}}
    tree["arrays"]["bomb"] = {**entry, "values": ["x" * 4096] + [""] * (many - 1)}
    assert "too long" in refused(as_json, json.dumps(tree).encode())


def resaved(content: bytes, change) -> bytes:
    """A safetensors file with its record and tensors changed."""
    tensors = {name: array.copy() for name, array in load(content).items()}
    length = int.from_bytes(content[:8], "little")
    record = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["pellucid"])
    change(record, tensors)
    return save(tensors, {"pellucid": json.dumps(record)})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda record, tensors: tensors.pop("attribution"), "arrays.attribution"),
        (
            lambda record, tensors: tensors.update(attribution=np.zeros((1, 3), np.float32)),
            "arrays.attribution",
        ),
        (
            lambda record, tensors: tensors.update(attribution=np.zeros((1, 4), np.float64)),
            "arrays.attribution",
        ),
        (lambda record, tensors: record.pop("strings"), "strings"),
        (lambda record, tensors: record["strings"].pop("input_text"), "arrays.input_text"),
        (lambda record, tensors: record["strings"].update(input_text=["a"]), "strings.input_text"),
        (lambda record, tensors: record["target"].pop("ids"), "target.ids"),
        (lambda record, tensors: record.update(format="x"), "format"),
    ],
)
def test_damage_in_safetensors_is_named(a_why, change, field):
    content = as_safetensors.dumps(a_why, [])
    as_safetensors.loads(resaved(content, lambda record, tensors: None), "f")
    assert f'the field "{field}" ' in refused(as_safetensors, resaved(content, change))


def test_a_tensor_type_that_numpy_lacks_is_refused(a_why):
    content = as_safetensors.dumps(a_why, [])
    assert b'"F32"' in content
    assert "not a whole safetensors file" in refused(
        as_safetensors, content.replace(b'"F32"', b'"I32"', 1)[:-1]
    )
    refused(as_safetensors, content.replace(b'"dtype":"F32"', b'"dtype":"C64"', 1))


def test_a_file_of_format_1_stays_readable():
    """Written by Pellucid 0.1.0. If this fails, the format has changed: count `FORMAT` up and read both."""
    found = as_json.loads((Path(__file__).parent / "format_1.json").read_bytes(), "format_1.json")
    assert found.explanation.text.string == "The cat 猫 sat"
    assert found.scores[0].controls[0].values == (0.25, 0.5)
    assert found.verdict is None


def test_no_module_can_unpickle():
    """What can run code on reading: pickle and its relatives, and the loaders of numpy and torch that use them."""
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for path in SOURCE.rglob("*.py"):
        assert not modules & imported(path.read_text()), path
        assert "allow_pickle" not in path.read_text(), path
        # torch's own loader of numbers alone is there for one format of others, and says so in each call.
        calls = re.findall(r"torch\.load\([^)]*\)", path.read_text())
        assert all("weights_only=True" in call for call in calls), path
        assert "weights_only=False" not in path.read_text(), path


def test_the_check_for_pickle_sees_every_spelling():
    for line in (
        "import pickle",
        "import os, pickle as p",
        "from pickle import loads",
        "def f():\n import pickle.x",
    ):
        assert "pickle" in imported(line)


def imported(source: str) -> set[str]:
    """The outermost names of all that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
