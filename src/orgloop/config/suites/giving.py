"""Read the events that come in in a test."""

from __future__ import annotations

from pathlib import Path

import orjson
from attrs import define

from orgloop.config.files import found_beside
from orgloop.config.model import ProjectDefinition
from orgloop.config.nodes import Node, Trail, child, extend
from orgloop.config.problems import suggestion
from orgloop.config.reading import Reading
from orgloop.config.salvage import node_at
from orgloop.config.suites.blocks import GivenBlock
from orgloop.config.suites.suite import GivenEvent
from orgloop.config.suites.usable import usable
from orgloop.errors import InvalidEvent
from orgloop.event import EventDraft, JSONObject

_FIELDS = ("source", "type", "id", "timestamp", "provenance", "payload")


@define
class GivenReader:
    """Reads events against their project."""

    _project: ProjectDefinition
    _reading: Reading

    def read(self, node: Node, trail: Trail) -> GivenEvent | None:
        """Return the event that is given there; what is wrong with it is reported."""
        block = usable(GivenBlock, node, trail, self._reading)
        if block is None:
            return None
        self._check_choices(block, node, trail)
        said = {
            name: value
            for name in _FIELDS
            if node_at(node, name) is not None and (value := getattr(block, name)) is not None
        }
        has_file = node_at(node, "file") is not None
        below = self._content(block.file, node, trail) if has_file else {}
        if below is None:
            self._check_source(block.source, node, trail)
            return None
        document = laid_over(said, below)
        is_generated = node_at(node, "generate") is not None
        self._check(document, node, trail, is_generated=is_generated)
        return GivenEvent(
            place=node.place(trail),
            document=document,
            generate=block.generate,
            after=block.after,
        )

    def _check_choices(self, block: GivenBlock, node: Node, trail: Trail) -> None:
        """Report two ways to say one thing."""
        if block.file is not None and block.generate is not None:
            at, here = child(node, "file"), extend(trail, "file")
            what = "an event is taken from a file or generated, not both"
            self._reading.report(at, here, what, "Keep `file` or `generate`.")
        if block.after is not None and block.timestamp is not None:
            at, here = child(node, "after"), extend(trail, "after")
            what = "`timestamp` says already when this happens"
            self._reading.report(at, here, what, "Keep `after` or `timestamp`.")

    def _content(self, written: str | None, node: Node, trail: Trail) -> JSONObject | None:
        """Return the event in the file that a test names; `None` if there is none, as reported."""
        if written is None:
            return None
        assert node.file is not None  # suites stand in files
        found = found_beside(written, node.file, self._reading.project_directory)
        if found is None:
            what = f"there is no file `{written}`"
            remedy = f"Paths begin at {node.file.parent}, else at the project's directory."
        elif isinstance(content := _json_in(found), dict):
            return content
        elif isinstance(content, Exception):
            what, remedy = f"{found} cannot be read as JSON: {content}", "Mend the file."
        else:
            what, remedy = f"{found} holds no JSON object", "Write one event."
        self._reading.report(child(node, "file"), extend(trail, "file"), what, remedy)
        return None

    def _check_source(self, source: object, node: Node, trail: Trail) -> None:
        known = {**self._project.sources, **self._project.actors}
        if source is not None and not (isinstance(source, str) and source in known):
            what = f"there is no source or actor `{source}`"
            self._reading.report(
                *_place("source", node, trail), what, suggestion(str(source), known)
            )

    def _check(self, document: JSONObject, node: Node, trail: Trail, *, is_generated: bool) -> None:
        """Report what keeps a document from being an event; a sample has what it does not say."""
        self._check_source(document.get("source"), node, trail)
        whole = {"source": "", "type": "actor.stopped", **document} if is_generated else document
        problems = [] if "source" in whole else ["source: the id of a source or an actor"]
        try:
            EventDraft.from_json(whole, "")
        except InvalidEvent as error:
            problems += error.problems
        for problem in problems:
            name = problem.partition(": ")[0]
            if node_at(node, name) is None or name in document:  # else it was reported
                remedy = "Write it here, or mend the file." if node_at(node, "file") else "Mend it."
                what = f"this is no event: {problem}"
                self._reading.report(*_place(name, node, trail), what, remedy)


def _place(name: str, node: Node, trail: Trail) -> tuple[Node, Trail]:
    """Return where a field is written, if only in the file that is named there."""
    key = "file" if node_at(node, name) is None and node_at(node, "file") is not None else name
    return child(node, key), extend(trail, key)


def _json_in(file: Path) -> object:
    """Return the JSON in a file, or why there is none."""
    try:
        return orjson.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return error


def laid_over(over: JSONObject, under: JSONObject) -> JSONObject:
    """Return ``under`` with what ``over`` says in its place, objects inside objects as well."""
    both = {**under, **over}
    for key, below in under.items():
        above = over.get(key)
        if isinstance(above, dict) and isinstance(below, dict):
            both[key] = laid_over(above, below)
    return both
