"""A runtime knows since when its routes want what they want, also across restarts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from orgloop.config.model import Match, Place, ProjectDefinition, RouteDefinition
from orgloop.runtime.snapshots import Snapshots
from orgloop.runtime.state import describe
from orgloop.storage.home import Home
from support.world import done

NOW = 1_769_846_400_000


def route(name: str, **wanted: Any) -> RouteDefinition:
    return RouteDefinition(
        name=name,
        when=Match(source="hook", filter=wanted),
        actor="desk",
        place=Place(file=Path("orgloop.yaml"), line=1, column=1),
    )


ROUTE = route("all", number=(1, 2))


def project(*routes: RouteDefinition) -> ProjectDefinition:
    return ProjectDefinition(
        name="shop", file=Path("orgloop.yaml"), routes={one.name: one for one in routes}
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.create()
    return home


async def at_once(work: Any, *arguments: Any) -> Any:
    return work(*arguments)


def snapshots(home: Home) -> Snapshots:
    found = Snapshots(home, at_once)
    done(found.read())
    return found


def ran(home: Home, definition: ProjectDefinition, at: int) -> int:
    """Let a runtime of the project come and go; return since when it says its routes are."""
    kept = snapshots(home)
    since = kept.routes_since(describe(definition), at)
    running: Any = SimpleNamespace(definition=definition, routes_since_ms=since)
    done(kept.write([running], written_at="2026-01-31T08:00:00.000Z"))
    return since


def test_routes_that_want_the_same_are_as_old_as_they_were(home: Home) -> None:
    assert ran(home, project(ROUTE), NOW) == NOW
    assert ran(home, project(ROUTE), NOW + 5000) == NOW
    assert ran(home, project(evolve(ROUTE, actor="other")), NOW + 9000) == NOW


def test_a_route_that_wants_something_else_is_new(home: Home) -> None:
    ran(home, project(ROUTE), NOW)
    other = route("all")

    assert ran(home, project(other), NOW + 5000) == NOW + 5000
    assert ran(home, project(other, route("more")), NOW + 9000) == NOW + 9000


def test_no_time_is_later_than_the_start(home: Home) -> None:
    ran(home, project(ROUTE), NOW)

    assert ran(home, project(ROUTE), NOW - 5000) == NOW - 5000


@pytest.mark.parametrize("written", [b"{", b'{"written_at": "", "projects": [{"name": "shop"}]}'])
def test_what_cannot_be_read_says_nothing(home: Home, written: bytes) -> None:
    home.state.write_bytes(written)

    assert ran(home, project(), NOW) == NOW
