"""What is shown of a configuration holds neither secrets nor what variables hold."""

from __future__ import annotations

from support.projects import ROUTE, SMALL, Project

TEXT = """
sources:
  - id: hook
    connector: github
    config: {repo: "${REPO}", token: written, events: ["x-${KIND}", plain], extra: {a: "${KIND}"}}
actors:
  - id: agent
    connector: webhook
    config: {url: "http://x/", headers: {X: "${KIND}", Y: y}, auth: {token: swordfish}}
"""
ENVIRON = {"REPO": "o/r", "KIND": "k"}


def test_secrets_and_values_from_variables_read_as_stars(project: Project) -> None:
    loaded = project.write_top(TEXT, ROUTE, environ=ENVIRON).load().project
    assert loaded.sources["hook"].shown == {
        "repo": "***",
        "token": "***",
        "events": ["***", "plain"],
        "extra": {"a": "***"},
    }
    assert loaded.actors["agent"].shown == {
        "url": "http://x/",
        "headers": {"X": "***", "Y": "y"},
        "auth": {"token": "***"},
    }


def test_a_representation_shows_no_secret(project: Project) -> None:
    loaded = project.write_top(TEXT, ROUTE, environ={**ENVIRON, "KIND": "hidden-kind"}).load()
    for secret in ("swordfish", "written", "hidden-kind"):
        assert secret not in repr(loaded)


def test_a_fingerprint_shows_that_a_value_changed_and_not_which(project: Project) -> None:
    project.write_top(TEXT, ROUTE, environ=ENVIRON)
    before = project.load().project.sources["hook"].fingerprint
    assert before == project.load().project.sources["hook"].fingerprint
    project.environ["REPO"] = "o/other"
    after = project.load().project.sources["hook"].fingerprint
    assert before["repo"] != after["repo"]
    assert before["token"] == after["token"]
    assert "o/r" not in str(before)
    assert before["events"][1] == "plain"


def test_a_fingerprint_means_nothing_with_another_key(project: Project) -> None:
    project.write_top(TEXT, ROUTE, environ=ENVIRON)
    one = project.load(key=b"one").project.sources["hook"].fingerprint
    other = project.load(key=b"x" * 100).project.sources["hook"].fingerprint
    assert one["repo"] != other["repo"]


def test_a_degraded_component_has_a_fingerprint_too(project: Project) -> None:
    project.write_top(TEXT, ROUTE, environ={"REPO": "o/r"})
    source = project.load().project.sources["hook"]
    assert source.config is None
    assert source.fingerprint["extra"]["a"].startswith("***")


def test_what_a_route_sends_is_hidden_where_it_came_from_a_variable(project: Project) -> None:
    text = ROUTE.replace("{actor: agent}", "{actor: agent, config: {a: '${KIND}', b: '{{x}}'}}")
    route = project.write_top(SMALL, text, environ=ENVIRON).load().project.routes["all"]
    assert route.config == {"a": "k", "b": "{{x}}"}
    assert route.shown["config"] == {"a": "***", "b": "{{x}}"}
    assert route.fingerprint["config"]["a"].startswith("***")
    assert route.fingerprint["config"]["a"] != "***"


def test_a_filter_and_a_prompt_are_hidden_where_they_came_from_a_variable(project: Project) -> None:
    text = (
        ROUTE.replace("{source: hook}", "{source: hook, filter: {payload.a: '${KIND}', b: 1}}")
        + "    with: {prompt_file: '${KIND}.md'}\n"
    )
    loaded = project.write_top(SMALL, text, environ=ENVIRON).load()
    route = loaded.project.routes["all"]
    assert (route.when.filter["payload.a"], route.prompt_file) == ("k", "k.md")
    assert route.shown == {
        "filter": {"payload.a": "***", "b": 1},
        "config": {},
        "prompt_file": "***",
    }
    assert "k.md" not in str(loaded.problems)


def test_a_route_without_variables_is_shown_as_it_is_written(small: Project) -> None:
    route = small.load().project.routes["all"]
    assert route.shown == {"filter": {}, "config": {}, "prompt_file": None} == route.fingerprint


def test_a_description_hides_what_came_from_a_variable(project: Project) -> None:
    text = SMALL.replace("id: hook,", "id: hook, description: 'of ${KIND}',")
    source = project.write_top(text, environ=ENVIRON).load().project.sources["hook"]
    assert source.description == "***"
