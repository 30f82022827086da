"""Settings: variables beat the project, which beats a person's own defaults."""

from __future__ import annotations

import pytest

from support.projects import ROUTE, SMALL, Project


def test_every_layer_counts_key_by_key(small: Project) -> None:
    (small.home / "config.yaml").write_text(
        "defaults: {log_level: debug, loop: {warn_depth: 2}}\n"
        "http: {host: 127.0.0.2, port: 1}\n"
        "supervisor: {max_restarts: 3}\n"
    )
    small.write_top(
        "defaults: {loop: {max_depth: 9}}\nhttp: {port: 2, max_body: 1MB}\n", SMALL, ROUTE
    )
    small.environ.update(ORGLOOP_PORT="3", ORGLOOP_SUPERVISOR_WINDOW="1m")
    project = small.load().project
    assert (project.http.host, project.http.port, project.http.max_body) == ("127.0.0.2", 3, 10**6)
    assert project.defaults.log_level == "debug"
    assert (project.defaults.loop.warn_depth, project.defaults.loop.max_depth) == (2, 9)
    assert project.supervisor.max_restarts == 3
    assert project.supervisor.window.seconds == 60


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ORGLOOP_PORT", "http", "what ORGLOOP_PORT holds is not a whole number"),
        ("ORGLOOP_PORT", "70000", "ORGLOOP_PORT is out of range. It must be at most 65535."),
        ("ORGLOOP_LOG_LEVEL", "loud", "what ORGLOOP_LOG_LEVEL holds is not one of debug"),
        ("ORGLOOP_LOG_FORMAT", "xml", "what ORGLOOP_LOG_FORMAT holds is not one of text, json"),
        ("ORGLOOP_HEARTBEAT_INTERVAL", "5", "what ORGLOOP_HEARTBEAT_INTERVAL holds is not a dur"),
    ],
)
def test_a_bad_variable_is_named(small: Project, variable: str, value: str, expected: str) -> None:
    small.environ[variable] = value
    (error,) = small.errors()
    assert error.startswith(expected)


def test_an_empty_variable_counts_as_unset(small: Project) -> None:
    small.environ["ORGLOOP_PORT"] = ""
    assert small.load().project.http.port == 4800


def test_an_error_in_personal_defaults_names_their_file(small: Project) -> None:
    file = small.home / "config.yaml"
    file.write_text("defaults: {poll_interval: soon}\nhtp: {}\n")
    errors = small.errors()
    assert errors[0].startswith(f"{file}:1:27: defaults.poll_interval: 'soon' is not a duration")
    assert errors[1].startswith(f"{file}:2:1: htp: the key `htp` is not known here. Did you mean")


def test_personal_defaults_may_be_empty(small: Project) -> None:
    (small.home / "config.yaml").write_text("defaults:\n")
    assert small.load().problems == ()


@pytest.mark.parametrize(
    "http",
    [
        "{auth: none, host: 0.0.0.0}",
        "{auth: none, host: 127.example.org}",
        "{auth: none, webhooks: {port: 0}}",
        "{auth: nobody}",
    ],
)
def test_an_open_control_api_is_refused(project: Project, http: str) -> None:
    project.write_top(f"http: {http}\n", SMALL, ROUTE)
    (error,) = project.errors()
    assert "http.auth" in error


def test_an_open_control_api_on_loopback_is_allowed(project: Project) -> None:
    project.write_top("http: {auth: none}\n", SMALL, ROUTE)
    assert project.load().project.http.auth == "none"


def test_the_http_block_is_read_in_full(project: Project) -> None:
    project.write_top(
        "http: {allowed_hosts: [a.example], trusted_proxies: [10.0.0.0/8, '::1'], "
        "webhooks: {host: 0.0.0.0, port: 0}}\n",
        SMALL,
        ROUTE,
    )
    http = project.load().project.http
    assert http.allowed_hosts == ("a.example",)
    assert http.trusted_proxies == ("10.0.0.0/8", "::1")
    assert http.webhooks is not None
    assert (http.webhooks.host, http.webhooks.port) == ("0.0.0.0", 0)


def test_a_proxy_that_is_no_address_is_refused(project: Project) -> None:
    project.write_top("http: {trusted_proxies: [proxy.example]}\n", SMALL, ROUTE)
    (error,) = project.errors()
    assert "http.trusted_proxies: 'proxy.example' is neither an IP address nor a network" in error
