"""Every mistake of a user is one clear line on stderr and exit code 2, and nothing is written."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from pellucid.models.bundled import BUNDLED


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["explain"], ["Give one text"]),
        (["explain", "a", "--file", "b"], ["Give one text"]),
        (["explain", ""], ["The text is empty"]),
        (["explain", "-"], ["The text is empty"]),
        (["explain", "--file", "gone.txt"], ["Cannot read gone.txt", "No such file"]),
        (["explain", "\udcff"], ["not UTF-8"]),
        (["explain", "a", "--target", "\udcff"], ["--target", "not UTF-8"]),
        (["explain", "a", "--by", "integrated_gradient"], ["Did you mean integrated_gradients", "pellucid methods"]),
        (["explain", "a", "--by"], ["--by", "requires an argument"]),
        (["explain", "a", "--abblate", "mask"], ['"--abblate" is not an option', "Did you mean --ablate"]),
        (["explain", "a", "--steps", "3"], ['"--steps"', "Options of leave_one_out: --ablate"]),
        (["explain", "a", "--ablate", "dlete"], ["--ablate 'dlete'", "delete, mask, attention", "did you mean delete"]),
        (["explain", "a", "--by", "shapley_sampling", "--samples", "x"], ["--samples 'x'", "a whole number"]),
        (["explain", "a", "--unit", "wrd"], ["--unit", "'wrd'", "'word'"]),
        (["explain", "a", "--scale", "x"], ["--scale", "'logodds'"]),
        (["explain", "a", "--answer-tokens", "0"], ["--answer-tokens", "1"]),
        (["explain", "a", "b"], ["unexpected extra argument", "(b)"]),
        (["explain", "a", "--out", "x.docx"], ['".docx"', ".json, .safetensors, .html, .txt"]),
        (["explain", "a", "--out", "gone/x.html"], ["Cannot write gone/x.html", "no folder gone"]),
        (["explain", "a", "--out", "/proc/x.html"], ["Cannot write /proc/x.html"]),
        (["explain", "a", "--out", "ok.html", "--out", "folder.json"], ["it is a folder"]),
        (["explian", "a"], ["'explian'", "Did you mean 'explain'"]),
        (["--nope"], ['"--nope" is not an option of pellucid']),
        (["methods", "leave_on_out"], ["Did you mean leave_one_out"]),
        (["methods", "--format", "xml"], ["--format", "'json'"]),
        (["show", "gone.json"], ["Cannot read gone.json", "No such file"]),
        (["show", "a.txt"], ["Cannot read a.txt", ".json and .safetensors"]),
        (["evaluate", "gone.json"], ["Cannot read gone.json"]),
        (["evaluate", "a.json", "--by", "sufficency"], ["Did you mean sufficiency", "--metrics"]),
        (["evaluate", "a.json", "--draws", "x"], ["--draws 'x'", "a whole number"]),
        (["evaluate", "a.json", "--draw", "3"], ["Did you mean --draws"]),
    ],
)  # fmt: skip
def test_found_before_a_model_is_loaded(cli, tmp_path, argv, says):
    (tmp_path / "folder.json").mkdir()
    mistake = cli(*argv).mistake
    for words in says:
        assert words in mistake
    assert [p.name for p in tmp_path.iterdir()] == ["folder.json"]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["hello " * 300], ["demo-lm reads at most 256", "--truncate"]),
        (["good", "-m", "demo-sentiment", "--target", "HAPPY"], ['"HAPPY"', "NEGATIVE, POSITIVE"]),
        (["good", "--target", ""], ["becomes no token of demo-lm"]),
        (["good", "--target", " a", "--against", " a"], ["compared against", "' a'"]),
        (["good", "-m", "demo-lmm"], ["Did you mean demo-lm"]),
        (["good", "-m", "nobody/nothing"], ['"nobody/nothing" is not a model']),
        (["good", "--ablate", "mask"], ["no mask token", "delete, attention"]),
        (["good", "--device", "banana"], ['device="banana"', "cpu"]),
        (["good", "--attn-implementation", "foo"], ["foo", "eager"]),
        (["good film", "--by", "shapley_sampling", "--seed", "-1"], ["seed=-1", "from 0 on"]),
        (["good film", "--by", "shapley_sampling", "--samples", "3"], ["samples=3"]),
        (["good film", "--by", "integrated_gradients", "--baseline", "mask"], ["no mask token", "zero"]),
    ],
)
def test_found_by_the_model(cli, tmp_path, argv, says):
    mistake = cli("explain", *argv, "--out", "never.html", "--out", "never.json").mistake
    for words in says:
        assert words in mistake
    assert list(tmp_path.iterdir()) == []


def test_a_method_that_needs_more_access(cli, monkeypatch, demo_lm):
    parts = ("cut", "generate", "resolve", "value")
    kind = type("Grey", (), {part: staticmethod(getattr(demo_lm, part)) for part in parts})
    grey = kind()
    grey.name, grey.fingerprint, grey.continues = "grey", demo_lm.fingerprint, True
    monkeypatch.setattr("pellucid.models.load.load", lambda *args, **options: grey)
    mistake = cli("explain", "good film", "--by", "integrated_gradients").mistake
    assert "integrated_gradients needs WhiteBox access" in mistake
    assert "leave_one_out" in mistake
    assert "grey gives GreyBox access" in mistake


def broken_copy(folder, **weights):
    """demo-lm in a folder, some of its weights replaced."""
    from safetensors.numpy import load_file, save_file

    shutil.copytree(BUNDLED["demo-lm"], folder)
    path = folder / "model.safetensors"
    save_file({**load_file(path), **weights}, path, metadata={"format": "pt"})


def nan_copy(folder):
    from safetensors.numpy import load_file

    old = load_file(BUNDLED["demo-lm"] / "model.safetensors")
    name = next(n for n in old if n.endswith("ln_f.weight"))
    broken_copy(folder, **{name: np.full_like(old[name], np.nan)})


def test_a_model_that_gives_nan(cli, tmp_path):
    nan_copy(tmp_path / "nan")
    mistake = cli("explain", "good film", "-m", "nan", "--out", "never.html").mistake
    assert "not a number" in mistake
    assert not (tmp_path / "never.html").exists()
    done = cli("doctor", "nan")
    assert done.code == 1
    assert done.out.count("FAILED") == 10  # all invariants


def spoil_config(folder):
    (folder / "config.json").write_text('{"a')


def spoil_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def spoil_shape(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": config["vocab_size"] + 1}))


def spoil_tokenizer(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()


def lose_weights(folder):
    (folder / "model.safetensors").unlink()


def lose_a_layer(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "n_layer": config["n_layer"] + 1}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_config, "not a valid JSON"),
        (spoil_weights, "deserializ"),
        (spoil_shape, "another shape"),
        (spoil_tokenizer, "tokenizer.json"),
        (lose_weights, "model.safetensors"),
        (lose_a_layer, "Missing"),
    ],
)
def test_a_model_folder_that_is_not_whole(cli, tmp_path, spoil, says):
    shutil.copytree(BUNDLED["demo-lm"], tmp_path / "model")
    spoil(tmp_path / "model")
    mistake = cli("explain", "good film", "-m", "model").mistake
    assert 'Cannot use "model" as a model' in mistake
    assert says in mistake


@pytest.fixture
def saved(cli, loaded, tmp_path):
    cli("explain", "good film", "--no-evaluate", "--out", "a.json", "--out", "a.safetensors", "-q")
    return tmp_path


def test_another_models_explanation(cli, saved):
    mistake = cli("evaluate", "a.json", "-m", "demo-sentiment", "--out", "never.json").mistake
    assert "made on demo-lm" in mistake
    assert "not on demo-sentiment" in mistake
    assert not (saved / "never.json").exists()


@pytest.mark.parametrize("command", ["show", "evaluate"])
def test_files_that_cannot_be_read(cli, saved, command):
    content = (saved / "a.json").read_bytes()
    files = {
        "cut.json": (content[:300], "not JSON"),
        "binary.json": (b"\xff\xfe\x00", "not JSON"),
        "foreign.json": (b'{"a": 1}', "not an explanation"),
        "list.json": (b"[1]", "not an explanation"),
        "newer.json": (json.dumps({**json.loads(content), "format": 99}).encode(), "Upgrade"),
        "cut.safetensors": ((saved / "a.safetensors").read_bytes()[:300], "safetensors"),
    }
    for name, (spoiled, says) in files.items():
        (saved / name).write_bytes(spoiled)
        mistake = cli(command, name, "--out", "never.html").mistake
        assert f"Cannot read {name}" in mistake
        assert says in mistake
    assert not (saved / "never.html").exists()
