"""Ask the plugins of a project how what they depend on does; believe nothing of how they answer.

A plugin is a stranger's code: what it raises, how long it takes and what it returns can be
anything, and costs one finding that names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.defer import TimeoutError as DeferredTimeout

from orgloop.config.model import Component, ProjectDefinition
from orgloop.doctor.check import Check
from orgloop.doctor.patience import Blocked, Interruptible, at_most, interrupted_after
from orgloop.doctor.subject import components
from orgloop.plugin import ComponentContext, Finding, Kind, PluginContext
from orgloop.runtime.surroundings import Surroundings
from orgloop.wording import words_of

LIMIT_SECONDS = 3.0
"""What all checks that use the network have together."""
_STEP_SECONDS = 1.0
"""How long a plugin may keep everything else waiting."""
_CATEGORIES = {"service": "services", "credential": "credentials"}
_TELL = "tell the authors of the plugin {plugin}, or try again"


def check_surroundings(
    project: ProjectDefinition, home: Path, environ: Mapping[str, str]
) -> list[Check]:
    """Ask for what can be told at once, without the network and without a reactor."""
    found: list[Check] = []
    for kind, component in components(project):
        check = component.registration.local_check_of(kind)
        if check is None or component.unavailable is not None:
            continue
        asked = _Asked(project, kind, component)
        context = ComponentContext(**_place(project, component, home, environ))
        try:
            with interrupted_after(_STEP_SECONDS):
                findings = list(check(component.config, context))
            found += asked.checks(findings)
        except Blocked:
            found.append(asked.failed(f"its check took longer than {_STEP_SECONDS:g} s"))
        except KeyboardInterrupt:  # nobody else hears Ctrl+C yet
            raise
        except BaseException as error:
            found.append(asked.failed(_raised(error)))
    return found


def uses_network(project: ProjectDefinition) -> bool:
    """Whether `check_services` has anything to do."""
    return any(_tried(project))


async def check_services(
    project: ProjectDefinition, world: Surroundings, *, limit_seconds: float = LIMIT_SECONDS
) -> list[Check]:
    """Try every service and credential at the same time, and take no longer than the limit.

    Whatever is found may be over in an hour: none of it is worse than ``degraded``.
    """
    tries = [
        Deferred.fromCoroutine(_try(_Asked(project, kind, component), world, limit_seconds))
        for kind, component in _tried(project)
    ]
    return [check for checks in await gatherResults(tries) for check in checks]


def _tried(project: ProjectDefinition) -> Iterable[tuple[Kind, Component]]:
    for kind, component in components(project):
        if component.registration.check_of(kind) is not None and component.unavailable is None:
            yield kind, component


async def _try(asked: _Asked, world: Surroundings, limit_seconds: float) -> list[Check]:
    context = world.context(asked.project, asked.component)
    work = Deferred.fromCoroutine(_answer(asked, context))
    try:
        findings = await at_most(work, limit_seconds, world.clock)
        return asked.checks(findings, worst="degraded")
    except DeferredTimeout:
        return [asked.failed(f"its check took longer than {limit_seconds:g} s")]
    except Blocked:
        return [asked.failed(f"its check blocked for longer than {_STEP_SECONDS:g} s")]
    except BaseException as error:  # Ctrl+C is heard as a signal: whatever it is, it is the check's
        return [asked.failed(_raised(error))]


async def _answer(asked: _Asked, context: PluginContext) -> list[Finding]:
    check = asked.component.registration.check_of(asked.kind)
    assert check is not None

    async def ask() -> list[Finding]:
        answer: Any = check(asked.component.config, context)
        return list(await answer if inspect.isawaitable(answer) else answer)

    return await Interruptible(ask(), _STEP_SECONDS)


@frozen
class _Asked:
    """A component that was asked, and what becomes of its answer."""

    project: ProjectDefinition
    kind: Kind
    component: Component

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.component.id}"

    def checks(self, findings: Sequence[Any], *, worst: str = "error") -> list[Check]:
        """Return findings as checks; raise `TypeError` for what is none."""
        return [self._check(finding, worst) for finding in findings]

    def failed(self, why: str) -> Check:
        """Return what there is to say of a plugin that does not answer as it should."""
        return Check(
            category="services",
            name=self.label,
            status="degraded",
            message=self._shown(f"whether it works is not known: {why}"),
            fix=_TELL.format(plugin=self.component.registration.id),
        )

    def _check(self, finding: Any, worst: str) -> Check:
        if not isinstance(finding, Finding):
            raise TypeError(f"a finding is an orgloop.sdk.Finding, not a {type(finding).__name__}")
        status = finding.status if finding.status in ("ok", "degraded") else "error"
        return Check(
            category=_CATEGORIES.get(finding.about, "services"),
            name=f"{self.label} {self._shown(finding.name)}".rstrip(),
            status="degraded" if status == "error" and worst != "error" else status,
            message=self._shown(finding.message),
            fix=self._shown(finding.fix),
        )

    def _shown(self, text: object) -> str:
        return self.project.hidden.reason(str(text))


def _raised(error: BaseException) -> str:
    said = words_of(error).strip().partition("\n")[0]
    return f"its check raised {type(error).__name__}{f': {said}' if said else ''}"


def _place(
    project: ProjectDefinition, component: Component, home: Path, environ: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "project": project.name,
        "id": component.id,
        "directory": component.directory,
        "project_directory": project.directory,
        "home": home,
        "environ": environ,
        "is_exposed": project.http.is_exposed,
        "written_as": component.plugin,
    }
