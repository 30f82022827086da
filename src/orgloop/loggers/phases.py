"""Choose which entries a logger writes, by their phases."""

from __future__ import annotations

from difflib import get_close_matches

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.logentry import PHASE_ORDER
from orgloop.options import option

# Phases that older projects may name and that never occur here.
_FORMER_PHASES = frozenset({"module.loading", "module.error"})


def _phase(raw: object) -> str:
    if not isinstance(raw, str) or raw not in {*PHASE_ORDER, *_FORMER_PHASES}:
        close = get_close_matches(str(raw), PHASE_ORDER, n=1) or ["deliver.success"]
        raise InvalidValue(f"{raw!r} is no phase: write one such as {close[0]}")
    return raw


def known_phases(raw: object) -> tuple[str, ...]:
    """Return one phase or a list of them; raise `InvalidValue` for what is none."""
    return tuple(_phase(item) for item in (raw if isinstance(raw, list) else [raw]))


def _first_phase(raw: object) -> str | None:
    return None if raw is None else _phase(raw)


@frozen(kw_only=True)
class FilterOptions:
    """Which entries are written."""

    phases: tuple[str, ...] = option(
        "Only these phases; all if none is given.",
        default=(),
        convert=known_phases,
        schema={"type": "array", "items": {"enum": list(PHASE_ORDER)}},
    )
    min_phase: str | None = option(
        "Only this phase and those after it in the order of the reference page.",
        default=None,
        convert=_first_phase,
        schema={"enum": list(PHASE_ORDER)},
    )

    def wanted(self) -> frozenset[str]:
        """Return the phases that are written."""
        first = PHASE_ORDER.index(self.min_phase) if self.min_phase in PHASE_ORDER else 0
        return frozenset(PHASE_ORDER[first:]).intersection(self.phases or PHASE_ORDER)
