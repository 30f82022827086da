"""The reference pages of transforms and loggers tell of every option and have the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from orgloop.logentry import PHASE_ORDER
from orgloop.options import described
from orgloop.plugin import Kind, Registration

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = sorted(
    page.relative_to(REFERENCE).with_suffix("").as_posix()
    for folder in ("transforms", "loggers")
    for page in (REFERENCE / folder).glob("*.md")
)


def registered(page: str) -> tuple[Registration, Kind]:
    folder, name = page.split("/")
    module = import_module(f"orgloop.{folder}.{name.replace('-', '_')}")
    return module.registration, Kind(folder.removesuffix("s"))


def keys_of(config: type[Any], prefix: str = "") -> Iterator[str]:
    attrs.resolve_types(config)
    for attribute in attrs.fields(config):
        option = described(attribute)
        if attrs.has(attribute.type) and option.convert is None and is_group(attribute.type):
            yield from keys_of(attribute.type, f"{prefix}{attribute.name}.")
        else:
            yield prefix + (option.key or attribute.name)
            yield from (prefix + alias for alias in option.aliases)


def is_group(kind: type[Any]) -> bool:
    return any(described(attribute).doc for attribute in attrs.fields(kind))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_of_every_option(page: str) -> None:
    registration, kind = registered(page)
    text = (REFERENCE / f"{page}.md").read_text()

    missing = [key for key in keys_of(registration.config_class(kind)) if f"`{key}`" not in text]

    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_common_form(page: str) -> None:
    headings = re.findall(r"^#+ (.*)$", (REFERENCE / f"{page}.md").read_text(), re.MULTILINE)

    verb = "What it does" if page.startswith("transforms") else "What it writes"
    assert headings == [page.split("/")[1], "Options", "Example", verb, "How it fails"]


def test_the_page_of_the_file_logger_lists_the_phases_in_order() -> None:
    text = (REFERENCE / "loggers" / "file.md").read_text()
    listed = text.partition("The phases, in order:")[2].partition("A file put aside")[0]

    assert tuple(re.findall(r"`([a-z_.]+)`", listed)) == PHASE_ORDER
