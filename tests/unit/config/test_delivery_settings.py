"""What projects may ask of deliveries, and what holds where several ask."""

from __future__ import annotations

import pytest

from orgloop.config.effective import effective_settings
from orgloop.config.model import CircuitSettings, DebounceSettings, GuardSettings
from orgloop.durations import Duration
from support.projects import SMALL, Project

ROUTE = """\
routes:
  - name: one
    when: {{source: hook}}
    then: {{actor: agent, {written}}}
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
def test_every_setting_of_deliveries_is_taken_without_a_word(
    project: Project, written: str
) -> None:
    project.write_top(
        "defaults: {event_retention: 7d}\n",
        SMALL,
        ROUTE.format(written=f"delivery: {{{written}}}"),
    )
    assert project.load(strict=True).problems == ()


def test_a_setting_that_is_wrong_is_reported(project: Project) -> None:
    project.write_top(SMALL, ROUTE.format(written="delivery: {debounce: soon}"))
    [error] = project.errors()
    assert "routes[0].then.delivery.debounce" in error


def test_debounce_beside_batch_is_warned_of_and_left_aside(project: Project) -> None:
    both = "delivery: {debounce: 30s, batch: {max: 2, every: 1m}}"
    loaded = project.write_top(SMALL, ROUTE.format(written=both)).load(strict=True)
    [problem] = loaded.problems
    assert (problem.severity, problem.path) == ("warning", "routes[0].then.delivery.debounce")
    assert problem.what == "`debounce` has no effect beside `batch`"
    settings = effective_settings(loaded.project).routes["one"]
    assert (settings.debounce, settings.batch is None) == (None, False)


def test_debounce_beside_batch_of_an_actor_is_warned_of(project: Project) -> None:
    project.write_top(
        """\
        actors:
          - id: agent
            connector: webhook
            config: {url: "http://127.0.0.1:1/"}
            delivery: {debounce: 30s, batch: {max: 2, every: 1m}}
        """
    )
    [problem] = project.load().problems
    assert problem.path == "actors[0].delivery.debounce"


@pytest.mark.parametrize(
    ("delivery", "path", "what"),
    [
        (
            "debounce: {quiet: 30s, max: 10s}",
            "debounce.max",
            "`max` is over before `quiet` ever is",
        ),
        ("order_by: payload.pr", "order_by", "`order_by` is the same for every event"),
    ],
)
def test_a_setting_that_changes_nothing_is_warned_of(
    project: Project, delivery: str, path: str, what: str
) -> None:
    written = f"delivery: {{{delivery}}}"
    [problem] = project.write_top(SMALL, ROUTE.format(written=written)).load(strict=True).problems
    assert (problem.severity, problem.path) == ("warning", f"routes[0].then.delivery.{path}")
    assert problem.what.startswith(what)


# --- what holds

ASKING = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - id: agent
    connector: webhook
    config: {url: "http://127.0.0.1:1/"}
    delivery:
      concurrency: 3
      circuit_breaker: {failure_threshold: 10, cooldown: 10s}
      queue_depth: 50
      retry: {max_attempts: 7}
      batch: {max: 2, every: 1m}
  - {id: plain, connector: webhook, config: {url: "http://127.0.0.1:1/"}}
routes:
  - name: strict
    when: {source: hook}
    then:
      actor: agent
      delivery:
        concurrency: 9
        circuit_breaker: {failure_threshold: 2, cooldown: 1m}
        queue_depth: 5
        debounce: 3s
  - name: silent
    when: {source: hook}
    then: {actor: agent, delivery: {retry: {jitter: none}, concurrency: 2}}
  - name: other
    when: {source: hook}
    then: {actor: plain}
"""


def test_what_belongs_to_the_actor_is_the_strictest_of_it_and_all_its_routes(
    project: Project,
) -> None:
    settings = effective_settings(project.write_top(ASKING).load().project)
    circuit = CircuitSettings(failure_threshold=2, cooldown=Duration(60_000))
    for one in (settings.actors["agent"], settings.routes["strict"], settings.routes["silent"]):
        assert (one.concurrency, one.queue_depth, one.circuit_breaker) == (2, 5, circuit)


def test_the_rest_is_the_routes_else_the_actors_else_the_default(project: Project) -> None:
    routes = effective_settings(project.write_top(ASKING).load().project).routes
    assert (routes["silent"].retry.max_attempts, routes["silent"].retry.jitter) == (7, "none")
    assert routes["silent"].retry.max_delay == Duration(60_000)
    plain = routes["other"]
    assert (plain.concurrency, plain.retry.max_attempts, plain.retry.jitter) == (4, 10, "full")
    assert plain.circuit_breaker == CircuitSettings(failure_threshold=5, cooldown=Duration(30_000))
    assert plain.timeout == Duration(30_000)
    assert (plain.max_rate, plain.queue_depth, plain.expect_stop) == (None, None, None)


def test_a_route_that_debounces_leaves_its_actors_batch_aside(project: Project) -> None:
    routes = effective_settings(project.write_top(ASKING).load().project).routes
    assert routes["strict"].debounce == DebounceSettings(quiet=Duration(3_000))
    assert routes["strict"].batch is None
    assert routes["silent"].batch is not None


# --- guard


def test_a_guard_names_what_it_does_and_which_hosts_are_known(project: Project) -> None:
    guard = 'guard: {action: hold, allowed_domains: [GitHub.com, "*.example.org"]}'
    route = project.write_top(SMALL, ROUTE.format(written=guard)).load().project.routes["one"]
    assert route.guard == GuardSettings(
        action="hold", allowed_domains=("github.com", "example.org")
    )


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("guard: {action: drop}", "`drop` is not one of flag, hold"),
        ("guard: {domains: []}", "the key `domains` is not known here"),
        ("guard: {allowed_domains: github.com}", "allowed_domains is a list of host names"),
        ('guard: {allowed_domains: ["https://x.org"]}', "'https://x.org' is not a host name"),
    ],
)
def test_a_guard_that_is_wrong_is_reported(project: Project, guard: str, said: str) -> None:
    project.write_top(SMALL, ROUTE.format(written=guard))
    [error] = project.errors()
    assert said in error


# --- inbox


def test_an_inbox_lasts_an_hour_and_hands_out_fifty_unless_it_says_otherwise(
    project: Project,
) -> None:
    config = "config: {inbox: true, session_key: k, extra: {a: 1}}"
    route = project.write_top(SMALL, ROUTE.format(written=config)).load().project.routes["one"]
    assert route.inbox is not None
    assert (route.inbox.inbox_ttl.seconds, route.inbox.inbox_max_batch) == (3600, 50)
    assert route.config == {"inbox": True, "session_key": "k", "extra": {"a": 1}}


def test_an_inbox_takes_its_values_from_variables_too(project: Project) -> None:
    config = 'config: {inbox: "${ON}", session_key: "${KEY}", inbox_ttl: "${TTL}"}'
    environ = {"ON": "yes", "KEY": "k", "TTL": "5m"}
    loaded = project.write_top(SMALL, ROUTE.format(written=config), environ=environ).load()
    inbox = loaded.project.routes["one"].inbox
    assert inbox is not None
    assert (inbox.session_key, inbox.inbox_ttl) == ("k", Duration(300_000))


@pytest.mark.parametrize(
    ("config", "path", "what"),
    [
        ("inbox: true", "session_key", "`session_key` is missing"),
        ("inbox: true, session_key: 5", "session_key", "expected text, found a number"),
        ("inbox: maybe, session_key: k", "inbox", "expected true or false, found text"),
        ("inbox: true, session_key: k, inbox_ttl: 5", "inbox_ttl", "expected a duration"),
        ("inbox: true, session_key: k, inbox_max_batch: 0", "inbox_max_batch", "0 is out of range"),
    ],
)
def test_an_inbox_that_is_wrong_is_reported(
    project: Project, config: str, path: str, what: str
) -> None:
    project.write_top(SMALL, ROUTE.format(written=f"config: {{{config}}}"))
    [error] = project.errors()
    assert f"routes[0].then.config.{path}: {what}" in error


@pytest.mark.parametrize(
    ("config", "delivery", "path", "what"),
    [
        ("a: 1", "batch: {max: 2, every: 1m}", "delivery.batch", "`batch` has no effect beside"),
        ("a: 1", "debounce: 1s", "delivery.debounce", "`debounce` has no effect beside"),
        ("a: 1", 'order_by: "{{a}}"', "delivery.order_by", "`order_by` has no effect beside"),
        ("inbox_tll: 5m", "expect_stop: 1h", "config.inbox_tll", "the inbox knows no `inbox_tll`"),
    ],
)
def test_what_does_nothing_beside_an_inbox_is_warned_of(
    project: Project, config: str, delivery: str, path: str, what: str
) -> None:
    inbox = f"config: {{inbox: true, session_key: k, {config}}}"
    written = f"{inbox}, delivery: {{{delivery}}}"
    [problem] = project.write_top(SMALL, ROUTE.format(written=written)).load(strict=True).problems
    assert (problem.severity, problem.path) == ("warning", f"routes[0].then.{path}")
    assert problem.what.startswith(what)


def test_every_host_name_that_is_none_is_named(project: Project) -> None:
    hosts = "[github.com, 'https://x.io/', '*.ok.io', 'localhost:3000', b\u00fccher.example]"
    project.write_top(SMALL, ROUTE.format(written=f"guard: {{allowed_domains: {hosts}}}"))
    [error] = project.errors()
    assert "'https://x.io/', 'localhost:3000' are not host names" in error


def test_without_an_inbox_its_keys_are_the_actors_affair(project: Project) -> None:
    config = "config: {inbox: false, session_key: 5, inbox_ttl: soon}"
    loaded = project.write_top(SMALL, ROUTE.format(written=config)).load(strict=True)
    assert loaded.project.routes["one"].inbox is None
    assert loaded.problems == ()


# --- names


@pytest.mark.parametrize("kind", ["sources", "actors"])
def test_no_source_or_actor_has_the_runtimes_name(project: Project, kind: str) -> None:
    project.write_top(
        f'{kind}:\n  - {{id: orgloop, connector: webhook, config: {{url: "http://h/"}}}}\n'
        if kind == "actors"
        else "sources:\n  - {id: orgloop, connector: webhook}\n"
    )
    [error] = project.errors()
    assert f"{kind}[0].id: the name `orgloop` belongs to the runtime itself" in error
