"""Write the bundled evaluation rows: `python -m training.demo_sentiment.evaluation --model DIR --out FILE`."""

import argparse
import json
from pathlib import Path

from training.demo_sentiment import grammar
from training.demo_sentiment.verified import Answers, verified

SEED = 7
EACH = 5


def rows(answers: Answers) -> list[dict[str, object]]:
    """Opinions with gold rationales: task, prompt, answer, foil, rationale (character spans), verified and meta.

    `verified` says whether the rationale holds for the model that `answers`.
    """
    opinions = grammar.evaluation(SEED, EACH)
    return [
        {
            "task": "sentiment",
            "prompt": opinion.prompt,
            "answer": grammar.LABELS[opinion.label],
            "foil": grammar.LABELS[1 - opinion.label],
            "rationale": [list(span) for span in opinion.rationale],
            "verified": true,
            "meta": {"kind": opinion.kind},
        }
        for opinion, true in zip(opinions, verified(opinions, answers), strict=True)
    ]


def main() -> None:
    import pellucid

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", type=Path, required=True, help="the model that the rationales are verified on"
    )
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    lines = [json.dumps(row, ensure_ascii=False) for row in rows(pellucid.load(asked.model).generate)]
    asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
