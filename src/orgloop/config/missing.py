"""Say which variables have no value, and what that means."""

from __future__ import annotations

from orgloop.config.model import MissingVariable
from orgloop.config.reading import Reading
from orgloop.config.variables import VariableUse


def _uses_without_value(reading: Reading) -> list[VariableUse]:
    """Return each place once, however often it was read."""
    uses: dict[tuple[str, str, str | None], VariableUse] = {}
    for use in reading.uses:
        if use.is_missing:
            key = (use.name, str(use.place), use.component)
            # read for two purposes, the stricter one counts
            if key not in uses or use.stops_start:
                uses[key] = use
    return list(uses.values())


def missing_variables(reading: Reading) -> tuple[MissingVariable, ...]:
    """Return the variables whose lack leaves a component degraded."""
    return tuple(
        MissingVariable(
            name=use.name,
            place=use.place,
            component=use.component,
            description=use.description,
            where=use.where,
        )
        for use in _uses_without_value(reading)
        if not use.stops_start and use.place is not None
    )


def report_missing(reading: Reading, *, strict: bool) -> None:
    """Report every variable without a value: an error where the start needs it or ``strict``."""
    for use in _uses_without_value(reading):
        is_error = strict or use.stops_start
        reading.findings.add(
            use.place,
            f"the variable {use.name} is not set",
            _remedy(use),
            "error" if is_error else "warning",
            validate_only=not use.stops_start,
        )


def _remedy(use: VariableUse) -> str:
    parts = [f"Set {use.name} in the environment or in .env, or write ${{{use.name}:-default}}."]
    if use.component and not use.stops_start:
        parts.append(f"Until then {use.component} is degraded.")
    if use.description:
        parts.append(f"It is: {use.description}.")
    if use.where:
        parts.append(f"Get one: {use.where}")
    return " ".join(parts)
