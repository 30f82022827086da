"""A project's files become one definition, wherever in them things stand."""

from __future__ import annotations

import pytest

from orgloop.config.model import effective
from orgloop.durations import Duration
from support.projects import ROUTE, SMALL, Project

GROUP = "apiVersion: orgloop/v1alpha1\nkind: {kind}\n"
ROUTES = GROUP.format(kind="RouteGroup") + ROUTE


def test_a_project_in_files_is_the_same_as_one_inline(project: Project) -> None:
    project.write_top("connectors: [c/all.yaml]\n")
    project.write("c/all.yaml", GROUP.format(kind="ConnectorGroup") + SMALL)
    project.write("routes/all.yml", ROUTES)
    loaded = project.load().project
    assert list(loaded.sources) == ["hook"]
    assert list(loaded.actors) == ["agent"]
    assert loaded.routes["all"].place.path == "routes[0]"
    assert loaded.routes["all"].place.file == project.directory / "routes" / "all.yml"


def test_strings_and_mappings_mix_in_every_list(project: Project) -> None:
    project.write_top(
        """\
        connectors: [{sources: [{id: inline, connector: webhook}]}]
        sources: [c/all.yaml, {id: second, connector: webhook}]
        actors: [c/all.yaml]
        """
    )
    project.write("c/all.yaml", GROUP.format(kind="ConnectorGroup") + SMALL)
    project.write("routes/all.yaml", ROUTES)
    loaded = project.load().project
    assert list(loaded.sources) == ["inline", "hook", "second"]
    assert list(loaded.actors) == ["agent"]


def test_a_route_file_that_is_named_and_found_is_loaded_once(project: Project) -> None:
    project.write_top(SMALL, "routes: [routes/a.yaml, ./routes/../routes/a.yaml]\n")
    project.write("routes/a.yaml", ROUTES)
    project.write("routes/deep/b.yaml", ROUTES.replace("all", "deep"))
    project.write("routes/.hidden.yaml", "nonsense")
    project.write("routes/notes.txt", "nonsense")
    assert list(project.load().project.routes) == ["all", "deep"]


def test_a_group_without_header_is_a_warning_and_of_the_wrong_kind_an_error(
    project: Project,
) -> None:
    project.write_top(SMALL)
    project.write("routes/a.yaml", ROUTE)
    assert [one.what for one in project.load().problems] == [
        "`apiVersion` is missing",
        "`kind` is missing",
    ]
    project.write("routes/a.yaml", ROUTES.replace("RouteGroup", "LoggerGroup"))
    (error,) = project.errors()
    assert "`LoggerGroup` is not `RouteGroup`" in error


def test_groups_may_carry_metadata_and_anchors(project: Project) -> None:
    project.write_top(SMALL)
    text = GROUP.format(kind="RouteGroup") + "metadata: {anything: [1]}\n"
    text += (
        "x-when: &when {source: hook}\nroutes:\n  - {name: a, when: *when, then: {actor: agent}}\n"
    )
    project.write("routes/a.yaml", text)
    assert project.load().project.routes["a"].when.source == "hook"


def test_empty_lists_and_options_count_as_not_written(project: Project) -> None:
    project.write_top(SMALL.replace("connector: webhook}", "connector: webhook, config: }"))
    project.write("routes/a.yaml", ROUTES)
    text = (project.directory / "orgloop.yaml").read_text() + "transforms:\nloggers:\nroutes:\n"
    project.write("orgloop.yaml", text)
    assert project.load().problems == ()


def test_delivery_settings_are_read_in_full(project: Project) -> None:
    text = ROUTE.replace(
        "{actor: agent}",
        """
      actor: agent
      delivery:
        concurrency: 2
        timeout: 10s
        retry: {max_attempts: 5, backoff: linear, initial_delay: 2s, max_delay: 1m, jitter: none}
        circuit_breaker: {failure_threshold: 3, cooldown: 10s}
        max_rate: 30/m
        queue_depth: 100
        order_by: "{{payload.pr_number}}"
        debounce: 30s
        batch: {max: 20, every: 1m}
        expect_stop: 2h
""",
    )
    delivery = project.write_top(SMALL, text).load().project.routes["all"].delivery
    assert delivery.max_rate == 0.5
    assert delivery.debounce is not None
    assert delivery.debounce.max == Duration(300_000)
    assert delivery.retry.backoff == "linear"
    assert delivery.batch is not None
    assert delivery.batch.every == Duration(60_000)
    assert delivery.expect_stop == Duration(7_200_000)


def test_debounce_may_be_a_mapping(project: Project) -> None:
    text = ROUTE.replace(
        "{actor: agent}", "{actor: agent, delivery: {debounce: {quiet: 1s, max: 5s}}}"
    )
    debounce = project.write_top(SMALL, text).load().project.routes["all"].delivery.debounce
    assert debounce is not None
    assert (debounce.quiet.seconds, debounce.max.seconds) == (1, 5)


@pytest.mark.parametrize("rate", ["0/s", "100", "100/d", "-1/s", "fast", "1/", "0.0/s"])
def test_what_is_no_rate_is_refused(project: Project, rate: str) -> None:
    text = ROUTE.replace("{actor: agent}", f"{{actor: agent, delivery: {{max_rate: {rate}}}}}")
    (error,) = project.write_top(SMALL, text).errors()
    assert "this is not a rate" in error


def test_the_strictest_of_route_and_actor_holds_for_what_belongs_to_the_actor(
    project: Project,
) -> None:
    actor = SMALL.replace('1/"}}', '1/"}, delivery: {concurrency: 3, timeout: 5s}}')
    text = ROUTE.replace("{actor: agent}", "{actor: agent, delivery: {concurrency: 8}}")
    loaded = project.write_top(actor, text).load().project
    merged = effective(loaded.routes["all"].delivery, loaded.actors["agent"].delivery)
    assert (merged.concurrency, merged.timeout) == (3, Duration(5000))


def test_poll_settings_fall_back_to_the_defaults(project: Project) -> None:
    sources = """\
    defaults: {poll_interval: 1m}
    sources:
      - {id: a, connector: webhook, labels: {team: x}, emits: [resource.changed]}
      - id: b
        connector: webhook
        poll: {interval: 10s, timeout: 5s, circuit_breaker: {failure_threshold: 2, cooldown: 1s}}
    """
    loaded = project.write_top(sources).load().project
    a, b = loaded.sources["a"], loaded.sources["b"]
    assert (a.poll_interval.seconds, a.failure_threshold, a.labels) == (60, 5, {"team": "x"})
    assert (b.poll_interval.seconds, b.poll_timeout.seconds) == (10, 5)
    assert (b.failure_threshold, b.circuit_cooldown.seconds) == (2, 1)


def test_the_path_may_be_the_file_or_its_directory(small: Project) -> None:
    by_directory = small.load().project
    small.directory = small.directory / "orgloop.yaml"
    assert small.load().project == by_directory


def test_a_prompt_is_looked_for_beside_the_route_then_in_the_project(project: Project) -> None:
    project.write("sops/a.md", "A")
    project.write("routes/b.md", "B")
    project.write_top(SMALL)
    text = GROUP.format(kind="RouteGroup") + "routes:\n"
    for name, file in (("a", "sops/a.md"), ("b", "b.md"), ("c", "../sops/a.md")):
        text += f"  - {{name: {name}, when: {{source: hook}}, then: {{actor: agent}}, "
        text += f"with: {{prompt_file: {file}}}}}\n"
    project.write("routes/r.yaml", text)
    routes = project.load().project.routes
    found = [route.prompt_path and route.prompt_path.resolve() for route in routes.values()]
    directory = project.directory.resolve()
    assert found == [directory / "sops/a.md", directory / "routes/b.md", directory / "sops/a.md"]
    assert routes["a"].prompt_file == "sops/a.md"


def test_a_missing_prompt_warns_the_start_and_fails_validate(project: Project) -> None:
    project.write_top(SMALL, ROUTE + "    with: {prompt_file: none.md}\n")
    loaded = project.load()
    (warning,) = loaded.problems
    assert (warning.severity, warning.validate_only) == ("warning", True)
    assert loaded.project.routes["all"].prompt_path is None
    places = loaded.project.routes["all"].prompt_places
    assert places[-1].parent == loaded.project.directory
    (error,) = project.errors(strict=True)
    assert "routes[0].with.prompt_file: there is no prompt file `none.md`" in error


def test_a_path_option_begins_beside_its_file(project: Project) -> None:
    project.write_top("connectors: [c/a.yaml]\n")
    text = SMALL.replace('1/"}}', '1/", cwd: work}}')
    project.write("c/a.yaml", GROUP.format(kind="ConnectorGroup") + text)
    assert project.load().project.actors["agent"].config.cwd == project.directory / "c" / "work"
    (project.directory / "work").mkdir()
    assert project.load().project.actors["agent"].config.cwd == project.directory / "work"
