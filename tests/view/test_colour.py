from __future__ import annotations

import math

import pytest

from pellucid.view.colour import STEPS, THEMES, Scale, contrast, ink

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@themes
@pytest.mark.parametrize("step", [*range(-STEPS, STEPS + 1), None])
def test_text_on_every_step_is_readable(theme, step):
    background = theme.background(step)
    assert contrast(ink(background, theme), background) >= 4.5


@themes
def test_words_and_lines_stand_out_from_what_is_behind_them(theme):
    for behind in (theme.page, theme.panel):
        assert contrast(theme.text, behind) >= 4.5
        assert contrast(theme.muted, behind) >= 4.5
    for step in (-1, 1):
        assert contrast(theme.edge(step), theme.page) >= 3


@themes
def test_the_scale_grows_from_the_neutral(theme):
    assert theme.background(0) == theme.page
    for sign in (-1, 1):
        strength = [contrast(theme.background(sign * step), theme.page) for step in range(STEPS + 1)]
        assert strength == sorted(strength)
        assert len(set(strength)) == STEPS + 1


@themes
def test_blue_and_orange_differ_for_the_colour_blind(theme):
    """Blue against red + green is what all common kinds still see; each side leans to its own."""
    for step in range(1, STEPS + 1):
        warm, cold = theme.background(step), theme.background(-step)
        assert _blue_minus_yellow(cold) > _blue_minus_yellow(theme.page) > _blue_minus_yellow(warm)


def test_steps_are_symmetric_and_zero_is_neutral():
    scale = Scale.of([0.2, -4.0, math.nan, math.inf])
    assert scale.limit == 4.0
    assert [scale.step(v) for v in (-4.0, -2.0, 0.0, 2.0, 4.0)] == [-STEPS, -4, 0, 4, STEPS]
    assert scale.step(math.nan) is None
    assert scale.step(-math.inf) == -STEPS


def test_a_scale_of_nothing_but_zeros_is_neutral():
    assert Scale.of([0.0, 0.0]).step(0.0) == 0
    assert Scale.of([]).limit == 0
    assert Scale.of([math.nan]).step(math.nan) is None


def _blue_minus_yellow(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return blue - (red + green) / 2
