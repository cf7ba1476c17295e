"""Write the bundled evaluation rows: `python -m training.demo_sentiment.evaluation --out FILE`."""

import argparse
import json
from pathlib import Path

from training.demo_sentiment import grammar

SEED = 7
EACH = 5


def rows() -> list[dict[str, object]]:
    """Opinions with gold rationales: task, prompt, answer, foil, rationale (character spans) and meta."""
    return [
        {
            "task": "sentiment",
            "prompt": opinion.prompt,
            "answer": grammar.LABELS[opinion.label],
            "foil": grammar.LABELS[1 - opinion.label],
            "rationale": [list(span) for span in opinion.rationale],
            "meta": {"kind": opinion.kind},
        }
        for opinion in grammar.evaluation(SEED, EACH)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows()]
    parser.parse_args().out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
