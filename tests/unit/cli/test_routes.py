"""``orgloop routes``: the project drawn, and what nobody reads or reaches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.look import columns_of
from orgloop.cli.main import orgloop
from orgloop.cli.topology import drawn
from orgloop.cli.topology.dot import dot
from orgloop.cli.topology.graph import Choice, topology
from orgloop.cli.topology.mermaid import mermaid
from orgloop.cli.topology.nodes import Nodes
from orgloop.config.load import load_project
from orgloop.plugins.catalogue import Catalogue

Run = Callable[..., Result]
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org}
sources:
  - {id: hook, connector: webhook}
  - {id: idle, connector: webhook}
actors:
  - {id: agent, connector: webhook, config: {url: "http://127.0.0.1:1/"}}
  - {id: lonely, connector: command, config: {command: [cat]}}
transforms:
  - {name: no-bots, type: package, package: filter, config: {exclude: {provenance.author: bot}}}
routes:
  - name: issues
    description: Issues go to the agent
    when: {source: hook, events: [resource.changed], filter: {payload.kind: [bug, task]}}
    transforms: [{ref: no-bots, on_error: drop}]
    then: {actor: agent, guard: {action: flag}}
  - name: again
    when: {source: agent, events: [actor.stopped]}
    then: {actor: agent}
"""
HOSTILE = {
    "project": 'a"]\n<b>',
    "sources": [{"id": 'x"];evil --> b', "connector": "c&amp;", "connected": True}],
    "routes": [
        {
            "name": "r\\",
            "source": 'x"];evil --> b',
            "events": ["`#"],
            "transforms": [],
            "actor": "gone",
            "loop": False,
        }
    ],
    "actors": [{"id": "style s fill:#f00", "connector": "", "connected": True}],
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    environ = {"ORGLOOP_HOME": str(tmp_path / "home")}

    def invoke(*arguments: str) -> Result:
        given = ["routes", "-c", str(tmp_path), *arguments]
        return CliRunner().invoke(orgloop, given, obj=Invocation(environ))

    return invoke


def test_sources_routes_and_actors_are_drawn_with_what_lies_between(run: Run) -> None:
    result = run()

    assert result.exit_code == Exit.SUCCESS
    assert result.stdout.splitlines() == [
        "org: 2 sources, 2 routes, 2 actors",
        "",
        "hook (webhook)",
        "└─ issues  resource.changed",
        "     if  payload.kind = bug | task",
        "     through  no-bots (on error: drop)",
        "     → agent (webhook)  guard: flag",
        "",
        "idle (webhook)  ! no route reads it",
        "",
        "agent ⟲  what the actor gives rise to",
        "└─ again  actor.stopped",
        "     → agent (webhook)",
        "",
        "lonely (command)  ! no route reaches it",
    ]
    assert "warning: source idle: no route reads it" in result.stderr
    assert "warning: actor lonely: no route reaches it" in result.stderr


def test_json_says_the_same_and_names_its_shape(run: Run) -> None:
    document = json.loads(run("--json").stdout)

    assert document["version"] == 1
    assert not document["running"]
    assert [one["name"] for one in document["warnings"]] == ["idle", "lonely"]
    assert [(one["name"], one["loop"]) for one in document["routes"]] == [
        ("issues", False),
        ("again", True),
    ]


def test_a_part_of_it_can_be_asked_for(run: Run) -> None:
    shown = run("--source", "hook", "-v")

    assert "Issues go to the agent" in shown.stdout
    assert "again" not in shown.stdout
    assert "idle" not in shown.stdout + shown.stderr
    assert run("--route", "again", "-q").stdout.splitlines()[1:] == ["agent   again  agent"]
    refused = run("--actor", "nobody")
    assert refused.exit_code == Exit.FAILED
    assert "no actor 'nobody'" in refused.stderr


def test_programs_that_draw_get_every_node_and_edge(run: Run) -> None:
    as_mermaid = run("--format", "mermaid").stdout
    as_dot = run("--format", "dot").stdout

    assert as_mermaid.startswith("flowchart LR\n")
    assert 'r0["issues<br/>resource.changed<br/>no-bots"]' in as_mermaid
    assert "a0 -.-> r1" in as_mermaid
    assert "class s1,a1 troubled" in as_mermaid
    assert as_dot.startswith('digraph "org" {\n')
    assert "a0 -> r1 [style=dashed];" in as_dot


def test_no_name_breaks_out_of_a_drawing() -> None:
    as_mermaid, as_dot = "\n".join(mermaid(HOSTILE)), "\n".join(dot(HOSTILE))

    assert 's0(["x#34;#93;#59;evil --#62; b<br/>(c#38;amp#59;)"])' in as_mermaid
    assert "#96;#35;" in as_mermaid
    assert 'a0[["style s fill#58;#35;f00"]]' in as_mermaid
    assert 'digraph "a\\"]\\\\n<b>" {' in as_dot
    assert 'label="x\\"];evil --> b\\n(c&amp;amp;)"' in as_dot
    assert 'label="r\\\\\\n`#"' in as_dot


def test_what_is_known_is_cut_to_the_terminal_and_no_name(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "width", lambda: 24)

    shown = run().stdout.splitlines()

    assert "     through  no-bots (…" in shown
    assert all(columns_of(line) <= 24 for line in shown[2:6])


def test_a_project_is_drawn_before_its_variables_are_set(run: Run, tmp_path: Path) -> None:
    wanting = PROJECT.replace("url: ", "secret: '${SECRET}', url: ")
    (tmp_path / "orgloop.yaml").write_text(wanting.replace("http://127.0.0.1:1/", "${URL}"))

    shown, document = run().stdout, json.loads(run("--json").stdout)

    assert "     → agent (webhook)  ! cannot start: SECRET, URL are not set  guard: flag" in shown
    assert [one["unavailable"] for one in document["actors"]] == ["SECRET, URL are not set", None]


def test_how_it_all_fares_is_added_while_the_project_runs(run: Run, tmp_path: Path) -> None:
    project = load_project(tmp_path, environ={}, home=tmp_path, catalogue=Catalogue()).project
    live = {
        "sources": {
            "hook": {"status": "healthy", "events_24h": 7},
            "idle": {"status": "degraded", "reason": "no answer"},
        },
        "routes": {"issues": {"fire_count": 3}, "again": {"fire_count": 0}},
        "actors": {
            "agent": {"status": "degraded", "reason": "it is away", "waiting": 2, "dead": 1},
            "lonely": {"status": "ok"},
        },
    }

    graph = topology(project, Choice(), {"actor:agent": ["URL"]}, live)

    assert [line.strip() for line in drawn.drawn(graph, detailed=False) if line][1:] == [
        "hook (webhook)  healthy, 7 in 24 h",
        "└─ issues  resource.changed  · matched 3, last -",
        "if  payload.kind = bug | task",
        "through  no-bots (on error: drop)",
        "→ agent (webhook)  degraded, 2 wait: it is away  guard: flag, 1 dead",
        "idle (webhook)  ! no route reads it",
        "agent ⟲  what the actor gives rise to",
        "└─ again  actor.stopped  · not matched yet",
        "→ agent (webhook)  degraded, 2 wait: it is away  1 dead",
        "lonely (command)  ! no route reaches it",
    ]
    assert [one.id for one in Nodes.of(graph).all if one.is_troubled] == ["s1", "a0", "a1"]


def test_a_condition_that_reads_like_something_else_is_quoted(run: Run, tmp_path: Path) -> None:
    filtered = PROJECT.replace("[bug, task]", '[bug, "", " x", "1", "true", true, 1, null]')
    (tmp_path / "orgloop.yaml").write_text(filtered)

    assert 'payload.kind = bug | "" | " x" | "1" | "true" | true | 1 | null\n' in run().stdout


def test_an_invalid_project_is_exit_code_four(tmp_path: Path) -> None:
    (tmp_path / "orgloop.yaml").write_text("kind: Project", "utf-8")

    given = ["routes", "-c", str(tmp_path)]
    result = CliRunner().invoke(orgloop, given, obj=Invocation({"ORGLOOP_HOME": str(tmp_path)}))

    assert result.exit_code == Exit.INVALID_PROJECT
