"""Check what can still be checked of a definition that is wrong somewhere.

A project's mistakes are reported all at once, so one in a definition must not hide others in it.
What was reported before is not counted twice: findings are listed once.
"""

from __future__ import annotations

from orgloop.config.blocks import TransformUse
from orgloop.config.components import Builder, Part
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, child, empty, extend
from orgloop.config.reading import Nothing, Reading
from orgloop.config.structure import structure


def node_at(node: Node, *steps: str) -> Node | None:
    """Return the node that ``steps`` lead to, `None` if there is none or it is empty."""
    found: Node | None = node
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def text_at(node: Node, trail: Trail, steps: tuple[str, ...], reading: Reading) -> str | None:
    """Return the text that ``steps`` lead to, `None` if there is none that can be used."""
    found = node_at(node, *steps)
    if not isinstance(found, Scalar) or not isinstance(found.value, str):
        return None
    text = reading.text(found, extend(trail, *steps))
    return None if isinstance(text, Nothing) else text


def check_plugin(part: Part, plugin_key: str, builder: Builder) -> None:
    """Check the plugin that a wrong definition names, and the options it gives to it."""
    reading = builder.reading
    with reading.inside(part.label):
        plugin = text_at(part.node, part.written.trail, (plugin_key,), reading)
    if plugin is None:
        return
    at, trail = child(part.node, plugin_key), part.trail(plugin_key)
    registration = builder.registration(part.kind, plugin, at, trail)
    if registration is None:
        return
    block = node_at(part.node, "config") or empty(at.file, part.node.line, part.node.column)
    builder.configured(part, plugin, registration, block, part.trail("config"))


def uses_in(node: Node, trail: Trail, reading: Reading) -> list[tuple[TransformUse, Node, Trail]]:
    """Return the steps of a wrong route that can be checked: at least their names are readable."""
    listed = node_at(node, "transforms")
    steps = listed.items if isinstance(listed, Sequence) else []
    found = []
    for index, step in enumerate(steps):
        here = extend(trail, "transforms", index)
        ref = text_at(step, here, ("ref",), reading)
        if ref is None:
            continue
        use = structure(TransformUse, step, here, reading)
        found.append((TransformUse(ref=ref) if isinstance(use, Nothing) else use, step, here))
    return found
