"""Settings that change nothing yet are checked all the same, and named once as such."""

from __future__ import annotations

import pytest

from support.projects import SMALL, Project

ROUTES = """\
routes:
  - name: one
    when: {{source: hook}}
    then: {{actor: agent, delivery: {{{written}}}}}
  - name: two
    when: {{source: hook}}
    then: {{actor: agent, delivery: {{{written}}}}}
"""


@pytest.mark.parametrize(
    "written",
    [
        "circuit_breaker: {failure_threshold: 3}",
        "max_rate: 10/s",
        "queue_depth: 100",
        "debounce: 30s",
        "batch: {max: 20, every: 1m}",
        "expect_stop: 2h",
    ],
)
def test_a_delivery_setting_without_effect_is_named_once(project: Project, written: str) -> None:
    loaded = project.write_top(SMALL, ROUTES.format(written=written)).load(strict=True)
    [problem] = loaded.problems
    name = written.partition(":")[0]
    assert problem.severity == "warning"
    assert problem.path == f"routes[0].then.delivery.{name}"
    assert problem.what == f"`{name}` has no effect yet"
    assert problem.remedy


def test_a_setting_without_effect_is_checked_all_the_same(project: Project) -> None:
    project.write_top(SMALL, ROUTES.format(written="debounce: soon"))
    assert len(project.errors()) == 2


def test_retention_and_inboxes_are_said_to_have_no_effect(project: Project) -> None:
    project.write_top(
        "defaults: {event_retention: 7d}\n",
        SMALL,
        """\
        routes:
          - name: all
            when: {source: hook}
            then: {actor: agent, config: {inbox: true, session_key: k}}
        """,
    )
    said = [problem.what for problem in project.load(strict=True).problems]
    assert said == [
        "`event_retention` has no effect yet",
        "`then.config.inbox` has no effect yet",
    ]


def test_settings_that_work_are_not_mentioned(project: Project) -> None:
    working = "concurrency: 1, timeout: 5s, retry: {max_attempts: 3}, order_by: k"
    assert project.write_top(SMALL, ROUTES.format(written=working)).load().problems == ()
