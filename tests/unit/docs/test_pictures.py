"""Pictures are said in words, load nothing, and are small or legible on light and dark."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
SCREENS = sorted((DOCS / "pictures").glob("*.png"))
MOST_BYTES = 150_000
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_stands_for_itself(picture: Path) -> None:
    text = picture.read_text("utf-8")
    root = ElementTree.fromstring(text)

    assert root.findtext(f"{_SVG}title")
    assert root.findtext(f"{_SVG}desc")
    assert "prefers-color-scheme: dark" in text
    assert "href" not in text
    assert {float(root.attrib[key]) for key in ("width", "height")} == {
        float(number) for number in root.attrib["viewBox"].split()[2:]
    }


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.stem)
def test_what_a_screen_shows_is_small_and_can_be_made_anew(screen: Path) -> None:
    assert screen.stat().st_size < MOST_BYTES
    assert f'"{screen.name}"' in (DOCS / f"picture_{screen.stem}.py").read_text("utf-8")


def test_every_picture_is_shown_somewhere_and_said_in_words() -> None:
    pages = "".join(page.read_text("utf-8") for page in DOCS.rglob("*.md"))
    told = {name for words, name in re.findall(r"!\[([^]]+)]\(pictures/([^)]+)\)", pages) if words}

    assert PICTURES
    assert SCREENS
    assert {picture.name for picture in (*PICTURES, *SCREENS)} - told == set()
