"""``GET /api/doctor``: what ``orgloop doctor`` shows, as the runtime sees it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.config.model import MissingVariable, ProjectDefinition
from orgloop.config.variables import VariableUse
from orgloop.doctor.check import Check, document
from orgloop.doctor.examination import Examination
from orgloop.doctor.plugins import check_services, check_surroundings
from orgloop.doctor.subject import Subject
from orgloop.doctor.threads import Threads
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.view import Runtime
from orgloop.runtime.surroundings import Surroundings
from orgloop.urls import http_url


@frozen
class Doctor:
    """The runtime, looking at what it depends on."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer what there is to say; services are tried for up to three seconds."""
        checks: list[Check] = []
        runtime = self._runtime
        definitions = [project.definition for project in runtime.projects.values()]
        for definition in definitions:
            # Plugins are called here and not in a thread: there they could not be interrupted.
            home, environ = runtime.home.root, runtime.environ
            checks += check_surroundings(definition, home, environ)
            checks += await check_services(definition, self._world())
        checks += await Threads(runtime.reactor).run(self._look, definitions)
        categories = list(dict.fromkeys(check.category for check in checks))
        checks.sort(key=lambda check: categories.index(check.category))
        return Answer.of(document(checks))

    def _look(self, definitions: Sequence[ProjectDefinition]) -> list[Check]:
        runtime = self._runtime
        examination = Examination(
            home=runtime.home, environ=runtime.environ, now_ms=runtime.now_ms()
        )
        subjects = [
            Subject(file=one.file, definition=one, variables=tuple(map(_use, one.missing)))
            for one in definitions
        ]
        host = definitions[0].http.host if definitions else "127.0.0.1"
        listens = http_url(host, runtime.http_port)
        return examination.from_inside(subjects, listens=listens, storage_ok=runtime.storage_ok)

    def _world(self) -> Surroundings:
        runtime = self._runtime
        return Surroundings(
            home=runtime.home.root,
            environ=runtime.environ,
            clock=runtime.reactor,
            now_ms=runtime.now_ms,
            processes=runtime.reactor,
            http=runtime.http_client,
            run_in_thread=Threads(runtime.reactor).run,
        )


def _use(missing: MissingVariable) -> VariableUse:
    return VariableUse(
        name=missing.name,
        place=missing.place,
        component=missing.component,
        is_set=False,
        has_default=False,
        description=missing.description,
        where=missing.where,
    )
