from __future__ import annotations

import io
import re
import sys
import warnings
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.core.errors import BadOption, CannotWrite, MissingExtra
from pellucid.core.figure import Curve, Figure, Heatmap, Highlight, Mark, Prose, Record, Table
from pellucid.verbs.comparison_files import check_comparison_suffix
from pellucid.verbs.files import check_suffix
from pellucid.view.colour import LIGHT
from pellucid.view.draw import draw
from pellucid.view.image import PICTURES, _lay_out, image
from pellucid.view.on_paper import fonts as image_fonts
from pellucid.view.on_paper.order import visual_order
from pellucid.view.on_paper.sheet import Box, Rule, Shape, Sheet, Stroke, Words
from pellucid.view.tokens import lines
from tests.core.test_comparison import compared
from tests.view.make import TEXTS, array_of, bytes_as_tokens, characters, no_score, score, why, words
from tests.view.test_curve import circuit_curve, curve_why

STARTS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF"}
JOINER = "\u200d"


@pytest.fixture(autouse=True)
def _no_warning(caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert not caplog.records


def laid_out(thing, *, keeps: bool = True, width: float = 450) -> Sheet:
    sheet = Sheet(width, keeps)
    _lay_out(thing, sheet)
    return sheet


def of(sheet: Sheet, kind: type) -> list:
    return [item for item in sheet.items if isinstance(item, kind)]


def texts_of(svg: bytes) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def one(string: str, *values: float, signed: bool = True) -> Figure:
    """A figure of nothing but a text, cut at its blanks."""
    marks = tuple(Mark(f.start, f.end, v) for f, v in zip(words(string), values, strict=True))
    return Figure("", (Highlight(string, marks, signed, ""),))


@pytest.mark.parametrize("cut", [bytes_as_tokens, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_every_text_is_drawn_and_its_words_stay_words(text, cut):
    made = why(text, cut(text), outputs=(text, "b"))
    svg = image([made, score(), no_score()], suffix=".svg")
    part = Highlight(text, tuple(Mark(f.start, f.end, 1.0) for f in cut(text)), True, "")
    shown = {word for line in lines(part) for f in line for word in f.shown.split() if len(word) < 60}
    drawn = {string.replace(JOINER, "") for string in texts_of(svg)}
    assert {word.replace(JOINER, "") for word in shown} <= drawn
    assert image(made, suffix=".png").startswith(STARTS[".png"])


@pytest.mark.parametrize("suffix", PICTURES)
@pytest.mark.parametrize("text", ["script", "arabic", "emoji family"])
def test_the_same_twice_is_the_same_bytes(text, suffix):
    made = [why(TEXTS[text], bytes_as_tokens(TEXTS[text]), outputs=("a", "b")), score()]
    content = image(made, suffix=suffix)
    assert content.startswith(STARTS[suffix])
    assert content == image(made, suffix=suffix)
    assert not re.search(rb"CreationDate|<dc:date>|tEXtSoftware", content)


def test_every_kind_of_part_is_drawn():
    parts = (
        Heatmap(
            ((1.0, -0.5), (float("nan"), 0.0)), ("r1", "r2"), ("c1", "c2"), "down", "across", True, "logit"
        ),
        Table(("name", "number"), (("first", "1.5"), ("$a$ & <b>", "n/a")), frozenset({1}), "A table"),
        Prose("One sentence.\nAnd $another$."),
        Record("a record", (("fact", "1"),), ("A note.",)),
    )
    svg = image(Figure("Title", parts, "Subtitle"), suffix=".svg")
    said = texts_of(svg)
    for words_ in ("Title", "Subtitle", "r1", "c2", "down", "across", "+1.00", "-0.50", "?", "no number", "1.5",
                   "$a$ & <b>", "And $another$.", "a record", "Note: A note."):  # fmt: skip
        assert words_ in said
    for suffix in (".png", ".pdf"):
        assert image(Figure("Title", parts), suffix=suffix).startswith(STARTS[suffix])


@pytest.mark.parametrize("inches", [2.5, 3.3, 6.5, 12])
@pytest.mark.parametrize("cut", [characters, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_nothing_stands_outside(text, cut, inches):
    made = pellucid.show(why(text, cut(text), outputs=("x", "\n", "中"), error=True), score(), no_score())
    sheet = laid_out(made, keeps=False, width=inches * 72 - 18)
    for item in sheet.items:
        turned = isinstance(item, Words) and item.turned
        long = image_fonts.width(item.string, item.size, item.bold) if isinstance(item, Words) else item.width
        assert item.x >= -0.01
        assert item.x + (0 if turned else long) <= sheet.width + 0.01, item
        assert 0 <= item.y <= sheet.y + 0.01, item


@pytest.mark.parametrize("inches", [2.5, 6.5])
def test_words_do_not_lie_on_each_other(inches):
    made = pellucid.show(
        why(TEXTS["repeated"], outputs=("a", "b", "c")), array_of("layer", "head", size=12), score()
    )
    drawn = [
        w for w in of(laid_out(made, width=inches * 72 - 18), Words) if w.string.strip() and not w.turned
    ]
    boxes = [
        (w.x, w.y - 0.7 * w.size, w.x + image_fonts.width(w.string, w.size, w.bold), w.y, w) for w in drawn
    ]
    for i, (left, top, right, bottom, word) in enumerate(boxes):
        for other in boxes[:i]:
            apart = left >= other[2] - 0.1 or other[0] >= right - 0.1 or top >= other[3] or other[1] >= bottom
            assert apart, (word, other[4])


def test_positive_and_negative_differ_without_colour():
    sheet = laid_out(one("good bad odd none", 1.0, -1.0, np.nan, 0.0))
    first = min(r.y for r in of(sheet, Rule))
    assert [r.style for r in of(sheet, Rule) if r.y == first] == ["solid", "dashed", "dotted"]
    bars = [b for b in of(sheet, Box) if b.height == 7.5 and b.width > 50]
    assert [bool(b.hatch) for b in bars[:2]] == [False, True]


def test_a_matrix_says_the_sign_by_numbers_or_by_stripes():
    few = Heatmap(((1.0, -1.0),), ("r",), ("a", "b"), "", "", True, "")
    many = Heatmap(((1.0, -1.0) * 20,), ("r",), tuple("ab" * 20), "", "", True, "")
    cells = [of(laid_out(Figure("", (part,))), Box) for part in (few, many)]
    assert not any(box.hatch for box in cells[0])
    assert {"+1.00", "-1.00"} <= {w.string for w in of(laid_out(Figure("", (few,))), Words)}
    assert [bool(box.hatch) for box in cells[1][:40]] == [False, True] * 20


def test_blue_is_against_orange_for_and_zero_neutral():
    sheet = laid_out(one("good bad none", 1.0, -1.0, 0.0))
    assert [b.fill for b in of(sheet, Box)][:2] == [LIGHT.toward, LIGHT.against]
    key = next(i for i, b in enumerate(of(sheet, Box)) if b.fill == LIGHT.against and b.height == 7.5)
    assert of(sheet, Box)[key + 9].fill == LIGHT.page


def test_all_zero_and_one_token():
    assert "Every score is 0." in texts_of(image(one("a b", 0.0, 0.0), suffix=".svg"))
    assert "+0.500" in texts_of(image(one("Hi", 0.5), suffix=".svg"))


def test_five_hundred_tokens():
    text = " ".join(f"word{i}" for i in range(500))
    svg = texts_of(image(why(text, outputs=("a", "b")), suffix=".svg"))
    assert set(text.split()) <= set(svg)
    assert "The 48 strongest of 500 columns; an .html file shows all." in svg
    picture = Image.open(io.BytesIO(image(why(text), suffix=".png")))
    assert picture.size[0] == 1950


def test_a_picture_too_long_for_pixels_is_drawn_coarser():
    rows = tuple((f"row {i}",) for i in range(1200))
    picture = Image.open(io.BytesIO(image(Figure("", (Table(("name",), rows),)), suffix=".png", inches=2.5)))
    assert picture.size[1] <= 60_000


@pytest.mark.parametrize(
    ("pieces", "right_to_left", "expected"),
    [
        (["a", " ", "b"], False, [0, 1, 2]),
        (["א", "ב", " ", "19", "84", " ", "ג"], True, [6, 5, 3, 4, 2, 1, 0]),
        (["a", " ", "א", " ", "ב", " ", "b"], False, [0, 1, 4, 3, 2, 5, 6]),
        (["א", " ", "a", " ", "b", " ", "ב"], True, [6, 5, 2, 3, 4, 1, 0]),
        (["a", " ", "1", " ", "א"], False, [0, 1, 2, 3, 4]),
        (["a", " ", "א", " ", "1", "2"], False, [0, 1, 4, 5, 3, 2]),
    ],
)
def test_order_of_lines_that_run_both_ways(pieces, right_to_left, expected):
    assert visual_order(pieces, right_to_left) == expected


def test_letters_of_one_arabic_word_stay_joined():
    marks = tuple(Mark(i, i + 1, 1.0) for i in range(3))
    drawn = [w for w in of(laid_out(Figure("", (Highlight("كتب", marks, True, ""),))), Words) if w.size == 10]
    assert [w.string for w in drawn] == [f"{JOINER}ب", f"{JOINER}ت{JOINER}", f"ك{JOINER}"]
    across = drawn[-1].x + image_fonts.width(drawn[-1].string, 10, False) - drawn[0].x
    assert across == pytest.approx(image_fonts.width("كتب", 10, False), abs=0.5)


def test_what_no_font_has_is_said_or_kept(monkeypatch):
    monkeypatch.setattr(image_fonts, "missing", lambda string, bold: set(string) & {"京", "👩", "👨", JOINER})
    image_fonts.written.cache_clear()
    made = one("京 👩‍👨 ok", 1.0, 1.0, 1.0)
    drawn = [w.string for w in of(laid_out(made, keeps=False), Words)]
    assert {"‹U+4EAC›", "‹U+1F469›‹U+1F468›", "ok"} <= set(drawn)
    assert laid_out(made, keeps=False).replaced
    assert {"京", "👩‍👨"} <= {w.string for w in of(laid_out(made), Words)}
    assert not laid_out(made).replaced
    image_fonts.written.cache_clear()
    image_fonts.width.cache_clear()


def test_no_setting_of_the_reader_counts_or_changes():
    made = why(TEXTS["plain"])
    expected = [image(made, suffix=suffix) for suffix in PICTURES]
    mine = {
        "font.size": 31,
        "text.usetex": True,
        "svg.fonttype": "path",
        "font.family": ["serif"],
        "savefig.bbox": "tight",
    }
    with matplotlib.rc_context(mine):
        before = dict(matplotlib.rcParams)
        assert [image(made, suffix=suffix) for suffix in PICTURES] == expected
        assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not matplotlib.pyplot.get_fignums()


@pytest.mark.parametrize("suffix", PICTURES)
def test_save_writes_a_whole_file_or_none(tmp_path, suffix, monkeypatch):
    made, path = why("a b"), tmp_path / f"why{suffix}"
    assert pellucid.save(made, path, scores=[score()]) == path
    assert path.read_bytes() == image([made, score()], suffix=suffix)
    with pytest.raises(CannotWrite):
        pellucid.save(made, tmp_path / "no folder" / f"why{suffix}")
    path.write_bytes(b"old")

    def fails(*_, **__):
        raise RuntimeError("drawing failed")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fails)
    with pytest.raises(RuntimeError, match="drawing failed"):
        pellucid.save(made, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_comparison_is_saved_as_a_picture_too(tmp_path, monkeypatch):
    found = compared(np.random.default_rng(0).normal(size=(2, 1, 5)), [1, 0], better=("higher",), baselines=1)
    path = tmp_path / "found.svg"
    assert pellucid.save(found, path) == path
    assert "behind the best" in texts_of(path.read_bytes())
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra):
        check_comparison_suffix(path)


@pytest.mark.parametrize("suffix", PICTURES)
def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch, suffix):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    made, path = why("a b"), tmp_path / f"why{suffix}"
    for refused in (
        check_suffix,
        lambda path: pellucid.save(made, path),
        lambda _: image(made, suffix=suffix),
    ):
        with pytest.raises(MissingExtra, match=r"needs matplotlib.*pip install 'pellucid\[image\]'"):
            refused(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "asked", [{"suffix": ".gif"}, {"suffix": ".png", "inches": 0.5}, {"suffix": ".png", "inches": 99}]
)
def test_what_cannot_be_drawn_is_refused(asked):
    with pytest.raises(BadOption):
        image(why("a b"), **asked)


def drawn_curve(figure: Figure, width: float = 450) -> tuple[Curve, Sheet]:
    [part] = [part for part in figure.parts if isinstance(part, Curve)]
    return part, laid_out(figure, width=width)


def lines_of(sheet: Sheet, style: str) -> list[Stroke]:
    return [stroke for stroke in of(sheet, Stroke) if stroke.style == style and stroke.weight == 1.3]


def test_a_curve_is_drawn_and_not_tabulated():
    _, sheet = drawn_curve(draw(curve_why([0.0, 0.5, 1.0], level=[0, 1, 4])))
    [line] = lines_of(sheet, "solid")
    (x0, y0), (x1, y1), (x2, y2) = line.points
    assert (x1 - x0) / (x2 - x0) == pytest.approx(1 / 4)
    assert (y1 - y0) / (y2 - y0) == pytest.approx(1 / 2)
    assert y2 < y0
    assert "█" not in "".join(words.string for words in of(sheet, Words))


def test_a_gap_parts_a_drawn_line_and_a_lone_point_is_a_dot():
    _, sheet = drawn_curve(draw(curve_why([0.0, 1.0, np.nan, 1.0, np.nan, 2.0, 3.0])))
    assert [len(line.points) for line in lines_of(sheet, "solid")] == [2, 2]
    assert len(of(sheet, Shape)) == 5


def test_levels_over_powers_of_ten_stand_evenly_with_zero_left_of_them():
    _, sheet = drawn_curve(draw(curve_why([0.0, 1.0, 2.0, 3.0], level=[0, 1, 10, 100])))
    [line] = lines_of(sheet, "solid")
    x = [point[0] for point in line.points]
    assert x[3] - x[2] == pytest.approx(x[2] - x[1])
    assert x[0] < x[1]
    said = [words.string for words in of(sheet, Words)]
    assert [tick for tick in ("0", "1", "10", "100") if tick in said] == ["0", "1", "10", "100"]


def test_several_lines_differ_in_their_dashes_and_are_named_apart():
    values = [[0.5, 0.5, 0.5], [0.5, 0.501, 0.502]]
    _, sheet = drawn_curve(draw(curve_why(values, dims=("level", "variant"))))
    assert all(lines_of(sheet, style) for style in ("solid", "dashed", "dotted"))
    named = sorted(words.y for words in of(sheet, Words) if words.string.startswith("variant "))
    assert min(np.diff(named)) >= 7


def test_a_band_is_the_interval():
    found = circuit_curve([[0, 0, 5, 8], [0, 0, 9, 12]], clean=[8, 12], corrupted=[0, 0])
    part, sheet = drawn_curve(draw(found))
    band = max(
        of(sheet, Shape), key=lambda shape: max(x for x, _ in shape.points) - min(x for x, _ in shape.points)
    )
    [line] = lines_of(sheet, "solid")
    low, high = band.points[1][1], band.points[-2][1]
    assert high < line.points[1][1] < low
    assert len(band.points) == 2 * len(part.at)
    assert "the whole effect" in [words.string for words in of(sheet, Words)]


@pytest.mark.parametrize("width", [162, 450])
@pytest.mark.parametrize(
    "values",
    [[0.0, 0.0], [np.nan, np.nan], [7.0], [np.inf, 1.0], [1e9, -1e9], [1e-12, 2e-12], list(range(500))],
)
def test_any_curve_stays_on_the_sheet(values, width):
    _, sheet = drawn_curve(draw(curve_why(values)), width)
    points = [point for item in of(sheet, Stroke) + of(sheet, Shape) for point in item.points]
    assert all(0 <= x <= width and 0 <= y <= sheet.y for x, y in points)
    assert image(curve_why(values), suffix=".png").startswith(STARTS[".png"])
