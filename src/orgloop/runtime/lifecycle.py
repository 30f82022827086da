"""The states a project goes through, as a machine."""

from __future__ import annotations

from typing import Protocol

from attrs import define
from automat import TypeMachineBuilder


class ProjectLifecycle(Protocol):
    """What happens to a project; anything in the wrong order raises."""

    def loaded(self) -> None:
        """Everything is in place: it takes events in."""

    def drain(self) -> None:
        """It takes nothing in any more and finishes what it holds."""

    def removed(self) -> None:
        """Its files are closed."""

    def state(self) -> str:
        """Return the state's name: ``loading``, ``active``, ``unloading`` or ``removed``."""


@define
class _Core:
    """The machine keeps no data of its own."""


_builder = TypeMachineBuilder(ProjectLifecycle, _Core)
_loading = _builder.state("loading")
_active = _builder.state("active")
_unloading = _builder.state("unloading")
_removed = _builder.state("removed")

_loading.upon(ProjectLifecycle.loaded).to(_active).returns(None)
_loading.upon(ProjectLifecycle.drain).to(_unloading).returns(None)
_active.upon(ProjectLifecycle.drain).to(_unloading).returns(None)
_unloading.upon(ProjectLifecycle.drain).loop().returns(None)
_unloading.upon(ProjectLifecycle.removed).to(_removed).returns(None)

for _state in (_loading, _active, _unloading, _removed):
    _state.upon(ProjectLifecycle.state).loop().returns(_state.name)

_machine = _builder.build()


def new_lifecycle() -> ProjectLifecycle:
    """Return the lifecycle of a project that is being loaded."""
    return _machine(_Core())
