"""What the documentation shows can be used as it stands: links lead somewhere, projects load."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from orgloop.config.documents import KINDS
from orgloop.config.load import load_project
from orgloop.logentry import PHASE_ORDER
from orgloop.options import described
from orgloop.plugin import Kind
from orgloop.plugins.builtins import BUILTINS
from orgloop.plugins.catalogue import Catalogue

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
CONNECTOR_PAGES = {
    **{
        name: (name, Kind.SOURCE)
        for name in ("claude-code", "codex", "coding-agent", "opencode", "pi", "pi-rust")
    },
    "command": ("command", Kind.ACTOR),
    "cron": ("cron", Kind.SOURCE),
    "docker": ("docker", Kind.ACTOR),
    "openclaw": ("openclaw", Kind.ACTOR),
    "slack-actor": ("slack", Kind.ACTOR),
    "slack-source": ("slack", Kind.SOURCE),
    "smtp": ("smtp", Kind.ACTOR),
    "webhook-actor": ("webhook", Kind.ACTOR),
    "webhook-source": ("webhook", Kind.SOURCE),
}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def short(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{short(page)}:{number}")
        for page in PAGES
        for number, (found, text) in enumerate(_FENCE.findall(page.read_text("utf-8")))
        if found == language
    ]


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


@pytest.mark.parametrize("text", blocks("yaml"))
def test_yaml_that_is_shown_can_be_read(text: str, tmp_path: Path) -> None:
    document = yaml.safe_load(text)

    assert isinstance(document, dict)
    if document.get("kind") == "Project":
        file = tmp_path / "orgloop.yaml"
        file.write_text(text)
        loaded = load_project(
            file, environ={}, home=tmp_path / "home", catalogue=Catalogue(), strict=False
        )
        assert loaded.project.routes
    else:
        assert document.get("kind", "Project") in KINDS


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_tables_of_options_are_what_the_code_says(page: Path) -> None:
    specification = spec_from_file_location("write_options", DOCS / "write_options.py")
    assert specification is not None
    assert specification.loader is not None
    writer = module_from_spec(specification)
    specification.loader.exec_module(writer)
    text = page.read_text("utf-8")

    assert text == writer.with_tables(text), "run python docs/write_options.py"


def test_every_built_in_has_a_page() -> None:
    missing = [
        f"{family}s/{name}"
        for family, names in BUILTINS.items()
        for name in names
        if not list((DOCS / "reference" / f"{family}s").glob(f"{name}*.md"))
    ]

    assert missing == []


@pytest.mark.parametrize("page", CONNECTOR_PAGES)
def test_the_page_of_a_connector_tells_of_every_option(page: str) -> None:
    name, kind = CONNECTOR_PAGES[page]
    config = Catalogue().resolve(kind, name, ROOT).config_class(kind)
    text = (DOCS / "reference" / "connectors" / f"{page}.md").read_text("utf-8")
    keys = [described(one).key or one.name for one in attrs.fields(config)]

    assert [key for key in keys if f"`{key}`" not in text] == []
    assert re.findall(r"^## (Options|Example|How it fails)$", text, re.M) == [
        "Options",
        "Example",
        "How it fails",
    ]


def test_phases_that_are_named_exist() -> None:
    named = {
        word
        for page in PAGES
        for word in re.findall(r"`((?:source|route|transform|deliver|loop)\.[a-z_]+)`", prose(page))
    }

    assert named - set(PHASE_ORDER) - {"route.name"} == set()
