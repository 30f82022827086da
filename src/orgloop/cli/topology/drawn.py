"""The graph of a project as text: each source with the routes that read it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from orgloop.cli.look import Painted, ago, columns_of, fit, line, style, width

Document = dict[str, Any]
_ALL_TYPES = 3
_LEAST_COLUMNS = 12
"""What less important words are to have, to be worth their place."""
_GOOD = ("healthy", "ok")
_NOT_TEXT = re.compile(r"$|-?\d|(true|false|null)$")
"""What would be read as something else than text, without quotes."""


def drawn(graph: Document, *, detailed: bool) -> Iterator[Painted]:
    """Yield the lines; ``detailed`` adds descriptions."""
    room = width()
    actors = {actor["id"]: actor for actor in graph["actors"]}
    routes: defaultdict[str, list[Document]] = defaultdict(list)
    for route in graph["routes"]:
        routes[route["source"]].append(route)
    yield _counts(graph)
    for source in graph["sources"]:
        yield line()
        yield _source(source, room)
        yield from _routes(routes.pop(source["id"], []), actors, room, detailed=detailed)
    for name, read in routes.items():
        yield line()
        yield _beside(line(style(name, "strong"), " ⟲"), "what the actor gives rise to", room)
        yield from _routes(read, actors, room, detailed=detailed)
    for actor in graph["actors"]:
        if not actor["connected"]:
            yield line()
            yield _beside(_actor(actor), "! no route reaches it", room, bad=True)


def _counts(graph: Document) -> Painted:
    counts = ", ".join(
        f"{len(graph[kind])} {kind if len(graph[kind]) != 1 else kind[:-1]}"
        for kind in ("sources", "routes", "actors")
    )
    return line(style(graph["project"], "strong"), f": {counts}")


def _source(source: Document, room: int | None) -> Painted:
    head = line(style(source["id"], "strong"), f" ({source['connector']})")
    if source["unavailable"]:
        return _beside(head, f"! cannot start: {source['unavailable']}", room, bad=True)
    if not source["connected"]:
        return _beside(head, "! no route reads it", room, bad=True)
    if source.get("status") not in (None, *_GOOD):
        return _beside(head, f"{source['status']}: {source.get('reason') or ''}", room, bad=True)
    count = source.get("events_24h")
    return _beside(head, "" if count is None else f"{source['status']}, {count} in 24 h", room)


def _routes(
    routes: Sequence[Document], actors: dict[str, Document], room: int | None, *, detailed: bool
) -> Iterator[Painted]:
    for number, route in enumerate(routes, 1):
        is_last = number == len(routes)
        yield _route(route, "└─ " if is_last else "├─ ", room)
        rest = "   " if is_last else "│  "
        if detailed and route["description"]:
            yield _beside(line(rest, "  "), route["description"], room)
        if route["filter"]:
            yield _beside(line(rest, "  if"), _conditions(route["filter"]), room)
        if route["transforms"]:
            yield _beside(line(rest, "  through"), _transforms(route["transforms"]), room)
        actor = actors.get(route["actor"], {"id": route["actor"], "connector": "?"})
        yield _then(line(rest, "  → ", _actor(actor)), route, actor, room)


def _route(route: Document, branch: str, room: int | None) -> Painted:
    kinds = "all events" if len(route["events"]) == _ALL_TYPES else ", ".join(route["events"])
    fired = route.get("fire_count")
    if fired:
        kinds += f"  · matched {fired}, last {ago(route.get('last_fired'))}"
    elif fired is not None:
        kinds += "  · not matched yet"
    return _beside(line(branch, style(route["name"], "id")), kinds, room)


def _actor(actor: Document) -> Painted:
    return line(style(actor["id"], "strong"), f" ({actor['connector']})")


def _then(head: Painted, route: Document, actor: Document, room: int | None) -> Painted:
    trouble = _trouble(actor)
    told = _beside(head, trouble, room, bad=True)
    with_what = [
        route["prompt_file"],
        f"guard: {route['guard']}" if route["guard"] else None,
        "inbox" if route["inbox"] else None,
        f"{actor['waiting']} wait" if actor.get("waiting") and not trouble else None,
        f"{actor['dead']} dead" if actor.get("dead") else None,
    ]
    has_room = room is None or not trouble or room - columns_of(told) > _LEAST_COLUMNS
    return _beside(told, ", ".join(filter(None, with_what)), room) if has_room else told


def _trouble(actor: Document) -> str:
    if actor.get("unavailable"):
        return f"! cannot start: {actor['unavailable']}"
    if actor.get("status") in (None, *_GOOD):
        return ""
    waiting = f", {actor['waiting']} wait" if actor.get("waiting") else ""
    reason = f": {actor['reason']}" if actor.get("reason") else ""
    return f"{actor['status']}{waiting}{reason}"


def _conditions(conditions: Document) -> str:
    return ", ".join(f"{path} = {_value(value)}" for path, value in conditions.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return " | ".join(map(_value, value))
    is_plain = isinstance(value, str) and value == value.strip() and not _NOT_TEXT.match(value)
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)


def _transforms(uses: Sequence[Document]) -> str:
    return " → ".join(
        use["ref"] if use["on_error"] == "pass" else f"{use['ref']} (on error: {use['on_error']})"
        for use in uses
    )


def _beside(head: Painted, text: str, room: int | None, *, bad: bool = False) -> Painted:
    """Write what is known beside a name; of the two only what is known is cut."""
    if not text:
        return head
    left = None if room is None else max(1, room - columns_of(head) - 2)
    return line(head, "  ", style(fit(text, left), "bad" if bad else "dim"))
