"""Collect the definitions of a project from all of its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from attrs import define, field, fields_dict, frozen

from orgloop.config.documents import DOCUMENTS, ConnectorGroup
from orgloop.config.files import read_document, route_files
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, extend
from orgloop.config.reading import Nothing, Reading, has_variables
from orgloop.config.structure import structure

_KIND_OF_LIST = {
    "connectors": "ConnectorGroup",
    "sources": "ConnectorGroup",
    "actors": "ConnectorGroup",
    "transforms": "TransformGroup",
    "loggers": "LoggerGroup",
    "routes": "RouteGroup",
}
_DEFINITIONS = ("sources", "actors", "transforms", "loggers", "routes")


@frozen
class Written:
    """One definition as it stands in a file."""

    node: Node
    trail: Trail


@define
class Gathered:
    """Everything a project defines, kind by kind, in the order of its files."""

    top: Mapping
    """``orgloop.yaml``."""
    sources: list[Written] = field(factory=list)
    actors: list[Written] = field(factory=list)
    transforms: list[Written] = field(factory=list)
    loggers: list[Written] = field(factory=list)
    routes: list[Written] = field(factory=list)
    _seen: set[str] = field(factory=set)

    def add(self, kind: str, node: Node, trail: Trail) -> None:
        """Add the definitions of a list."""
        if isinstance(node, Sequence):
            into: list[Written] = getattr(self, kind)
            into += [Written(one, (trail, index)) for index, one in enumerate(node.items)]

    def is_new(self, file: Path) -> bool:
        """Whether ``file`` was not loaded yet; a file named twice is loaded once."""
        real = os.path.realpath(file)
        if real in self._seen:
            return False
        self._seen.add(real)
        return True


def gather(top: Mapping, reading: Reading) -> Gathered:
    """Read every file that ``orgloop.yaml`` (its top is given) names, and those in ``routes/``."""
    gathered = Gathered(top)
    for name in _KIND_OF_LIST:
        listed = top.get(name)
        if isinstance(listed, Sequence):
            for index, item in enumerate(listed.items):
                _gather_item(name, item, extend(None, name, index), gathered, reading)
    for file in route_files(reading.project_directory):
        if gathered.is_new(file):
            _gather_file(file, "RouteGroup", gathered, reading)
    return gathered


def _gather_item(name: str, item: Node, trail: Trail, gathered: Gathered, reading: Reading) -> None:
    if isinstance(item, Scalar) and isinstance(item.value, str):
        file = _named_file(item, trail, reading)
        if file is not None and gathered.is_new(file):
            _gather_file(file, _KIND_OF_LIST[name], gathered, reading)
    elif name != "connectors":
        into: list[Written] = getattr(gathered, name)
        into.append(Written(item, trail))
    else:
        _gather_group(ConnectorGroup, item, trail, gathered, reading)


def _named_file(item: Scalar, trail: Trail, reading: Reading) -> Path | None:
    text = reading.text(item, trail)
    if isinstance(text, Nothing):
        return None
    home = text == "~" or text.startswith("~/")
    file = reading.user_home / text[2:] if home else reading.project_directory / text
    if "\0" not in text and file.is_file():
        return file
    shown = f"no file `{text}`" if not has_variables(item) else "no such file"
    reading.report(item, trail, f"there is {shown}", f"Paths begin at {reading.project_directory}.")
    return None


def _gather_file(file: Path, kind: str, gathered: Gathered, reading: Reading) -> None:
    document = read_document(file, reading.findings, kind=kind)
    if document is not None:
        _gather_group(DOCUMENTS[kind], document, None, gathered, reading)


def _gather_group(
    cls: type[Any], node: Node, trail: Trail, gathered: Gathered, reading: Reading
) -> None:
    """Check what stands around the definitions, and add them even if something there is wrong."""
    structure(cls, node, trail, reading)
    if isinstance(node, Mapping):
        for kind in _DEFINITIONS:
            listed = node.get(kind)
            if listed is not None and kind in fields_dict(cls):
                gathered.add(kind, listed, extend(trail, kind))
