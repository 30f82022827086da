"""What the documentation shows can be used as it stands: links lead somewhere, projects load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orgloop.logentry import PHASE_ORDER

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def short(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(prose(page)):
        if re.match(r"\w+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path) if path else page
        headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M) if fragment else []
        if not file.exists() or (fragment and fragment not in map(anchor, headings)):
            broken.append(target)

    assert broken == []


def test_every_page_can_be_reached_from_the_first() -> None:
    seen: set[Path] = set()
    coming = [DOCS / "index.md"]
    while coming:
        page = coming.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        coming += [
            (page.parent / target.partition("#")[0]).resolve()
            for target in _LINK.findall(prose(page))
            if not re.match(r"\w+:|#", target)
        ]

    pages = {page for page in DOCS.rglob("*.md") if page.parent.name not in ("changelog.d", "sops")}
    assert pages - seen == set()


def test_phases_that_are_named_exist() -> None:
    named = {
        word
        for page in PAGES
        for word in re.findall(r"`((?:source|route|transform|deliver|loop)\.[a-z_]+)`", prose(page))
    }

    assert named - set(PHASE_ORDER) - {"route.name"} == set()
