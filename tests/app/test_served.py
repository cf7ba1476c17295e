"""The allow-list: what is known of a model before it is loaded, and what cannot be meant."""

from __future__ import annotations

import json

import pytest

from pellucid.app.served import Served
from pellucid.core.errors import UnknownName


def card(folder, **files) -> dict:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    return Served([str(folder)], {}).card(str(folder))


def test_a_folder_says_what_its_config_says(tmp_path):
    config = {"architectures": ["T5ForConditionalGeneration"], "n_positions": 512, "id2label": {"0": "A"}}
    readme = "---\nlicense: mit\n---\n\n# A model\n\nIt **translates**. And more.\n"
    found = card(tmp_path, config__json=json.dumps(config), README__md=readme)
    assert found == {
        "name": str(tmp_path), "loaded": False, "access": "WhiteBox", "labels": None, "continues": False,
        "tokens": 512, "description": "It translates.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "config", ["", "[]", "{", '{"architectures": null}', '{"architectures": [3], "id2label": 4}']
)
def test_a_config_that_says_nothing_is_no_error(tmp_path, config):
    found = card(tmp_path, config__json=config)
    assert (found["labels"], found["description"]) == (None, None)


def test_a_model_of_the_hub_is_not_known_yet():
    found = Served(["openai-community/gpt2"], {}).card("openai-community/gpt2")
    assert found == {
        "name": "openai-community/gpt2", "loaded": False, "access": None, "labels": None, "continues": None,
        "tokens": None, "description": None,
    }  # fmt: skip


def test_a_slip_of_the_pen_is_noticed_at_once():
    with pytest.raises(UnknownName, match="Did you mean demo-lm"):
        Served(["demo-lmm"], {})


def test_each_is_loaded_once_with_the_options(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "pellucid.models.load.load", lambda name, **options: asked.append((name, options)) or name
    )
    served = Served(["demo-lm", "demo-lm", "demo-sentiment"], {"device": "cpu"})
    assert served.names == ("demo-lm", "demo-sentiment")
    assert not served.is_loaded("demo-lm")
    assert served.load("demo-lm") == served.load("demo-lm") == "demo-lm"
    assert served.is_loaded("demo-lm")
    assert asked == [("demo-lm", {"device": "cpu"})]
