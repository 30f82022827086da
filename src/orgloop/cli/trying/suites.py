"""Run suites: tests of a project's wiring."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.output import show_json
from orgloop.cli.trying.here import project_to_try, rehearsed
from orgloop.cli.trying.junit import junit
from orgloop.cli.trying.report import Played, results, show_results
from orgloop.config.load import begin_reading
from orgloop.config.model import ProjectDefinition
from orgloop.config.suites.reading import read_suites
from orgloop.config.suites.suite import Suite
from orgloop.durations import Duration
from orgloop.hidden import Hidden
from orgloop.runtime.rehearsal.performing import perform
from orgloop.runtime.rehearsal.rehearsal import Rehearsal

_YAML = (".yaml", ".yml")


@frozen(kw_only=True)
class Wish:
    """Which tests are to be run, and where a report goes."""

    named: Sequence[str]
    """Files, directories and patterns."""
    keyword: str | None
    """A part of the names of the tests that are meant; all of them without one."""
    report: Path | None
    """Where JUnit XML is written to."""
    limit: Duration | None
    """How long the transforms have for one event."""


def run_suites(invocation: Invocation, wish: Wish) -> None:
    """Run the tests, show how they went, and end with exit code 1 if one has failed."""
    files = [file for name in wish.named for file in _files(name)]
    project, suites = _read(invocation, project_to_try(invocation), list(dict.fromkeys(files)))
    suites = _chosen(suites, wish.keyword)

    async def work(rehearsal: Rehearsal) -> list[Played]:
        return [
            Played(suite.file, [await perform(case, rehearsal) for case in suite.cases])
            for suite in suites
        ]

    played = rehearsed(invocation, project, work, wish.limit)
    if invocation.json:
        show_json(results(played, project.hidden))
    else:
        show_results(played, project.hidden, quiet=invocation.quiet)
    if wish.report is not None:
        _write(wish.report, junit(played, project.hidden))
    if not all(one.is_good for one in played):
        raise SystemExit(Exit.FAILED)


def _files(name: str) -> Iterator[Path]:
    """Return the files that a file, a directory or a pattern names; not knowing it is an error."""
    path = Path(name)
    if path.is_dir():
        found = [one for one in sorted(path.iterdir()) if one.suffix in _YAML]
    elif path.exists():
        found = [path]
    else:
        found = [Path(one) for one in sorted(glob.glob(name, recursive=True))]
    if not found:
        what = "there is no *.yaml in it" if path.is_dir() else "there is no suite of that name"
        raise CommandFailed(
            f"{name}: {what}",
            hint='name files, a directory or a pattern, as in: orgloop test --suite "tests/*.yaml"',
            code=Exit.USAGE,
        )
    yield from found


def _read(
    invocation: Invocation, project: ProjectDefinition, files: Sequence[Path]
) -> tuple[ProjectDefinition, list[Suite]]:
    """Return the suites, and the project; it hides what their variables hold as well."""
    reading = begin_reading(
        project.file, invocation.environ, invocation.home, has_placeholders=True
    )
    suites = read_suites(files, project, reading)
    errors = [one for one in reading.findings.sorted() if one.severity == "error"]
    if errors:
        raise CommandFailed(
            "\n".join(map(str, errors)),
            hint="what a suite may say: orgloop schema Suite",
            code=Exit.INVALID_PROJECT,
        )
    values = filter(None, (reading.variables.get(use.name) for use in reading.uses))
    hidden = Hidden([*project.hidden.values, *values])
    return evolve(project, hidden=hidden), suites


def _chosen(suites: Sequence[Suite], keyword: str | None) -> list[Suite]:
    """Return the tests whose names hold a word, in whatever letters."""
    if keyword is None:
        return list(suites)
    wanted = keyword.casefold()
    found = [
        evolve(suite, cases=[one for one in suite.cases if wanted in one.name.casefold()])
        for suite in suites
    ]
    if not any(suite.cases for suite in found):
        raise CommandFailed(
            f"no test's name holds {keyword!r}",
            hint="see the names with the same command without -k",
            code=Exit.USAGE,
        )
    return [suite for suite in found if suite.cases]


def _write(file: Path, text: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    except OSError as error:
        raise CommandFailed(
            f"{file} cannot be written: {error.strerror}", hint="name another file"
        ) from error
