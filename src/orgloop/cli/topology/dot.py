"""The graph of a project for Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.cli.topology.nodes import Nodes
from orgloop.printable import printable

Document = dict[str, Any]
_SHAPES = {"source": "oval", "route": "box", "actor": "component"}


def dot(graph: Document) -> Iterator[str]:
    """Yield the lines of a directed graph."""
    yield f"digraph {_quoted(graph['project'])} {{"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif"];'
    nodes = Nodes.of(graph)
    for node in nodes.all:
        label = "\\n".join(map(_escaped, node.label))
        trouble = ', color="#c0392b", style=dashed' if node.is_troubled else ""
        yield f'  {node.id} [shape={_SHAPES[node.kind]}, label="{label}"{trouble}];'
    for edge in nodes.edges:
        yield f"  {edge.tail} -> {edge.head}{' [style=dashed]' if edge.is_loop else ''};"
    yield "}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    r"""Write text for a quoted string: ``\`` begins an escape there, ``&`` an entity."""
    safe = printable(text).replace("&", "&amp;")
    return safe.replace("\\", "\\\\").replace('"', '\\"')
