"""The graph of a project as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.cli.topology.nodes import Nodes
from orgloop.printable import printable

Document = dict[str, Any]
_SHAPES = {"source": ("([", "])"), "route": ("[", "]"), "actor": ("[[", "]]")}


def mermaid(graph: Document) -> Iterator[str]:
    """Yield the lines of a flowchart."""
    yield "flowchart LR"
    nodes = Nodes.of(graph)
    for node in nodes.all:
        begin, end = _SHAPES[node.kind]
        label = "<br/>".join(map(_escaped, node.label))
        yield f'  {node.id}{begin}"{label}"{end}'
    for edge in nodes.edges:
        yield f"  {edge.tail} {'-.->' if edge.is_loop else '-->'} {edge.head}"
    if troubled := [node.id for node in nodes.all if node.is_troubled]:
        yield "  classDef troubled stroke:#c0392b,stroke-width:2px,stroke-dasharray:4 3"
        yield f"  class {','.join(troubled)} troubled"


def _escaped(text: str) -> str:
    """Write text for a quoted label: what could end it, or mean something in it, by its number.

    See "Entity codes to escape characters" on Mermaid's page. A colon as well: behind the word
    ``style`` it makes a statement of what follows.
    """
    return "".join(
        letter if letter.isalnum() or letter in " -_./=,()|" else f"#{ord(letter)};"
        for letter in printable(text)
    )
