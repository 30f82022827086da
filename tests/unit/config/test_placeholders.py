"""A project whose variables are not set, for who only wants to look at its wiring."""

from __future__ import annotations

from pathlib import Path

from orgloop.config.load import Loaded, load_project
from orgloop.plugins.catalogue import Catalogue

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: "${TEAM}-org"}
sources:
  - {id: github, connector: github, config: {repo: "${REPO}", token: "${TOKEN}"}}
  - {id: door, connector: webhook, config: {secret: "${SECRET}"}}
actors:
  - {id: agent, connector: command, config: {command: [echo, "${WORD:-hello}"]}}
routes:
  - name: reviews
    when: {source: github, filter: {provenance.repo: "${REPO}"}}
    then: {actor: agent, config: {session_key: "hook:${REPO}:{{payload.pr_number}}"}}
"""


def load(directory: Path, environ: dict[str, str]) -> Loaded:
    (directory / "orgloop.yaml").write_text(PROJECT)
    return load_project(
        directory, environ=environ, home=directory, catalogue=Catalogue(), has_placeholders=True
    )


def test_variables_without_a_value_are_worth_their_name(tmp_path: Path) -> None:
    project = load(tmp_path, {}).project

    assert project.name == "<TEAM>-org"
    route = project.routes["reviews"]
    assert route.when.filter == {"provenance.repo": "<REPO>"}
    assert route.config == {"session_key": "hook:<REPO>:{{payload.pr_number}}"}
    assert project.sources["door"].config.secret == "<SECRET>"
    assert project.missing == ()


def test_a_component_that_a_placeholder_does_not_fit_is_unavailable(tmp_path: Path) -> None:
    project = load(tmp_path, {}).project

    assert project.sources["github"].config is None
    assert project.sources["github"].unavailable == "REPO, TOKEN are not set"


def test_who_has_a_value_needs_no_placeholder(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"REPO": "our/app", "TOKEN": "t", "TEAM": "eng", "SECRET": "s"})

    assert loaded.project.routes["reviews"].when.filter == {"provenance.repo": "our/app"}
    assert not any(use.is_placeholder for use in loaded.variables)


def test_a_placeholder_is_shown_and_a_value_is_not(tmp_path: Path) -> None:
    bare = load(tmp_path, {}).project.hidden
    filled = load(tmp_path, {"REPO": "our/app", "TOKEN": "t", "SECRET": "s3cret"}).project.hidden

    assert bare.conceal_in({"key": ["hook:<REPO>:1"]}) == {"key": ["hook:<REPO>:1"]}
    assert filled.conceal_in({"key": ["hook:our/app:1", 1]}) == {"key": ["hook:***:1", 1]}
