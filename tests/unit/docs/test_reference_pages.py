"""Everything that is built in has a page of one form, with its options and a true example."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from orgloop.logentry import PHASE_ORDER
from orgloop.plugin import Kind
from orgloop.plugins.names import family

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
LEADS = {
    Kind.SOURCE: {"What it reports"},
    Kind.ACTOR: {"What it sends", "What it does"},
    Kind.TRANSFORM: {"What it does"},
    Kind.LOGGER: {"What it writes"},
}
"""The section of a page that says what comes of it."""
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def _writer() -> ModuleType:
    specification = spec_from_file_location("write_options", DOCS / "write_options.py")
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


WRITER = _writer()
COMPONENTS = [pytest.param(one, id=one.page.stem) for one in WRITER.components()]


def sections(component: Any) -> list[str]:
    return re.findall(r"^## (.*)$", component.page.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_page_has_the_common_form(component: Any) -> None:
    text = component.page.read_text("utf-8")
    found = sections(component)

    assert re.match(rf"# {re.escape(component.name)}( \({component.kind}\))?\n", text)
    assert re.fullmatch(r"[A-Z].*\.", WRITER.purpose(component.page))
    assert found[:2] == ["Options", "Example"]
    assert found[-2:] == ["How it fails", "Permissions"]
    assert LEADS[component.kind] & set(found[2:-2])
    assert len(found) == len(set(found))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_page_has_the_table_of_its_options_and_its_older_name(component: Any) -> None:
    text = component.page.read_text("utf-8")

    assert f"<!-- options: {component.options.__name__} -->" in text
    if component.name != "script":
        older = f"{family(component.kind)}-{component.name}"
        assert f"Also known as `@orgloop/{older}` and `orgloop-{older}`." in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_tables_are_what_the_code_says(page: Path) -> None:
    text = page.read_text("utf-8")

    assert text == WRITER.with_tables(text), "run python docs/write_options.py"


def test_there_is_no_page_of_what_is_not_built_in() -> None:
    pages = {page for folder in REFERENCE.iterdir() for page in folder.glob("*.md")}

    assert pages == {component.page for component in WRITER.components()}


def test_names_of_classes_of_options_are_unique() -> None:
    by_name: dict[str, set[type[Any]]] = {}
    for name, cls in [
        *WRITER.CLASSES.items(),
        *((one.options.__name__, one.options) for one in WRITER.components()),
    ]:
        by_name.setdefault(name, set()).add(cls)

    assert {name for name, classes in by_name.items() if len(classes) > 1} == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_example_uses_what_the_page_is_about(component: Any) -> None:
    shown = yaml.safe_load(_FENCE.findall(component.page.read_text("utf-8"))[0])
    key = {Kind.TRANSFORM: "package", Kind.LOGGER: "type"}.get(component.kind, "connector")
    used = {one.get(key, one.get("type")) for one in shown[f"{component.kind}s"]}

    assert component.name in used


def test_the_page_of_the_file_logger_lists_the_phases_in_order() -> None:
    text = (REFERENCE / "loggers" / "file.md").read_text()
    listed = text.partition("The phases, in order:")[2].partition("A file put aside")[0]

    assert tuple(re.findall(r"`([a-z_.]+)`", listed)) == PHASE_ORDER
