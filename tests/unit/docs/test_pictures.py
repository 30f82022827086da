"""Pictures say what they show in words, load nothing, and are legible on light and dark."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
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


def test_every_picture_is_shown_somewhere() -> None:
    pages = "".join(page.read_text("utf-8") for page in DOCS.rglob("*.md"))

    assert PICTURES
    assert [picture.name for picture in PICTURES if f"pictures/{picture.name})" not in pages] == []
