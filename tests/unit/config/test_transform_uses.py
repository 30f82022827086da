"""Each use of a transform by a route is the definition with the route's words over it."""

from __future__ import annotations

import pytest

from support.projects import SMALL, Project

DEDUP = """\
transforms:
  - {name: once, type: package, package: dedup, config: {key: [id], window: 5m}}
"""


def routes(*transforms: str) -> str:
    text = "routes:\n"
    for number, uses in enumerate(transforms):
        text += f"  - name: r{number}\n    when: {{source: hook}}\n    then: {{actor: agent}}\n"
        text += f"    transforms: {uses}\n"
    return text


def test_uses_without_overrides_share_one_definition(project: Project) -> None:
    project.write_top(SMALL, DEDUP, routes("[{ref: once}]", "[{ref: once}]"))
    first, second = project.load().project.routes.values()
    assert first.transforms[0] is second.transforms[0]
    assert first.transforms[0].config.window.seconds == 300


def test_a_route_overrides_single_options_and_the_error_policy(project: Project) -> None:
    use = "[{ref: once, config: {window: 10m}, on_error: halt}]"
    project.write_top(SMALL, DEDUP, routes(use))
    (transform,) = project.load().project.routes["r0"].transforms
    assert transform.id == "once"
    assert transform.config.key == ("id",)
    assert transform.config.window.seconds == 600
    assert transform.on_error == "halt"
    assert transform.shown == {"key": ["id"], "window": "10m"}


def test_a_route_after_one_that_overrides_gets_the_definition(project: Project) -> None:
    override = "[{ref: once, config: {window: 10m}}]"
    project.write_top(SMALL, DEDUP, routes(override, "[{ref: once}]", "[{ref: once}]"))
    _, second, third = project.load().project.routes.values()
    assert second.transforms[0].config.window.seconds == 300
    assert third.transforms[0] is second.transforms[0]


def test_an_override_replaces_a_list_whole(project: Project) -> None:
    project.write_top(SMALL, DEDUP, routes("[{ref: once, config: {key: [a, b]}}]"))
    assert project.load().project.routes["r0"].transforms[0].config.key == ("a", "b")


def test_an_override_replaces_what_the_definition_says_with_another_word(project: Project) -> None:
    older = DEDUP.replace("key: [id]", "fields: [id]")
    project.write_top(SMALL, older, routes("[{ref: once, config: {key: [a]}}]"))
    assert project.load().project.routes["r0"].transforms[0].config.key == ("a",)


def test_a_required_option_may_come_from_the_routes(project: Project) -> None:
    bare = DEDUP.replace("key: [id], ", "")
    project.write_top(SMALL, bare, routes("[{ref: once, config: {key: [a]}}]"))
    assert project.load().problems == ()
    project.write_top(SMALL, bare, routes("[]"))
    (error,) = project.errors()
    assert "transforms[0].config.key: `key` is missing" in error


def test_an_error_in_a_definition_is_placed_in_the_definition(project: Project) -> None:
    wrong = DEDUP.replace("5m", "soon")
    project.write_top(SMALL, wrong, routes("[{ref: once, config: {key: [a]}}]", "[{ref: once}]"))
    (error,) = project.errors()
    assert "transforms[0].config.window: 'soon' is not a duration" in error


def test_an_error_in_an_override_is_placed_in_the_route(project: Project) -> None:
    project.write_top(SMALL, DEDUP, routes("[{ref: once, config: {window: soon, keey: 1}}]"))
    window, key = project.errors()
    assert "routes[0].transforms[0].config.window: 'soon' is not a duration" in window
    assert "routes[0].transforms[0].config.keey: the key `keey` is not known" in key


@pytest.mark.parametrize("use", ["[{ref: once, config: [1]}]", "[{ref: once, config: 1}]"])
def test_an_override_that_is_no_mapping_is_refused(project: Project, use: str) -> None:
    (error,) = project.write_top(SMALL, DEDUP, routes(use)).errors()
    assert "routes[0].transforms[0].config: expected a mapping" in error


def test_a_missing_variable_leaves_the_transform_unavailable(project: Project) -> None:
    text = DEDUP.replace("window: 5m", "window: '${W}'")
    project.write_top(SMALL, text, routes("[{ref: once}]"))
    (transform,) = project.load().project.routes["r0"].transforms
    assert (transform.config, transform.unavailable) == (None, "W is not set")


def test_a_script_is_found_beside_its_file(project: Project) -> None:
    project.write_top("transforms: [transforms/t.yaml]\n", SMALL, routes("[{ref: redact}]"))
    project.write(
        "transforms/t.yaml",
        """\
        apiVersion: orgloop/v1alpha1
        kind: TransformGroup
        transforms:
          - {name: redact, type: script, script: ./redact.sh, timeout_ms: 5000, on_error: drop}
        """,
    )
    script = project.write("transforms/redact.sh", "#!/bin/sh\ncat\n")
    (error,) = project.errors()
    assert "transforms[0].script: the script `./redact.sh` cannot be executed" in error
    assert f"chmod +x {script}" in project.problems()[0].remedy
    script.chmod(0o755)
    (transform,) = project.load().project.routes["r0"].transforms
    assert transform.registration.id == "script"
    assert (transform.config.script, transform.config.timeout_ms) == (script, 5000)
    assert transform.on_error == "drop"


def test_a_script_is_found_in_the_project_too_and_reported_if_nowhere(project: Project) -> None:
    text = "transforms:\n  - {name: s, script: bin/s.sh}\n"
    project.write_top(SMALL, text, routes("[{ref: s}]"))
    (error,) = project.errors()
    assert "transforms[0].script: there is no script `bin/s.sh`" in error
    project.write("bin/s.sh", "#!/bin/sh\n").chmod(0o755)
    assert project.load().project.routes["r0"].transforms[0].config.timeout_ms == 30_000


def test_a_script_whose_path_looks_like_a_variable_is_just_a_path(project: Project) -> None:
    text = "transforms:\n  - {name: s, script: 'bin/$${X}.sh'}\n"
    script = project.write("bin/${X}.sh", "#!/bin/sh\n")
    script.chmod(0o755)
    project.write_top(SMALL, text, routes("[{ref: s}]"))
    assert project.load().project.routes["r0"].transforms[0].config.script == script


@pytest.mark.parametrize(
    ("definition", "key"),
    [
        ("{name: x, type: package}", "package"),
        ("{name: x, type: script}", "script"),
        ("{name: x}", "package"),
    ],
)
def test_a_transform_says_what_it_is(project: Project, definition: str, key: str) -> None:
    project.write_top(SMALL, f"transforms:\n  - {definition}\n", routes("[]"))
    (error,) = project.errors()
    assert f"transforms[0].{key}: `{key}` is missing" in error
