"""Projects written for the TypeScript OrgLoop load as they are, and hear what has no effect."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgloop.config.load import Loaded, load_project
from orgloop.durations import Duration
from orgloop.plugin import Kind
from orgloop.plugins.builtins import BUILTINS
from orgloop.plugins.catalogue import Catalogue
from orgloop.plugins.names import family

PROJECTS = Path(__file__).with_name("older_projects")
IDLE = {
    "engineering": {
        "orgloop.yaml": ["checkpoint"],
        "github.yaml": ["cache_dir"],
        "linear.yaml": ["cache_dir"],
        "claude-code.yaml": ["hook_type", "buffer_dir", "max_buffer_size"],
        "openclaw.yaml": ["track_delivery"],
        "default.yaml": ["format"],
        "transforms.yaml": ["store"],
    },
    "hooks": {
        "sources.yaml": [
            *("buffer_dir", "max_buffer_size") * 3,
            *("hook_type", "buffer_dir"),
        ],
        "actors.yml": ["track_delivery", "track_delivery"],
    },
    "everything": {
        "orgloop.yaml": ["checkpoint"],
        "polled.yaml": ["cache_dir", "cache_dir"],
        "told.yaml": [
            *("cache_dir", "buffer_dir", "max_buffer_size", "buffer_dir"),
            *("buffer_dir", "max_buffer_size"),
            *("hook_type", "buffer_dir", "max_buffer_size"),
        ],
        "actors.yaml": ["track_delivery", "track_delivery", "track_delivery"],
        "loggers.yaml": ["format", "format"],
        "transforms.yaml": ["store", "store"],
    },
}
"""What has no effect, by project and file, in the order in which it stands there."""
COMPONENTS: list[tuple[str, str, dict[str, Any]]] = [
    ("transforms", "@orgloop/transform-filter", {"match": {"type": "a"}, "match_any": {"b": [1]}}),
    ("transforms", "@orgloop/transform-filter", {"jq": ".payload.n > 1"}),
    ("transforms", "@orgloop/transform-sanitizer", {"redact": ["payload.a"], "strip_html": True}),
    ("transforms", "@orgloop/transform-injection-scanner", {"action": "tag"}),
    ("transforms", "@orgloop/transform-rate-limit", {"max": 5, "window": "1m", "key": "source"}),
    ("transforms", "@orgloop/transform-metadata", {"add": {"payload.team": "platform"}}),
    ("transforms", "@orgloop/transform-timestamp", {}),
    ("loggers", "@orgloop/logger-syslog", {"host": "127.0.0.1", "port": 514, "transport": "udp"}),
    ("loggers", "@orgloop/logger-otel", {"endpoint": "http://127.0.0.1:4318", "service_name": "o"}),
    ("loggers", "@orgloop/logger-webhook", {"url": "https://example.com/log", "method": "POST"}),
]


def loaded(directory: Path, home: Path) -> Loaded:
    """Load a project as ``validate`` does, with a value for each of its variables."""
    texts = [file.read_text("utf-8") for file in directory.rglob("*.y*ml")]
    environ = {found: "acme/shop" for text in texts for found in re.findall(r"\$\{(\w+)\}", text)}
    return load_project(directory, environ=environ, home=home, catalogue=Catalogue(), strict=True)


@pytest.mark.parametrize("name", IDLE)
def test_what_has_no_effect_is_noted_and_nothing_else_is(name: str, tmp_path: Path) -> None:
    problems = loaded(PROJECTS / name, tmp_path).problems

    noted: dict[str, list[str]] = {}
    for problem in problems:
        assert problem.place is not None
        key = re.fullmatch(r"`(\w+)` has no effect", problem.what)
        assert key is not None, str(problem)
        noted.setdefault(problem.place.file.name, []).append(key[1])
    assert {problem.severity for problem in problems} == {"note"}
    assert noted == IDLE[name]


def test_every_file_is_loaded_once(tmp_path: Path) -> None:
    project = loaded(PROJECTS / "engineering", tmp_path).project

    assert list(project.routes) == ["github-pr-review", "linear-to-eng", "cc-supervisor"]
    assert [len(route.transforms) for route in project.routes.values()] == [4, 2, 0]


def test_what_has_a_meaning_has_it(tmp_path: Path) -> None:
    project = loaded(PROJECTS / "engineering", tmp_path).project
    github, route = project.sources["github"].config, project.routes["github-pr-review"]
    dedup = route.transforms[1]

    assert github.initial_lookback == Duration(86_400_000)
    assert github.rate_budget == 1000
    assert github.labels == ("bug",)
    assert dedup.config.key == ("source", "type", "payload.pr_number")
    assert dedup.config.window == Duration(600_000)
    assert dedup.on_error == "halt"
    assert route.delivery.retry.backoff == "linear"


def test_prompts_are_found_beside_the_route_and_in_the_project(tmp_path: Path) -> None:
    routes = loaded(PROJECTS / "engineering", tmp_path).project.routes

    for name in ("github-pr-review", "linear-to-eng"):
        found = routes[name].prompt_path
        assert found is not None
        assert found.samefile(PROJECTS / "engineering" / "sops" / "pr-review.md")


@pytest.mark.parametrize(("kind", "name", "config"), COMPONENTS)
def test_a_component_by_its_older_name_is_ours(
    kind: str, name: str, config: dict[str, Any], tmp_path: Path
) -> None:
    told = {"type": "package", "package": name} if kind == "transforms" else {"type": name}
    document = {
        "apiVersion": "orgloop/v1alpha1",
        "kind": "Project",
        "metadata": {"name": "org"},
        kind: [{"name": "one", "config": config, **told}],
    }
    (tmp_path / "orgloop.yaml").write_text(yaml.safe_dump(document), "utf-8")

    project = loaded(tmp_path, tmp_path / "home").project

    assert "one" in getattr(project, kind)


@pytest.mark.parametrize("kind", Kind)
def test_every_built_in_goes_by_its_older_names(kind: Kind, tmp_path: Path) -> None:
    catalogue = Catalogue()
    for name, module in BUILTINS[family(kind)].items():
        registration = import_module(module).registration
        if registration.factory(kind) is not None:
            for older in (f"@orgloop/{family(kind)}-{name}", f"orgloop-{family(kind)}-{name}"):
                assert catalogue.resolve(kind, older, tmp_path) is registration
