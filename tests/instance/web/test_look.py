"""Contrast of all colours that meet, in both schemes, computed from the custom properties (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from instance.web.frame.templating import STATIC

SHEET = (STATIC / "style.css").read_text()
TEXT, PARTS = 4.5, 3.0

# text on ground
PAIRS = [
    *((ink, ground) for ink in ("ink", "quiet", "link", "rust", "moss") for ground in ("paper", "card")),
    *((ink, ground) for ink in ("ink", "quiet", "link") for ground in ("well", "moss-wash", "rust-wash", "lamp-wash")),
    ("rust", "rust-wash"),
    ("on-sea", "sea"),
    ("on-sea-quiet", "sea"),
    ("on-lamp", "lamp"),
    ("on-moss", "moss"),
    ("on-rust", "rust"),
]
# borders of fields, focus rings
EDGES = [("edge", "paper"), ("edge", "card"), ("focus", "paper"), ("focus", "card"), ("lamp", "sea")]


def colours(scheme: str) -> dict[str, str]:
    """The custom properties of a scheme."""
    light, _sign, rest = SHEET.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", rest.split("*, *::before")[0]))
    return found


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio between two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(scheme: str, ink: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[ink], found[ground]) >= TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_can_be_seen(scheme: str, edge: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[edge], found[ground]) >= PARTS


def test_letters_in_place_of_pictures_can_be_read() -> None:
    tones = re.findall(r"\.tone\d \{ background: (#[0-9a-f]{6}); \}", SHEET)
    assert len(tones) == 6
    assert all(contrast("#ffffff", tone) >= TEXT for tone in tones)


def test_the_calculation_itself() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_nothing_is_loaded_from_elsewhere_and_sizes_are_relative() -> None:
    assert "url(" not in SHEET
    assert "@import" not in SHEET
    assert "@font-face" not in SHEET
    assert not re.findall(r"font-size: [\d.]+px", SHEET)


def test_right_to_left_by_logical_properties() -> None:
    assert not re.findall(r"(?:margin|padding|border|inset)-(?:left|right)|text-align: (?:left|right)", SHEET)
    assert not re.findall(r"[;{ ](?:left|right): ", SHEET)


def test_targets_are_large_enough() -> None:
    for what in (".button, button.button", ".act {", ".nav a, .nav button", ".choice {", ".linklike"):
        rule = SHEET[SHEET.index(what) :].split("}")[0]
        assert "min-block-size: 2.75rem" in rule, what
