"""What a trace knows of routes while nothing runs: what the last runtime left in its snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orgloop.cli.stored.remembered import Remembered
from orgloop.config.load import load_project
from orgloop.event import Event
from orgloop.flow.explaining import explain
from orgloop.plugins.catalogue import Catalogue
from orgloop.runtime.state import describe
from orgloop.storage.home import Home
from orgloop.storage.snapshot import write_snapshot

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: shop}
defaults: {loop: {warn_depth: 2, max_depth: 9}}
sources: [{id: hook, connector: webhook}]
actors: [{id: desk, connector: command, config: {command: [cat]}}]
routes:
  - {name: plain, when: {source: hook, filter: {payload.n: [1, 2]}}, then: {actor: desk}}
  - name: secret
    when: {source: hook, filter: {payload.who: ["${WHO}", eve]}}
    then: {actor: desk}
  - {name: nowhere, when: {source: "${SOURCE}"}, then: {actor: desk}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which a runtime of the project has run."""
    home = Home(tmp_path / "home")
    home.create()
    home.data.mkdir(exist_ok=True)
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    loaded = load_project(
        tmp_path / "orgloop.yaml",
        environ={"WHO": "swordfish", "SOURCE": "hook"},
        home=home.root,
        catalogue=Catalogue(),
        fingerprint_key=home.fingerprint_key().encode(),
    )
    since = {"routes_since": "2026-01-31T08:00:00.000Z"}
    projects = [{**describe(loaded.project), **since}]
    write_snapshot(home.state, {"written_at": "2026-01-31T09:00:00.000Z", "projects": projects})
    return home


def event(**payload: Any) -> Event:
    return Event(
        "evt_1", "2026-01-31T08:00:00Z", "hook", "resource.changed", {"platform": "x"}, payload
    )


def reasons(remembered: Remembered, **payload: Any) -> dict[str, Any]:
    standings = explain(remembered.routes_for(event(**payload)), event(**payload))
    return {one.name: one.to_json()["reason"] for one in standings.routes}


def test_routes_are_compared_as_they_were(home: Home) -> None:
    remembered = Remembered.of(home, "shop")

    assert remembered.limits.max_depth == 9
    assert remembered.routes_since_ms == 1_769_846_400_000
    assert reasons(remembered, n=1)["plain"] is None
    assert reasons(remembered, n=3)["plain"] == {
        "path": "payload.n",
        "expected": [1, 2],
        "actual": 3,
    }


def test_a_value_of_a_variable_is_recognised_and_not_shown(home: Home) -> None:
    remembered = Remembered.of(home, "shop")

    assert reasons(remembered, who="swordfish")["secret"] is None
    assert reasons(remembered, who="eve")["secret"] is None
    told = reasons(remembered, who="adam")["secret"]
    assert told == {"path": "payload.who", "expected": ["***", "eve"], "actual": "adam"}


def test_a_route_of_which_the_source_is_hidden_is_not_judged(home: Home) -> None:
    assert "nowhere" not in reasons(Remembered.of(home, "shop"))


@pytest.mark.parametrize(
    "written",
    [
        b"{",
        b'{"written_at": "", "projects": [{"name": "shop", "routes": {"a": 1}}]}',
        b'{"written_at": "", "projects": [{"name": "shop", "routes": [], "settings": 1}]}',
    ],
)
def test_of_a_snapshot_that_is_none_nothing_is_known(home: Home, written: bytes) -> None:
    home.state.write_bytes(written)

    remembered = Remembered.of(home, "shop")

    assert (list(remembered.routes), remembered.routes_since_ms) == ([], None)
    assert remembered.limits.max_depth == 5
