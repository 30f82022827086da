"""The graph of a project as nodes and edges, for programs that draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from attrs import frozen

Document = dict[str, Any]
Kind = Literal["source", "route", "actor"]
_GOOD = (None, "healthy", "ok")


@frozen
class Node:
    """One box, with the lines in it."""

    id: str
    kind: Kind
    label: Sequence[str]
    is_troubled: bool
    """Not connected with anything, or in trouble."""


@frozen
class Edge:
    """One arrow."""

    tail: str
    head: str
    is_loop: bool = False
    """Whether it leads back from an actor."""


@frozen
class Nodes:
    """All of them. Their ids are made up: names may hold anything."""

    all: Sequence[Node]
    edges: Sequence[Edge]

    @classmethod
    def of(cls, graph: Document) -> Nodes:
        """Draw sources, routes and actors in the order in which they stand in the project."""
        sources = {one["id"]: f"s{number}" for number, one in enumerate(graph["sources"])}
        named = {one["actor"] for one in graph["routes"]}
        named |= {one["source"] for one in graph["routes"] if one["loop"]}
        known = {one["id"] for one in graph["actors"]}
        actors = graph["actors"] + [
            {"id": name, "connector": "", "connected": True} for name in sorted(named - known)
        ]
        ids = {one["id"]: f"a{number}" for number, one in enumerate(actors)}
        nodes = [_component("source", sources[one["id"]], one) for one in graph["sources"]]
        edges = []
        for number, route in enumerate(graph["routes"]):
            nodes.append(_route(f"r{number}", route))
            begin = ids[route["source"]] if route["loop"] else sources[route["source"]]
            edges.append(Edge(begin, f"r{number}", route["loop"]))
            edges.append(Edge(f"r{number}", ids[route["actor"]]))
        nodes += [_component("actor", ids[one["id"]], one) for one in actors]
        return cls(nodes, edges)


def _component(kind: Kind, node_id: str, one: Document) -> Node:
    is_well = one["connected"] and not one.get("unavailable") and one.get("status") in _GOOD
    label = [one["id"], f"({one['connector']})"] if one["connector"] else [one["id"]]
    return Node(node_id, kind, label, not is_well)


def _route(node_id: str, route: Document) -> Node:
    uses = [use["ref"] for use in route["transforms"]]
    label = [route["name"], ", ".join(route["events"])]
    return Node(node_id, "route", [*label, *([" → ".join(uses)] if uses else [])], False)
