"""The models that come with Pellucid, each in a folder with its card."""

from pathlib import Path

BUNDLED = {
    "demo-lm": Path(__file__).parent / "demo_lm",
    "demo-sentiment": Path(__file__).parent / "demo_sentiment",
}
