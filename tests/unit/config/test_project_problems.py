"""Everything wrong with a project is reported at once: where, what, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.config.load import find_project
from orgloop.config.problems import ProjectInvalid
from support.projects import HEAD, ROUTE, SMALL, Project


def test_all_errors_of_all_files_come_together(project: Project) -> None:
    project.write_top(
        """\
        descripton: x
        connectors: [connectors/a.yaml, connectors/none.yaml]
        routes:
          - name: one
            when: {source: hok, events: [resource.chnged]}
            then: {actor: agent}
          - name: two
            when: {source: hok}
            transforms: [{ref: dedup}]
            then: {actor: agnt}
        """
    )
    project.write(
        "connectors/a.yaml",
        """\
        apiVersion: orgloop/v1alpha1
        kind: ConnectorGroup
        sources:
          - {id: hook, connector: webhok}
          - {id: code, connector: github, config: {repo: r, lookback: 5}}
        actors:
          - id: agent
            connector: webhook
            config: {}
            delivery: {concurrency: 0, max_rate: fast, retry: {max_attempt: 3}}
        """,
    )
    assert project.errors() == [
        "orgloop.yaml:4:1: descripton: the key `descripton` is not known here. "
        "Known: `actors`, `apiVersion`, `connectors`, `defaults`, `http`, `kind`, `loggers`, "
        "`metadata`, `routes`, `sources`, `supervisor`, `transforms`.",
        "orgloop.yaml:5:33: connectors[1]: there is no file `connectors/none.yaml`. "
        f"Paths begin at {project.directory}.",
        "orgloop.yaml:8:20: routes[0].when.source: there is no source `hok`. Did you mean `hook`?",
        "orgloop.yaml:8:34: routes[0].when.events[0]: `resource.chnged` is not one of "
        "resource.changed, actor.stopped, message.received. Did you mean `resource.changed`?",
        "orgloop.yaml:11:20: routes[1].when.source: there is no source `hok`. Did you mean `hook`?",
        "orgloop.yaml:12:24: routes[1].transforms[0].ref: there is no transform `dedup`. "
        "None is known here.",
        "orgloop.yaml:13:19: routes[1].then.actor: there is no actor `agnt`. Did you mean `agent`?",
        "connectors/a.yaml:4:27: sources[0].connector: there is no source `webhok`. "
        "Known: github, webhook, dedup, script, file.",
        "connectors/a.yaml:5:43: sources[1].config.token: `token` is missing. "
        "Add `token: …`. A token.",
        "connectors/a.yaml:5:63: sources[1].config.lookback: expected a duration, found a number. "
        "Write a number and a unit, as in 500ms, 30s, 5m, 1h30m, 7d.",
        "connectors/a.yaml:9:13: actors[0].config.url: `url` is missing. Add `url: …`. Where to.",
        "connectors/a.yaml:10:29: actors[0].delivery.concurrency: 0 is out of range. "
        "It must be at least 1.",
        "connectors/a.yaml:10:42: actors[0].delivery.max_rate: this is not a rate: write a number "
        "above 0 and a unit, as in 100/s. Deliveries per second, minute or hour: `100/s`, "
        "`30/m`, `500/h`.",
        "connectors/a.yaml:10:56: actors[0].delivery.retry.max_attempt: the key `max_attempt` is "
        "not known here. Did you mean `max_attempts`?",
    ]


def test_a_key_that_stands_beside_its_block_is_led_into_it(project: Project) -> None:
    project.write_top(
        """\
        sources: [{id: hook, connector: webhook}]
        actors:
          - {id: desk, connector: webhook, config: {url: "http://h"},
             delivery: {max_attempts: 5, max: 3}}
        defaults: {milliseconds: 5}  # what a duration is made of
        """
    )

    assert [one.remedy for one in project.problems()] == [
        "It belongs to a block: `retry: {max_attempts: …}`.",
        "It belongs to a block: `debounce: {max: …}` or `batch: {max: …}`.",
        "Known: `event_retention`, `log_format`, `log_level`, `loop`, `poll_interval`.",
    ]


def test_one_mistake_in_a_definition_hides_no_other(project: Project) -> None:
    project.write_top(
        """\
        sources:
          - {id: hook, conector: webhook, connector: webhok}
          - {id: code, labels: 5, connector: github, config: {repo: r}}
        actors:
          - {id: agent, connector: webhook, delivery: {concurrency: 0}, config: {even: 1}}
        loggers:
          - {name: all, nme: x, type: files}
        transforms:
          - {name: once, type: packge, package: dedp}
          - {name: mine, on_error: ignore, type: script, script: ./none.sh}
        routes:
          - name: 5
            when: {source: hok, filter: {payload: {a: 1}}}
            transforms: [{ref: onc}, {rf: x}, {ref: twice, on_error: x}]
            then: {actor: agnt, config: [1]}
            with: {prompt_file: none.md}
        """
    )
    assert [error.split(": ")[1] for error in project.errors(strict=True)] == [
        "sources[0].conector",
        "sources[0].connector",
        "sources[1].labels",
        "sources[1].config.token",
        "actors[0].delivery.concurrency",
        "actors[0].config.url",
        "actors[0].config.even",
        "loggers[0].nme",
        "loggers[0].type",
        "transforms[0].type",
        "transforms[0].package",
        "transforms[1].on_error",
        "transforms[1].script",
        "routes[0].name",
        "routes[0].when.source",
        "routes[0].when.filter.payload",
        "routes[0].transforms[0].ref",
        "routes[0].transforms[1].ref",
        "routes[0].transforms[1].rf",
        "routes[0].transforms[2].ref",
        "routes[0].transforms[2].on_error",
        "routes[0].then.actor",
        "routes[0].then.config",
        "routes[0].with.prompt_file",
    ]


def test_a_missing_key_is_reported_where_its_mapping_begins(project: Project) -> None:
    project.write_top(SMALL, "routes:\n  - when: {source: hook}\n    then: {actor: agent}\n")
    (error,) = project.errors()
    assert error.startswith("orgloop.yaml:9:5: routes[0].name: `name` is missing. Add `name: …`.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "orgloop.yaml:1:1: this file is empty. Begin it with apiVersion: orgloop/v1alpha1"),
        ("# nothing\n", "this file is empty"),
        ("- a\n", "this file is not a mapping"),
        ("just words\n", "this file is not a mapping"),
        ("kind: Project\nmetadata: {name: x}\n", "`apiVersion` is missing"),
        ("apiVersion: orgloop/v1alpha1\nmetadata: {name: x}\n", "`kind` is missing"),
        (HEAD.replace("v1alpha1", "v2"), "`orgloop/v2` is not `orgloop/v1alpha1`"),
        (HEAD.replace("Project", "Projekt"), "Did you mean `Project`?"),
        (HEAD.replace("Project", "RouteGroup"), "named in the list `routes` of orgloop.yaml"),
        (HEAD.replace("name: org", "nam: org"), "metadata.name: `name` is missing"),
        (HEAD.replace("{name: org}", "[]"), "metadata: expected a mapping, found a list"),
        (HEAD.replace("org}", "''}"), "metadata.name: a name is not empty"),
        (HEAD.replace("org}", '"a\\nb"}'), "a name has no control characters"),
        (HEAD.replace("org}", "'" + "ä" * 101 + "'}"), "a name has at most 200 bytes"),
        (HEAD + "---\nkind: X\n", "a second document begins here"),
        (HEAD + "routes: 5\n", "routes: expected a list, found a number"),
        (HEAD + "a: [\n", "this is not YAML"),
    ],
)
def test_what_is_no_project_says_so(project: Project, text: str, message: str) -> None:
    (project.directory / "orgloop.yaml").write_text(text)
    assert any(message in error for error in project.errors())


def test_a_file_that_is_not_utf8_is_reported_at_the_byte(project: Project) -> None:
    (project.directory / "orgloop.yaml").write_bytes(HEAD.encode() + b"x: \xe9\n")
    assert project.errors() == ["orgloop.yaml:4:4: this is not UTF-8. Save the file as UTF-8."]


def test_a_byte_order_mark_is_no_error(small: Project) -> None:
    file = small.directory / "orgloop.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert small.load().project.name == "org"


def test_a_project_that_is_not_there_says_how_to_make_one(project: Project) -> None:
    (error,) = project.errors()
    assert "there is no orgloop.yaml in" in error
    assert "orgloop init" in error


def test_the_project_is_looked_for_in_the_directories_above(small: Project) -> None:
    deep = small.directory / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(deep) == small.directory / "orgloop.yaml"


def test_no_project_above_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectInvalid, match="orgloop init"):
        find_project(tmp_path)


TWICE = """\
sources:
  - {id: hook, connector: webhook}
  - {id: hook, connector: webhook}
actors:
  - {id: hook, connector: webhook, config: {url: "http://127.0.0.1:1/"}}
routes:
  - {name: all, when: {source: hook}, then: {actor: hook}}
  - {name: all, when: {source: hook}, then: {actor: hook}}
"""


def test_a_name_is_given_once(project: Project) -> None:
    errors = project.write_top(TWICE).errors()
    assert [error.partition(": the name")[0] for error in errors] == [
        "orgloop.yaml:6:10: sources[1].id",
        "orgloop.yaml:8:10: actors[0].id",
        "orgloop.yaml:11:12: routes[1].name",
    ]
    assert "the name `hook` is taken: see orgloop.yaml:5:10. Give one of the two" in errors[0]


def test_a_source_is_no_actor(project: Project) -> None:
    project.write_top(SMALL, ROUTE.replace("actor: agent", "actor: hook"))
    (error,) = project.errors()
    assert "`hook` is a source, not an actor" in error


def test_a_route_may_listen_to_an_actor(project: Project) -> None:
    project.write_top(SMALL, ROUTE.replace("source: hook", "source: agent"))
    assert project.load().project.routes["all"].when.source == "agent"


def test_one_wrong_definition_is_one_message_however_often_it_is_used(project: Project) -> None:
    project.write_top(SMALL.replace("connector: webhook}", "connector: nothing}"), ROUTE)
    assert len(project.errors()) == 1


def test_a_filter_that_is_nested_is_an_error(project: Project) -> None:
    text = ROUTE.replace("{source: hook}", "{source: hook, filter: {a: 1, b: {c: 2}, d: [1, 2]}}")
    project.write_top(SMALL, text)
    (error,) = project.errors()
    assert "routes[0].when.filter.b: a filter compares with a single value" in error


def test_an_ignored_key_is_noted_once(project: Project) -> None:
    source = "  - {{id: {0}, connector: github, config: {{repo: r, token: t, cache_dir: x}}}}\n"
    project.write_top(SMALL, ROUTE)
    more = "sources:\n" + source.format("a") + source.format("b")
    project.write_top(SMALL.replace("sources:\n", more), ROUTE)
    (note,) = project.load().problems
    assert (note.severity, note.what) == ("note", "`cache_dir` has no effect")
    assert note.remedy == "Nothing is cached."


def test_the_checkpoint_default_of_older_projects_is_noted(project: Project) -> None:
    loaded = project.write_top("defaults: {checkpoint: file}\n", SMALL, ROUTE).load()
    assert [problem.severity for problem in loaded.problems] == ["note"]


def test_an_alias_that_two_sources_share_is_a_warning_at_each(project: Project) -> None:
    source = "  - {{id: {0}, connector: github, config: {{repo: r, token: t, path: /in}}}}\n"
    more = "sources:\n" + source.format("a") + source.format("b")
    loaded = project.write_top(SMALL.replace("sources:\n", more), ROUTE).load()
    assert [problem.severity for problem in loaded.problems] == ["warning", "warning"]
    assert "`a` and `b`" in loaded.problems[0].what


def test_a_logger_that_shares_a_file_is_noted(project: Project) -> None:
    loggers = """\
    loggers:
      - {name: one, type: file, config: {path: ~/.orgloop/logs/orgloop.log}}
      - {name: two, type: file, config: {path: logs/a.log}}
      - {name: three, type: file, config: {path: logs/a.log}}
    """
    loaded = project.write_top(SMALL, ROUTE, loggers).load()
    assert [problem.severity for problem in loaded.problems] == ["note", "note"]
    assert loaded.project.loggers["one"].config.path == f"{project.home}/logs/orgloop.log"
