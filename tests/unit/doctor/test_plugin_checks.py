"""What plugins say of their services, however badly they behave."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from orgloop.config.model import ActorDefinition, HTTPSettings, Place, ProjectDefinition
from orgloop.doctor import plugins
from orgloop.doctor.check import Check
from orgloop.doctor.plugins import check_services, check_surroundings, uses_network
from orgloop.hidden import Hidden
from orgloop.plugin import ComponentContext, Finding, PluginContext, Registration
from orgloop.runtime.surroundings import Surroundings

PLACE = Place(file=Path("/project/orgloop.yaml"), line=1, column=1)
Asked = Callable[[Any, PluginContext], Awaitable[Any]]


@frozen
class Nothing:
    """Stands for what no check of these tests uses."""


def project(**registered: Any) -> ProjectDefinition:
    registration = Registration(id="desk", actor=lambda config, context: None, **registered)
    actor = ActorDefinition(
        id="agent", plugin="desk", registration=registration, config="swordfish", place=PLACE
    )
    return ProjectDefinition(
        name="org", file=PLACE.file, actors={"agent": actor}, hidden=Hidden({"swordfish"})
    )


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    assert made.getDelayedCalls() == []


def begin(clock: Clock, check: Asked) -> Deferred[list[Check]]:
    nothing: Any = Nothing()
    world = Surroundings(
        home=Path("/home"),
        environ={},
        clock=clock,
        now_ms=lambda: 0,
        processes=nothing,
        http=nothing,
        run_in_thread=nothing,
    )
    return Deferred.fromCoroutine(check_services(project(check=check), world))


def asked(clock: Clock, check: Asked) -> Check:
    [found] = result(begin(clock, check))
    return found


def result(done: Deferred[list[Check]]) -> list[Check]:
    found: list[list[Check]] = []
    done.addCallback(found.append)
    assert found, "not done yet"
    return found[0]


def test_what_a_check_finds_is_told_by_category(clock: Clock) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        assert (config, context.id, context.project) == ("swordfish", "agent", "org")
        return [
            Finding(name="desk.example", message="it can be reached"),
            Finding(about="credential", status="degraded", message="it is refused", fix="renew it"),
        ]

    service, credential = result(begin(clock, check))

    assert service == Check(
        category="services", name="actor:agent desk.example", message="it can be reached"
    )
    assert credential == Check(
        category="credentials",
        name="actor:agent",
        status="degraded",
        message="it is refused",
        fix="renew it",
    )


def test_nothing_found_over_the_network_is_worse_than_degraded(clock: Clock) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        return [Finding(status="error", message="it is gone")]

    assert asked(clock, check).status == "degraded"


def test_what_a_project_hides_is_hidden_in_findings(clock: Clock) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        return [Finding(name=config, message=f"{config} is refused", fix=f"replace {config}")]

    found = asked(clock, check)

    assert "swordfish" not in str(found)
    assert found.message == "*** is refused"


@pytest.mark.parametrize(
    "error", [ValueError("swordfish\nis wrong"), SystemExit(3), KeyError(), GeneratorExit()]
)
def test_a_check_that_raises_is_degraded_itself(clock: Clock, error: BaseException) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        raise error

    found = asked(clock, check)

    assert found.status == "degraded"
    assert f"its check raised {type(error).__name__}" in found.message
    assert "swordfish" not in str(found)
    assert "desk" in found.fix


@pytest.mark.parametrize("answer", [None, 7, ["fine"], [Finding], object()])
def test_an_answer_that_is_none_is_degraded(clock: Clock, answer: Any) -> None:
    async def check(config: Any, context: PluginContext) -> Any:
        return answer

    assert asked(clock, check).status == "degraded"


def test_a_check_that_waits_forever_has_three_seconds(clock: Clock) -> None:
    ended: list[str] = []

    async def check(config: Any, context: PluginContext) -> list[Finding]:
        try:
            await Deferred()
        except CancelledError:
            ended.append("cancelled")
            raise
        return []

    done = begin(clock, check)
    clock.advance(2.9)
    assert not done.called
    clock.advance(0.1)

    [found] = result(done)
    assert found.status == "degraded"
    assert "its check took longer than 3 s" in found.message
    assert ended == ["cancelled"]


def test_a_check_that_cannot_be_cancelled_holds_up_nothing(clock: Clock) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        while True:
            try:
                await Deferred()
            except CancelledError:
                await Deferred(lambda _: None)

    done = begin(clock, check)
    clock.advance(3)

    assert "took longer than 3 s" in result(done)[0].message


def test_an_answer_after_a_wait_is_taken(clock: Clock) -> None:
    ready: Deferred[str] = Deferred()

    async def check(config: Any, context: PluginContext) -> list[Finding]:
        return [Finding(message=await ready)]

    done = begin(clock, check)
    clock.advance(1)
    ready.callback("it answers")

    assert result(done)[0].message == "it answers"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_STEP_SECONDS", 0.02)


@pytest.mark.usefixtures("impatient")
def test_a_check_that_blocks_is_interrupted_in_any_of_its_steps(clock: Clock) -> None:
    first: Deferred[None] = Deferred()

    async def check(config: Any, context: PluginContext) -> list[Finding]:
        await first
        while True:
            try:
                signal.pause()  # blocks until a signal comes
            except Exception:
                continue

    done = begin(clock, check)
    first.callback(None)

    assert "its check blocked for longer than 0.02 s" in result(done)[0].message
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def local(check: Callable[[Any, ComponentContext], Any], **changes: Any) -> list[Check]:
    return check_surroundings(project(local_check=check, **changes), Path("/home"), {"A": "1"})


def test_surroundings_are_looked_at_without_a_reactor() -> None:
    def check(config: Any, context: ComponentContext) -> list[Finding]:
        assert context.directory == Path("/project")
        assert context.environ == {"A": "1"}
        assert not context.is_exposed
        return [Finding(status="error", message="it must not be", fix="remove it")]

    [found] = local(check)

    assert (found.status, found.message, found.fix) == ("error", "it must not be", "remove it")


def test_a_look_around_that_raises_is_degraded_itself() -> None:
    def check(config: Any, context: ComponentContext) -> list[Finding]:
        raise SystemExit

    [found] = local(check)

    assert found.status == "degraded"
    assert "its check raised SystemExit" in found.message


@pytest.mark.usefixtures("impatient")
def test_a_look_around_that_blocks_is_interrupted() -> None:
    def check(config: Any, context: ComponentContext) -> list[Finding]:
        while True:
            signal.pause()

    [found] = local(check)

    assert found.status == "degraded"
    assert "took longer than 0.02 s" in found.message


def test_a_plugin_without_checks_is_not_asked() -> None:
    assert not uses_network(project())
    assert local(None) == []


def test_checks_may_differ_by_kind(clock: Clock) -> None:
    async def check(config: Any, context: PluginContext) -> list[Finding]:
        return []

    assert uses_network(project(check={"actor": check}))
    assert not uses_network(project(check={"source": check}))


def test_a_component_is_told_whether_it_is_exposed() -> None:
    from attrs import evolve

    seen: list[bool] = []

    def check(config: Any, context: ComponentContext) -> list[Finding]:
        seen.append(context.is_exposed)
        return []

    open_project = evolve(project(local_check=check), http=HTTPSettings(host="0.0.0.0"))
    check_surroundings(open_project, Path("/home"), {})

    assert seen == [True]
