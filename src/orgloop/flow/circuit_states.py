"""The states of a circuit, as a machine."""

from __future__ import annotations

from typing import Literal, Protocol

from attrs import define
from automat import TypeMachineBuilder

StateName = Literal["closed", "open", "first", "second"]


class CircuitStates(Protocol):
    """What happens to a circuit; anything in the wrong order raises."""

    def trip(self) -> None:
        """Too much has failed in a row: nothing is tried for a while."""

    def probe(self) -> None:
        """One delivery is tried."""

    def probe_next(self) -> None:
        """That failed and is out of attempts: the next in order is tried, to tell which it is."""

    def back_off(self) -> None:
        """The probe has not shown that the actor is back."""

    def recover(self) -> None:
        """The actor has answered."""

    def state(self) -> StateName:
        """Return the state's name; half-open is ``first`` or ``second``, by which probe it is."""


@define
class _Core:
    """The machine keeps no data of its own."""


_builder = TypeMachineBuilder(CircuitStates, _Core)
_closed = _builder.state("closed")
_open = _builder.state("open")
_first = _builder.state("first")
_second = _builder.state("second")

_closed.upon(CircuitStates.trip).to(_open).returns(None)
_closed.upon(CircuitStates.recover).loop().returns(None)
_open.upon(CircuitStates.probe).to(_first).returns(None)
_first.upon(CircuitStates.probe_next).to(_second).returns(None)
_second.upon(CircuitStates.probe_next).loop().returns(None)
for _half_open in (_first, _second):
    _half_open.upon(CircuitStates.back_off).to(_open).returns(None)
for _away in (_open, _first, _second):
    _away.upon(CircuitStates.recover).to(_closed).returns(None)

_closed.upon(CircuitStates.state).loop().returns("closed")
_open.upon(CircuitStates.state).loop().returns("open")
_first.upon(CircuitStates.state).loop().returns("first")
_second.upon(CircuitStates.state).loop().returns("second")

_machine = _builder.build()


def new_circuit_states() -> CircuitStates:
    """Return the states of a circuit that is closed."""
    return _machine(_Core())
