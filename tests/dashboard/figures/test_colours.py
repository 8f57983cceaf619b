from pathlib import Path

import pytest

from dashboard.figures import colours
from dashboard.figures.colours import ATTRIBUTION, NEUTRALS, SCALES, THEMES, contrast, css_variables, neutral, text_on


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.prefix)
def test_text_on_every_stop_and_between_has_contrast(scale, theme):
    steps = 40 * (len(scale) - 1)
    fills = [scale.at(step / steps, theme) for step in range(steps + 1)]
    assert fills[::40] == list(scale.stops(theme))
    assert min(contrast(text_on(fill), fill) for fill in fills) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["text", "muted", "accent", "good", "warn", "error"])
def test_text_colours_have_contrast_on_page_and_surface(name, theme):
    for ground in ("bg", "surface"):
        assert contrast(neutral(name, theme), neutral(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_marks_of_language_groups_stand_out(theme):
    for group in colours.LANGUAGE_GROUPS.values():
        assert contrast(group.colour(theme), neutral("bg", theme)) >= 3


def test_every_language_has_its_group():
    from core.text.languages import LANGUAGES

    assert {language.group for language in LANGUAGES.values()} == set(colours.LANGUAGE_GROUPS)


@pytest.mark.parametrize(
    ("share", "stop"), [(0.0, 5), (0.083, 7), (0.057, 6), (0.029, 6), (-0.052, 4), (0.32, 10), (-1.0, 0)]
)
def test_chips_quantise_shares_to_the_eleven_stops(share, stop):
    assert colours.attribution_stop(share) == stop
    assert colours.attribution_stop(-share) == 10 - stop


def test_positions_keep_their_fixed_domains():
    assert colours.consistency_position(0.8) == colours.consistency_position(0.95) == 1.0
    assert colours.performance_position(1 / 3, 1 / 3) == 0.0
    assert colours.flow_position(0.25, 1.0) == 0.5
    assert colours.flow_position(0.0, 0.0) == 0.0
    assert colours.difference_position(-0.1, 0.2) == 0.25
    assert ATTRIBUTION.stop(2.0) == 10


def test_stylesheet_holds_the_same_colours():
    css = Path("assets/style.css").read_text(encoding="utf-8")
    assert css.startswith(css_variables())
    for scale in SCALES:
        for index in range(len(scale)):
            assert f".{scale.prefix}{index}{{" in css


def test_theme_file_holds_the_same_neutrals():
    import tomllib

    config = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))
    for index, theme in enumerate(THEMES):
        section = config["theme"][theme]
        assert section["backgroundColor"] == NEUTRALS["bg"][index]
        assert section["textColor"] == NEUTRALS["text"][index]
        assert section["primaryColor"] == NEUTRALS["accent"][index]
        assert section["borderColor"] == NEUTRALS["border"][index]
