"""Take the pictures of docs/pictures: each kind of figure of the bundled models, a case and the app, light and dark.

python -m tests.browser.screenshots [NAME ...]
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pellucid
from pellucid.core.figure import Figure, Step
from pellucid.core.registry import renderer
from pellucid.view.parts.strand import strand_of
from tests.browser.app_server import serving
from tests.browser.chromium import launched

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SCHEMES = ("light", "dark")
WIDTH, HIGHEST, SCALE, COLOURS = 1000, 2200, 1.5, 192
OF_APP = 1280
AROUND = 18  # pixels around a figure
EIFFEL, PARIS = "The Eiffel Tower is located in the city of", " Paris"
FILM = "A slow start, but the ending is wonderful."
GIVER = "When Anna and Tom went to the park, {} gave a ball to"


@cache
def model(name: str = "demo-lm") -> Any:
    return pellucid.load(name)


@cache
def eiffel(by: str, **options: Any) -> pellucid.Explanation:
    return pellucid.explain(model(), EIFFEL, by, target=PARIS, **options)


def patched() -> pellucid.Explanation:
    return eiffel("activation_patching", corrupt="The Colosseum is located in the city of", align=True)


def highlight() -> Any:
    why = pellucid.explain(model("demo-sentiment"), FILM, "integrated_gradients", unit="word")
    return [why, *pellucid.evaluate(why, model("demo-sentiment"), ["comprehensiveness", "sufficiency"])]


def matrix() -> Any:
    return pellucid.explain(model(), EIFFEL, "leave_one_out", target=" Paris, the capital")


def graph() -> Any:
    asked = {"target": " Tom", "against": " Anna"}
    return pellucid.explain(
        model(), GIVER.format("Anna"), "edge_attribution", corrupt=GIVER.format("Tom"), **asked
    )


def pairs() -> list[tuple[str, str, str, str]]:
    """Two who go to the park, either of whom may give."""
    whom = [
        ("Anna", "Tom"),
        ("Tom", "Anna"),
        ("Mary", "John"),
        ("John", "Mary"),
        ("Tom", "Mary"),
        ("Anna", "John"),
    ]
    park = "When {} and {} went to the park, {} gave a ball to"
    return [(park.format(a, b, a), park.format(a, b, b), f" {b}", f" {a}") for a, b in whom]


def curve() -> Any:
    circuit = pellucid.find_circuit(model(), pairs(), edges=12, steps=1)
    return pellucid.circuit_curve(circuit, model(), pairs())


def strand() -> Any:
    """Made by hand: no method of the catalogue has steps yet."""
    steps = (
        Step("A train takes 2 hours for the way there, and 3 for the way back.", 0.21),
        Step("So both ways together are 2 + 3 = 5 hours.", 0.64, "carries the answer"),
        Step("Trains are often late in winter.", -0.12, "decorative"),
        Step("It goes both ways twice a day: 5 x 2 = 10 hours.", 0.83, "carries the answer"),
    )
    links = ((0, 1, 0.6), (1, 3, 0.8), (2, 3, -0.15), (0, 3, 0.2))
    part = strand_of(
        steps, links, signed=True, units="probability", caption="How the answer's probability moves"
    )
    return Figure("Why “10 hours”?", (part,))


def verdict() -> Any:
    why = pellucid.explain(model("demo-sentiment"), FILM, "leave_one_out", unit="word")
    return pellucid.verdict(why, model("demo-sentiment"))


def compare() -> Any:
    texts = [FILM, "The film is dull and far too long.", "Great songs, and a story with no heart."]
    methods = ["leave_one_out", "saliency", "integrated_gradients"]
    metrics = ["comprehensiveness", "sufficiency"]
    return pellucid.compare(model("demo-sentiment"), texts, methods, metrics, unit="word", draws=19)


def case() -> Any:
    credits = eiffel("integrated_gradients")
    scores = pellucid.evaluate(credits, model(), ["comprehensiveness", "sufficiency"])
    return pellucid.report([credits, eiffel("logit_lens"), patched()], scores=[scores, [], []])


# The results of a picture, the part of the page that is taken, and what is pointed at in it.
Taken = tuple[Callable[[], Any], str, str]
PAGES: dict[str, Taken] = {
    "explain": (highlight, "main", ""),
    "highlight": (highlight, "section.highlight", "[data-mark='2']"),
    "matrix": (matrix, "section.heatmap", "td[data-at='1 2']"),
    "heads": (lambda: eiffel("attention_weights"), "section.heads", ""),
    "lens": (lambda: eiffel("logit_lens"), "section.lens", ""),
    "patching": (patched, "section.heatmap", "td[data-at='3 8']"),
    "graph": (graph, "section.flow", ""),
    "curve": (curve, "section.curve", ""),
    "strand": (strand, "section.strand", "li:nth-child(2)"),
    "trust": (verdict, "section.trust", ""),
    "compare": (compare, "main", ""),
    "case": (case, "main", "[data-mark='2']"),
}
ASKED = "?model=demo-lm&text=The+capital+of+France+is&by=integrated_gradients"


def main(names: list[str]) -> None:
    """Take all pictures, or those named, and say how large they are."""
    PICTURES.mkdir(exist_ok=True)
    with launched() as browser, tempfile.TemporaryDirectory() as folder:
        if browser is None:
            raise SystemExit("No Chromium is installed. Try: apt install chromium")
        for name in [n for n in PAGES if n in names or not names]:
            made, selector, pointed = PAGES[name]
            file = Path(folder) / f"{name}.html"
            file.write_text(renderer("html")(made()), encoding="utf-8")
            for scheme, page in in_both(browser):
                page.goto(file.as_uri())
                page.wait_for_selector("html[data-live=yes]", state="attached")
                write(name, scheme, taken(page, selector, pointed))
        if "app" in names or not names:
            app(browser)
    whole = sum(picture.stat().st_size for picture in PICTURES.glob("*.png"))
    sys.stdout.write(f"{whole / 1e6:.2f} MB in {PICTURES.name}/\n")


def app(browser: Any) -> None:
    """The app with an explanation in it, from the real server."""
    with serving() as server:
        for scheme, page in in_both(browser, OF_APP):
            page.goto(server.address(ASKED))
            page.locator("article .trust").first.wait_for(timeout=120_000)
            page.wait_for_timeout(500)
            write("app", scheme, page.screenshot())


@contextmanager
def _context(browser: Any, scheme: str, width: int) -> Iterator[Any]:
    view = {"width": width, "height": 900}
    context = browser.new_context(
        color_scheme=scheme, viewport=view, device_scale_factor=SCALE, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def in_both(browser: Any, width: int = WIDTH) -> Iterator[tuple[str, Any]]:
    """A page in light, then one in dark."""
    for scheme in SCHEMES:
        with _context(browser, scheme, width) as page:
            yield scheme, page


def taken(page: Any, selector: str, pointed: str) -> bytes:
    """A picture of the first element of a kind, with what is pointed at or pinned lit; of a high one its upper part."""
    element = page.locator(selector).first
    if pointed:
        found = page.locator(f".live {pointed}").first
        found.click() if selector == "main" else found.hover()  # a pin stays while the page is scrolled
    if not pointed or selector == "main":
        page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 0)")
    box = element.bounding_box()
    around = AROUND if selector != "main" else 0
    clip = {
        "x": max(0, box["x"] - around),
        "y": max(0, box["y"] - around),
        "width": min(WIDTH, box["width"] + 2 * around),
        "height": min(HIGHEST, box["height"] + 2 * around),
    }
    return page.screenshot(full_page=True, clip=clip)


def write(name: str, scheme: str, picture: bytes) -> None:
    """Few colours are enough for figures, and a fifth of the bytes."""
    from PIL import Image

    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{name}-{scheme}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
