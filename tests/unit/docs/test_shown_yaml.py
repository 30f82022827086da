"""Every piece of YAML in the documentation is tried: loaded here, or used where its page is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgloop.config.load import load_project
from orgloop.plugins.catalogue import Catalogue
from support.sessions.page import Command, Shown, steps_of

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
STRANGERS = {
    "how-to/testing-the-wiring.md": ["steps"],
    "monitoring/README.md": ["scrape_configs", "route", "groups", "receivers"],
}
"""YAML of GitHub Actions, Prometheus, its Alertmanager and a collector, by its first key."""
PARTS = {"defaults", "http", "supervisor", "sources", "actors", "routes", "transforms", "loggers"}
WHOLE = {"apiVersion", "kind", "metadata", "connectors"}
STAND_INS: dict[str, list[dict[str, Any]]] = {
    "sources": [{"id": "stand-in", "connector": "webhook"}],
    "actors": [{"id": "someone", "connector": "openclaw"}],
}
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^```python\n# (?:\w+/)?(\w+\.py)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def name_of(page: Path) -> str:
    return page.relative_to(DOCS if page.is_relative_to(DOCS) else ROOT).as_posix()


def shown(page: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the YAML of a page, but for files that are used when its commands are run."""
    steps = steps_of(page)
    is_run = any(isinstance(step, Command) for step in steps)
    used = {step.content for step in steps if isinstance(step, Shown) and is_run}
    for text in _YAML.findall(page.read_text("utf-8")):
        if text not in used:
            yield text, yaml.safe_load(text)


def is_ours(document: dict[str, Any]) -> bool:
    return set(document) <= PARTS | WHOLE or document.keys() in ({"then"}, {"delivery"})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_an_example_shows_is_valid(page: Path, tmp_path: Path) -> None:
    code = dict(_CODE.findall(page.read_text("utf-8")))
    for number, (text, document) in enumerate(shown(page)):
        if is_ours(document):
            directory = tmp_path / str(number)
            assert problems_of(completed(document), text, code, directory) == []


def test_only_what_other_programs_read_is_not_tried() -> None:
    found = {
        name_of(page): [
            next(iter(document)) for _, document in shown(page) if not is_ours(document)
        ]
        for page in PAGES
    }

    assert {page: keys for page, keys in found.items() if keys} == STRANGERS


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown of a project as a project: with whatever it leaves out."""
    if "metadata" in document:
        return document
    if "then" in document:
        document = {"routes": [{"name": "shown", "when": {"source": "stand-in"}, **document}]}
    elif "delivery" in document:
        document = {"actors": [{"id": "shown", "connector": "openclaw", **document}]}
    document = {**document, "apiVersion": "orgloop/v1alpha1", "kind": "Project"}
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


def problems_of(
    document: dict[str, Any], text: str, code: Mapping[str, str], directory: Path
) -> list[str]:
    """Load a project that has every file and variable which its text names."""
    (directory / "routes").mkdir(parents=True)
    for name in re.findall(r"(?<=[\s\[])(?:\.\.?/[\w./-]+|[\w-]+/[\w-]+\.md)", text):
        file = directory / "routes" / name if name.startswith("../") else directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code.get(file.name, "#!/bin/sh\n"), "utf-8")
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
