"""What ``orgloop doctor`` looks at: the project of a call, its home, and what it depends on."""

from __future__ import annotations

import time
from collections.abc import Mapping

from attrs import evolve, frozen

from orgloop.cli.invocation import Invocation
from orgloop.cli.project import load
from orgloop.config.problems import ProjectInvalid
from orgloop.config.runtime import HTTPSettings
from orgloop.daemon.flags import Flags
from orgloop.doctor.check import Check
from orgloop.doctor.examination import Examination
from orgloop.doctor.plugins import uses_network
from orgloop.doctor.subject import Subject
from orgloop.storage.home import Home


def examine(invocation: Invocation) -> list[Check]:
    """Look at everything, here and over the network."""
    examined = _Examined.of(invocation)
    return [*examined.here(), *_services(examined)]


@frozen
class _Examined:
    """What one call looks at."""

    subject: Subject
    home: Home
    environ: Mapping[str, str]

    @classmethod
    def of(cls, invocation: Invocation) -> _Examined:
        home = Home(invocation.home)
        return cls(_subject(invocation), home, invocation.environ)

    def here(self) -> list[Check]:
        """Look at what needs no network."""
        examination = Examination(home=self.home, environ=self.environ, now_ms=_now_ms())
        definition = self.subject.definition
        http = definition.http if definition is not None else _http(self.environ)
        return examination.from_outside(self.subject, http)


def _subject(invocation: Invocation) -> Subject:
    flags = Flags(project=invocation.config, home=invocation.home_option)
    is_named = bool(invocation.config or invocation.environ.get("ORGLOOP_CONFIG"))
    try:
        file = flags.project_file(invocation.environ)
    except ProjectInvalid as error:
        return Subject(problems=error.problems if is_named else ())
    return Subject.read(file, lambda: load(invocation))


def _http(environ: Mapping[str, str]) -> HTTPSettings:
    """Return where a start would listen, as far as variables say."""
    settings = HTTPSettings()
    port = environ.get("ORGLOOP_PORT", "")
    if environ.get("ORGLOOP_HOST"):
        settings = evolve(settings, host=environ["ORGLOOP_HOST"])
    if port.isascii() and port.isdigit() and int(port) < 65536:
        settings = evolve(settings, port=int(port))
    return settings


def _services(examined: _Examined) -> list[Check]:
    """Try what needs the network; a reactor is imported and turned only for that."""
    definition = examined.subject.definition
    if definition is None or not uses_network(definition):
        return []
    from orgloop.daemon.services import try_services

    return try_services(definition, examined.home, examined.environ, _now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
