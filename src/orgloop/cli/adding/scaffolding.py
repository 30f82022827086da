"""Make the files of a component of the project's own, from those that come with OrgLoop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

_COMPONENTS = Path(__file__).parents[1] / "components"
_WORDS = re.compile(r"SAMPLE|Sample|sample_module|sample(?!s\b)")

Files = dict[str, str]
"""Text by path below the project's directory."""


@frozen
class Kind:
    """One kind of component."""

    name: str
    key: str
    """The list of ``orgloop.yaml`` that names its file, and the directory of that."""
    files: Mapping[str, str]
    """Where each file of ours goes; ``{}`` stands for the name as a module has it."""
    is_program: bool = False


CONNECTOR = Kind(
    "connector",
    "connectors",
    {
        "connector.py": "connectors/{}.py",
        "connector.yaml": "connectors/{}.yaml",
        "test_connector.py": "tests/test_{}.py",
    },
)
TRANSFORM = Kind(
    "transform",
    "transforms",
    {
        "transform.py": "transforms/{}.py",
        "transform.yaml": "transforms/{}.yaml",
        "test_transform.py": "tests/test_{}.py",
    },
)
SCRIPT = Kind(
    "transform",
    "transforms",
    {
        "script.sh": "transforms/{}.sh",
        "script.yaml": "transforms/{}.yaml",
        "test_script.py": "tests/test_{}.py",
    },
)
LOGGER = Kind(
    "logger",
    "loggers",
    {
        "logger.py": "loggers/{}.py",
        "logger.yaml": "loggers/{}.yaml",
        "test_logger.py": "tests/test_{}.py",
    },
)


def module_of(name: str) -> str:
    """Return the name as files and modules have it: ``my-tracker`` is ``my_tracker``."""
    return name.replace("-", "_")


def component_files(kind: Kind, name: str) -> Files:
    """Return the files of a component of this name."""
    return {
        place.format(module_of(name)): _named((_COMPONENTS / file).read_text("utf-8"), name)
        for file, place in kind.files.items()
    }


def route_text(name: str) -> str:
    """Return the prompt of a new route."""
    return _named((_COMPONENTS / "route.md").read_text("utf-8"), name)


def _named(text: str, name: str) -> str:
    """Put a name in the place of ours, as it is written at each place."""
    module = module_of(name)
    words = {
        "SAMPLE": module.upper(),
        "Sample": "".join(part.capitalize() for part in module.split("_")),
        "sample_module": module,
        "sample": name,
    }
    return _WORDS.sub(lambda match: words[match[0]], text)
