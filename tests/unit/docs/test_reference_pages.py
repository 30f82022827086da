"""Everything that is built in has a page of one form, with its options and a true example."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from orgloop.config.load import load_project
from orgloop.logentry import PHASE_ORDER
from orgloop.plugin import Kind
from orgloop.plugins.catalogue import Catalogue
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
FRAGMENTS = {"apiVersion", "kind", "defaults", "http", "supervisor"}
FRAGMENTS |= {"sources", "actors", "routes", "transforms", "loggers"}
STAND_INS: dict[str, list[dict[str, Any]]] = {
    "sources": [{"id": "stand-in", "connector": "webhook"}],
    "actors": [{"id": "someone", "connector": "openclaw"}],
}

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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_an_example_shows_is_valid(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(_FENCE.findall(page.read_text("utf-8"))):
        shown = yaml.safe_load(text)
        assert isinstance(shown, dict)
        if set(shown) <= FRAGMENTS and ".py" not in text:  # plugins have a test of their own
            directory = tmp_path / str(number)
            assert problems_of(completed(shown), text, directory) == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_example_uses_what_the_page_is_about(component: Any) -> None:
    shown = yaml.safe_load(_FENCE.findall(component.page.read_text("utf-8"))[0])
    key = {Kind.TRANSFORM: "package", Kind.LOGGER: "type"}.get(component.kind, "connector")
    used = {one.get(key, one.get("type")) for one in shown[f"{component.kind}s"]}

    assert component.name in used


def completed(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a fragment of a project as a project: with whatever it leaves out."""
    document = {**shown, "apiVersion": "orgloop/v1alpha1", "kind": "Project"}
    document["metadata"] = {"name": "shown"}
    for key, stand_ins in STAND_INS.items():
        document[key] = [*document.get(key, ()), *stand_ins]
    routes = document.setdefault("routes", [])
    known = {one["id"] for key in STAND_INS for one in document[key]}
    for route in routes:
        for key, id in (("sources", route["when"]["source"]), ("actors", route["then"]["actor"])):
            if id not in known:
                known.add(id)
                document[key].append({**STAND_INS[key][0], "id": id})
    refs = [use["ref"] for route in routes for use in route.get("transforms", ())]
    named = {one["name"] for one in document.get("transforms", ())}
    lacking = [{"name": ref, "package": "dedup"} for ref in set(refs) - named]
    document["transforms"] = [*document.get("transforms", ()), *lacking]
    uses = [{"ref": one} for one in sorted(named - set(refs))]
    routes += [
        {
            "name": f"of-{source['id']}",
            "when": {"source": source["id"]},
            "transforms": uses,
            "then": {"actor": "someone"},
        }
        for source in document["sources"]
    ]
    reached = {route["then"]["actor"] for route in routes}
    routes += [
        {"name": f"to-{id}", "when": {"source": "stand-in"}, "then": {"actor": id}}
        for id in (one["id"] for one in document["actors"])
        if id not in reached
    ]
    return document


def problems_of(document: dict[str, Any], text: str, directory: Path) -> list[str]:
    """Load a project that has every file and variable which its text names."""
    (directory / "routes").mkdir(parents=True)
    for name in re.findall(r"(?<=[\s\[])(?:\.\.?/[\w./-]+|[\w-]+/[\w-]+\.md)", text):
        file = directory / "routes" / name if name.startswith("../") else directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n", "utf-8")
        file.chmod(0o755)
    written = yaml.safe_dump(document).replace("../", "routes/../")
    (directory / "orgloop.yaml").write_text(written, "utf-8")
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "swordfish")
    loaded = load_project(
        directory,
        environ=environ,
        home=directory / "home",
        catalogue=Catalogue(),
        strict=True,
    )
    return [str(problem) for problem in loaded.problems]


def test_the_page_of_the_file_logger_lists_the_phases_in_order() -> None:
    text = (REFERENCE / "loggers" / "file.md").read_text()
    listed = text.partition("The phases, in order:")[2].partition("A file put aside")[0]

    assert tuple(re.findall(r"`([a-z_.]+)`", listed)) == PHASE_ORDER
