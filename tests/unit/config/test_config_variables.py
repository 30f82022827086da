"""Variables are filled in one pass, from the environment, then from ``.env``."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.problems import Findings
from orgloop.config.variables import Variables, read_dotenv
from support.projects import ROUTE, SMALL, Project

GITHUB = """
sources:
  - id: hook
    connector: webhook
  - id: code
    connector: github
    config: {repo: "${REPO:-a/b}", token: "${GITHUB_TOKEN}"}
actors:
  - {id: agent, connector: webhook, config: {url: "http://127.0.0.1:1/"}}
"""


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${A}", "1"),
        ("x${A}y${A}", "x1y1"),
        ("${EMPTY}", ""),
        ("${EMPTY:-d}", "d"),
        ("${NONE:-}", ""),
        ("${NONE:-a:b c}", "a:b c"),
        ("$${A}", "${A}"),
        ("$A $ {A} $$", "$A $ {A} $$"),
        ("${B}", "${A}"),
        ("{{payload.x}} ${A}", "{{payload.x}} 1"),
    ],
)
def test_references_are_filled(text: str, filled: str) -> None:
    result = Variables({"A": "1", "EMPTY": "", "B": "${A}"}).fill(text)
    assert (result.text, result.is_complete) == (filled, True)


@pytest.mark.parametrize("text", ["${", "${A", "${}", "${a b}", "${1}", "${A-x}", "${A:?x}"])
def test_what_only_begins_like_a_reference_is_malformed(text: str) -> None:
    assert Variables({"A": "1"}).fill(text).malformed


@given(st.text())
def test_text_without_references_stays_as_it_is(text: str) -> None:
    if "${" not in text:
        assert Variables({}).fill(text).text == text


@given(st.text())
def test_an_escaped_reference_comes_out_literally(text: str) -> None:
    escaped = text.replace("$${", "").replace("${", "$${")
    if "$${" not in text:
        assert Variables({}).fill(escaped).text.count("${") == text.count("${")


def test_the_environment_beats_dotenv(project: Project) -> None:
    project.write(".env", "# mine\nexport GITHUB_TOKEN='from file'\nOTHER=x\n")
    project.write_top(GITHUB, ROUTE)
    assert project.load().project.sources["code"].config.token == "from file"
    project.environ["GITHUB_TOKEN"] = "from environment"
    assert project.load().project.sources["code"].config.token == "from environment"


def test_dotenv_does_not_fill_what_it_sets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=${HOME}\nB\n")
    assert read_dotenv(tmp_path / ".env", Findings()) == {"A": "${HOME}"}


def test_a_line_of_dotenv_without_a_value_sets_nothing(tmp_path: Path) -> None:
    text = "A=\nB = # later\nexport C=\nD=\"\"\nE=''\nF=x=\n"
    (tmp_path / ".env").write_text(text)
    assert read_dotenv(tmp_path / ".env", Findings()) == {"D": "", "E": "", "F": "x="}


def test_a_variable_that_no_plugin_describes_is_told_by_the_option_it_is_for(
    project: Project,
) -> None:
    project.write_top(GITHUB.replace("${REPO:-a/b}", "${REPO}"), ROUTE)
    (error,) = project.errors()
    assert error.endswith("It is: The repository: `owner/name`.")


def test_what_a_variable_holds_is_refused_by_its_name(project: Project) -> None:
    project.environ["NUMBER"] = "3"
    written = 'config: {repo: a/b, token: x, even: "${NUMBER}"}'
    before = 'config: {repo: "${REPO:-a/b}", token: "${GITHUB_TOKEN}"}'
    project.write_top(GITHUB.replace(before, written), ROUTE)
    (error,) = project.errors()
    assert "sources[1].config.even: what NUMBER holds is not accepted. An even number." in error


def test_a_line_of_dotenv_that_says_nothing_is_a_warning(project: Project) -> None:
    project.write(".env", "GITHUB_TOKEN=x\n%%%\n")
    (warning,) = project.write_top(GITHUB, ROUTE).load().problems
    assert (warning.severity, warning.place and warning.place.line) == ("warning", 2)


def test_a_dotenv_that_is_not_utf8_is_an_error(project: Project) -> None:
    (project.directory / ".env").write_bytes(b"A=\xff\n")
    project.write_top(SMALL, ROUTE)
    assert project.errors() == [
        ".env:1:1: the variables in this file cannot be read: it is not UTF-8. "
        "Mend the file or remove it."
    ]


def test_a_missing_variable_leaves_its_source_degraded(project: Project) -> None:
    loaded = project.write_top(GITHUB, ROUTE).load()
    source = loaded.project.sources["code"]
    assert (source.config, source.unavailable) == (None, "GITHUB_TOKEN is not set")
    (missing,) = loaded.project.missing
    assert (missing.name, missing.component) == ("GITHUB_TOKEN", "source:code")
    assert (missing.description, missing.where) == ("A personal token", "https://example.com/t")
    assert missing.place.line == 10
    (warning,) = loaded.problems
    assert (warning.severity, warning.validate_only) == ("warning", True)
    assert "source:code is degraded" in warning.remedy
    assert "https://example.com/t" in warning.remedy


def test_validate_takes_a_missing_variable_for_an_error(project: Project) -> None:
    project.write_top(GITHUB, ROUTE)
    (error,) = project.errors(strict=True)
    assert error.startswith(
        "orgloop.yaml:10:43: sources[1].config.token: the variable GITHUB_TOKEN is not set. "
    )


def test_a_missing_variable_in_a_structural_field_stops_the_start(project: Project) -> None:
    project.write_top(GITHUB.replace("${REPO:-a/b}", "${REPO}"), ROUTE)
    (error,) = project.errors()
    assert "sources[1].config.repo: the variable REPO is not set" in error


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: all", "name: '${MISSING}'"),
        ("{actor: agent}", "{actor: agent, config: {a: ['${MISSING}']}}"),
    ],
)
def test_a_missing_variable_outside_of_components_stops_the_start(
    project: Project, old: str, new: str
) -> None:
    project.write_top(SMALL, ROUTE.replace(old, new))
    (error,) = project.errors()
    assert "the variable MISSING is not set" in error


def test_a_missing_variable_beside_the_options_degrades_as_well(project: Project) -> None:
    text = SMALL.replace("connector: webhook}", "connector: webhook, poll: {interval: '${P}'}}")
    source = project.write_top(text, ROUTE).load().project.sources["hook"]
    assert (source.unavailable, source.poll_interval.seconds) == ("P is not set", 300)


def test_values_from_variables_become_what_the_field_wants(project: Project) -> None:
    config = "config: {repo: r, token: t, page_size: '${N}', ratio: '${R}', fresh: '${F}', "
    config += "lookback: '${L}'}"
    text = GITHUB.replace('config: {repo: "${REPO:-a/b}", token: "${GITHUB_TOKEN}"}', config)
    project.write_top(text, ROUTE, environ={"N": "7", "R": "0.25", "F": "true", "L": "1h"})
    options = project.load().project.sources["code"].config
    assert (options.page_size, options.ratio, options.fresh) == (7, 0.25, True)
    assert options.lookback.seconds == 3600


@pytest.mark.parametrize("key", ["page_size", "ratio", "fresh", "lookback", "even"])
def test_an_error_never_repeats_what_a_variable_holds(project: Project, key: str) -> None:
    text = GITHUB.replace('token: "${GITHUB_TOKEN}"', f"token: t, {key}: '${{V}}'")
    project.write_top(text, ROUTE, environ={"V": "swordfish"})
    (error,) = project.errors()
    assert "swordfish" not in error
    assert f"sources[1].config.{key}" in error


def test_a_variable_that_is_not_unicode_is_reported(project: Project) -> None:
    project.write_top(GITHUB, ROUTE, environ={"GITHUB_TOKEN": "\udcff"})
    (error,) = project.errors()
    assert "what GITHUB_TOKEN holds is not UTF-8" in error


def test_every_use_of_a_variable_is_listed(project: Project) -> None:
    uses = project.write_top(GITHUB, ROUTE).load().variables
    assert [(use.name, use.is_set, use.has_default) for use in uses] == [
        ("REPO", False, True),
        ("GITHUB_TOKEN", False, False),
    ]


def test_options_are_not_made_with_half_of_what_was_written(project: Project) -> None:
    text = SMALL.replace('1/"}}', '1/", auth: {token: "${T}"}}}')
    actor = project.write_top(text, ROUTE).load().project.actors["agent"]
    assert (actor.config, actor.unavailable) == (None, "T is not set")


def test_options_that_do_not_go_together_are_an_error(project: Project) -> None:
    text = SMALL.replace('1/"}}', '1/", auth: {type: bearer}}}')
    (error,) = project.write_top(text, ROUTE).errors()
    assert "actors[0].config.auth: auth needs a token" in error
