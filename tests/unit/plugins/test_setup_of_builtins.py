"""What the built-ins say a person needs reads well where it is put into a sentence."""

from __future__ import annotations

from importlib import import_module

import pytest

from orgloop.plugin import EnvironmentVariable, Registration
from orgloop.plugins.builtins import BUILTINS


def variables() -> dict[str, EnvironmentVariable]:
    modules = {module for family in BUILTINS.values() for module in family.values()}
    return {
        f"{registration.id} {variable.name}": variable
        for module in sorted(modules)
        if isinstance(registration := import_module(module).registration, Registration)
        for variable in registration.setup.variables
    }


VARIABLES = variables()


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=VARIABLES.keys())
def test_a_variable_is_described_in_a_part_of_a_sentence(variable: EnvironmentVariable) -> None:
    assert variable.description
    assert not variable.description.endswith(".")
    assert not variable.where.endswith(".")
    assert variable.description == variable.description.strip()
