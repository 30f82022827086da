"""Which escaped errors stop the process."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

import orgloop
from orgloop.daemon.mishaps.blame import SOME_PLUGIN, Owners
from orgloop.daemon.mishaps.failures import EscapedErrors
from orgloop.errors import StorageUnavailable
from orgloop.plugin import Registration

OURS = Path(orgloop.__file__).parent
PROJECT = Path("/srv/project")
ACME = Path("/lib/acme")
BASE = "twisted.internet.base"


def failure_through(*files: str | Path) -> Failure:
    """Return a failure whose traceback runs through these files, the last one innermost."""
    program = "raise ValueError('escaped')"
    scope: dict[str, object] = {}
    for file in reversed(files):
        # Each file calls the next: compiled under its name, so that it stands in the traceback.
        code = compile(f"def step():\n    {program}", str(file), "exec")
        exec(code, scope_of_this := dict(scope))
        scope = {"inner": scope_of_this["step"]}
        program = "inner()"
    try:
        scope["inner"]()
    except ValueError:
        failure = Failure()
        failure.frames = failure.frames[1:]  # less that of this test
        return failure
    raise AssertionError


def owners(*, has_strangers: bool = True) -> Owners:
    plugins = {OURS / "connectors": "source cron", PROJECT: "source jira", ACME: "actor acme"}
    return Owners(plugins, has_strangers)


def stops(
    failure: Failure | None,
    *,
    namespace: str = BASE,
    level: LogLevel | None = None,
    has_strangers: bool = True,
) -> bool:
    reasons: list[str] = []
    tolerated: list[str] = []
    observer = EscapedErrors(
        reasons.append,
        lambda plugin, error: tolerated.append(plugin),
        owners(has_strangers=has_strangers),
    )
    event = {"log_level": level or LogLevel.critical, "log_namespace": namespace}
    if failure is not None:
        event["log_failure"] = failure
    observer(event)
    return bool(reasons)


def test_an_error_that_escaped_from_our_own_code_stops() -> None:
    assert stops(failure_through("/lib/twisted/internet/base.py", OURS / "flow/router.py"))


@pytest.mark.parametrize(
    "innermost",
    [OURS / "connectors/cron.py", PROJECT / "connectors/jira.py", "/lib/acme/source.py"],
    ids=["a built-in", "a project's file", "an installed package"],
)
def test_an_error_of_a_plugin_stops_nothing(innermost: Path | str) -> None:
    assert not stops(failure_through(OURS / "runtime/poller.py", innermost))


def test_what_a_library_raises_is_laid_to_who_called_it() -> None:
    library = "/lib/python3.11/json/decoder.py"

    assert stops(failure_through(OURS / "flow/lane.py", library))
    assert not stops(failure_through(OURS / "flow/lane.py", PROJECT / "actor.py", library))


def test_an_environment_inside_the_project_is_not_the_projects() -> None:
    twisted = PROJECT / ".venv/lib/python3.11/site-packages/twisted/internet/base.py"

    assert stops(failure_through(OURS / "flow/lane.py", twisted))


@pytest.mark.parametrize("namespace", ["klein._app", "twisted.web.server", "orgloop.http.root"])
def test_what_a_peer_may_cause_stops_nothing(namespace: str) -> None:
    assert not stops(failure_through(OURS / "http/root.py"), namespace=namespace)


def test_only_a_critical_event_with_a_failure_counts() -> None:
    assert not stops(failure_through(OURS / "flow/lane.py"), level=LogLevel.error)
    assert not stops(None)


def test_a_committers_failure_stops() -> None:
    assert stops(
        failure_through(OURS / "storage/committer.py"), namespace="orgloop.storage.committer"
    )


def test_the_plugin_is_known_by_name() -> None:
    failure = failure_through(OURS / "runtime/poller.py", PROJECT / "jira.py")

    assert owners().plugin_behind(failure) == "source jira"


def test_a_plugin_of_several_kinds_is_named_once() -> None:
    both = Registration(id="both", source=EscapedErrors, actor=Owners)
    place = SimpleNamespace(id="jira", registration=both)
    definition: Any = SimpleNamespace(
        directory=PROJECT, sources={"jira": place}, actors={}, loggers={}, routes={}
    )
    assert "source jira" in Owners.of(definition).plugins.values()


def test_what_was_never_raised_is_a_plugins_where_there_are_any_of_others() -> None:
    dropped = Failure(ValueError("dropped"))

    assert owners().plugin_behind(dropped) == SOME_PLUGIN
    assert stops(dropped, has_strangers=False)
    assert stops(Failure(StorageUnavailable("ours")))


def test_a_thread_of_a_library_is_a_plugins() -> None:
    library = "/srv/env/lib/python3.11/site-packages/requests/api.py"

    assert not stops(failure_through(threading.__file__, library))


def test_what_lies_nowhere_is_nobodys_plugin() -> None:
    assert stops(failure_through("<string>"))
