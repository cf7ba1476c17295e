"""Ship a trained model: ``python -m training.demo_lm.export --folder build/demo_lm --to src/.../demo_lm``.

Writes the weights in float16, the tokenizer, the evaluation set and the model card. Everything measured is
measured on the shipped files.
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

from training.demo_lm import card, evaluate, evaluation_set, tokenizer
from training.demo_lm.recipe import SECOND

FINAL_SEED = 20_261_120


def write_model(folder: Path, to: Path) -> None:
    """Weights in float16 and the tokenizer, under a class name that transformers 4 and 5 both know."""
    model = GPT2LMHeadModel.from_pretrained(folder / "model", dtype=torch.float32)
    words = tokenizer.load(folder / "model")
    model.to(torch.float16).save_pretrained(to)
    words.save_pretrained(to)
    settings_file = to / "tokenizer_config.json"
    settings = json.loads(settings_file.read_text())
    for passing in ("backend", "is_local", "local_files_only"):
        settings.pop(passing, None)
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings_file.write_text(json.dumps(settings, indent=1) + "\n")


def main() -> None:
    """Export; see the module's docstring."""
    options = argparse.ArgumentParser(description="Ship the bundled causal language model.")
    options.add_argument("--folder", type=Path, default=Path("build/demo_lm"))
    options.add_argument("--to", type=Path, default=Path("src/pellucid/models/bundled/demo_lm"))
    options.add_argument("--count", type=int, default=300)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    write_model(chosen.folder, chosen.to)
    model, words = evaluate.load(chosen.to)
    evaluation_set.write(model, words, FINAL_SEED, chosen.to / "evaluation.jsonl")
    figures = [
        figure
        for split in ("test", "new_wording")
        for figure in evaluate.measure(model, words, split, chosen.count, FINAL_SEED)
    ]
    (chosen.folder / "figures.json").write_text(
        json.dumps([figure._asdict() for figure in figures], indent=1)
    )
    rows = [json.loads(line) for line in (chosen.to / "evaluation.jsonl").read_text().splitlines()]
    (chosen.to / "README.md").write_text(card.write(SECOND, model, figures, rows, FINAL_SEED))


if __name__ == "__main__":
    main()
