"""What is wrong with a project, and which of its variables have no value."""

from __future__ import annotations

from collections.abc import Iterable

from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import Problem
from orgloop.config.variables import VariableUse
from orgloop.doctor.check import Check, Status
from orgloop.doctor.subject import Subject

_STATUS: dict[str, Status] = {"error": "error", "warning": "degraded"}


def check_config(subject: Subject) -> list[Check]:
    """Say what ``validate`` would; variables that do not stop a start are a matter of their own."""
    found = [
        _problem(problem)
        for problem in subject.problems
        if problem.severity in _STATUS and not _is_about_a_variable(problem, subject.variables)
    ]
    if subject.definition is not None:
        found.insert(0, _summary(subject.definition))
    elif not found and subject.file is not None:
        found.append(
            Check(
                category="config",
                name="project",
                message=f"nothing is wrong with it but its variables ({subject.file})",
            )
        )
    elif not found:
        found.append(
            Check(
                category="config",
                name="project",
                message="there is no project here: what concerns one was not looked at",
                fix="make one with `orgloop init`, or name one with -c PATH",
            )
        )
    return found


def _summary(definition: ProjectDefinition) -> Check:
    counts = ", ".join(
        f"{len(parts)} {name if len(parts) != 1 else name[:-1]}"
        for name, parts in (
            ("sources", definition.sources),
            ("actors", definition.actors),
            ("routes", definition.routes),
        )
    )
    return Check(
        category="config",
        name="project",
        message=f"{definition.name}: {counts} ({definition.file})",
    )


def _problem(problem: Problem) -> Check:
    where = f"{problem.place}: " if problem.place is not None else ""
    return Check(
        category="config",
        name=problem.path or "project",
        status=_STATUS[problem.severity],
        message=f"{where}{problem.what}",
        fix=problem.remedy,
    )


def _is_about_a_variable(problem: Problem, uses: Iterable[VariableUse]) -> bool:
    missing = (use for use in uses if use.is_missing)
    return any(
        use.place == problem.place and problem.what == f"the variable {use.name} is not set"
        for use in missing
    )


def check_variables(subject: Subject) -> list[Check]:
    """Say of each variable whether it has a value; never which."""
    by_name: dict[str, list[VariableUse]] = {}
    for use in subject.variables:
        if use.place is None:
            continue  # a setting that the variable itself makes
        by_name.setdefault(use.name, []).append(use)
    return [_variable(name, uses) for name, uses in sorted(by_name.items())]


def _variable(name: str, uses: list[VariableUse]) -> Check:
    missing = [use for use in uses if use.is_missing]
    if not missing:
        default = "has a default" if any(use.has_default for use in uses) else "is not needed"
        message = "is set" if uses[0].is_set else f"is not set and {default}"
        return Check(category="variables", name=name, message=message)
    stops = any(use.stops_start for use in missing)
    users = sorted({use.component or "the project" for use in missing})
    cannot = "cannot start" if stops else "is degraded" if len(users) == 1 else "are degraded"
    who = "the project" if stops else ", ".join(users)
    described = next((use for use in missing if use.description or use.where), missing[0])
    parts = [f"set {name} in the environment or in .env"]
    if described.description:
        parts.append(f"it is: {described.description}")
    if described.where:
        parts.append(f"get one: {described.where}")
    return Check(
        category="variables",
        name=name,
        status="error" if stops else "degraded",
        message=f"is not set: without it {who} {cannot}",
        fix="; ".join(parts),
    )
