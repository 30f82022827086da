"""The dashboard and the alert rules ask for metrics that there are, in queries that can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from orgloop.http.families import FAMILIES, Family

MONITORING = Path(__file__).parents[3] / "docs" / "monitoring"
DASHBOARD = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
PROMETHEUS_OWN = {"up": (), "ALERTS": ("alertname", "alertstate", "severity")}
TARGET = {"job", "instance"}
"""What Prometheus adds to every sample."""
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}


def queries() -> Iterator[tuple[str, str]]:
    """Yield every query, with where it stands and what Grafana would put in."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield "annotations", annotation["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m")


def shown() -> Iterator[tuple[str, str]]:
    """Yield the queries of the rules that the page shows."""
    page = (MONITORING / "README.md").read_text("utf-8")
    for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for group in yaml.safe_load(block).get("groups", ()):
            yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])


def labels_of() -> dict[str, set[str]]:
    """Return the labels of every series that a query may ask for, by its name."""
    found = {name: set(labels) | TARGET for name, labels in PROMETHEUS_OWN.items()}
    for family in FAMILIES:
        for suffix in SUFFIXES[family.kind]:
            extra = {"le"} if suffix == "_bucket" else set()
            found[family.name + suffix] = {*family.labels, *extra, *TARGET}
    return found


LABELS = labels_of()


def parts(node: Any) -> Iterator[Any]:
    """Yield an expression and all that it is made of."""
    yield node
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        child = getattr(node, name, None)
        if child is not None:
            yield from parts(child)
    for child in getattr(node, "args", ()):
        yield from parts(child)


def series(node: Any) -> set[str]:
    return {one.name for one in parts(node) if isinstance(one, promql_parser.VectorSelector)}


@pytest.mark.parametrize(("where", "query"), [*queries(), *shown()])
def test_a_query_asks_for_series_and_labels_that_there_are(where: str, query: str) -> None:
    parsed = promql_parser.parse(query)
    names = series(parsed)

    assert names
    assert names <= set(LABELS)
    known = set[str].union(*(LABELS[name] for name in names))
    for part in parts(parsed):
        if isinstance(part, promql_parser.VectorSelector):
            assert {one.name for one in part.matchers.matchers} <= LABELS[part.name]
        elif isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            assert set(part.modifier.labels) <= known
        elif isinstance(part, promql_parser.BinaryExpr) and part.modifier is not None:
            assert set(getattr(part.modifier.matching, "labels", ())) <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_speaks_only_of_labels_that_its_series_have(rule: dict[str, Any]) -> None:
    shown = " ".join(rule["annotations"].values())
    names = series(promql_parser.parse(rule["expr"]))

    assert set(re.findall(r"\$labels\.(\w+)", shown)) <= set.intersection(
        *(LABELS[name] for name in names)
    )
    assert rule["labels"]["severity"] in ("page", "ticket", "none")


def test_a_graph_names_its_lines_by_labels_that_its_query_keeps() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            parsed = promql_parser.parse(target["expr"].replace("$__rate_interval", "1m"))
            kept = {
                label
                for part in parts(parsed)
                if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None
                for label in part.modifier.labels
            }
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= kept, panel["title"]


def test_every_metric_is_used() -> None:
    used = set[str]().union(*(series(promql_parser.parse(query)) for _, query in queries()))
    not_used = {one.name for one in FAMILIES if not is_used(one, used)}

    assert not_used == {"orgloop_build_info"}  # the dashboard finds the instances by it


def is_used(family: Family, used: set[str]) -> bool:
    return any(family.name + suffix in used for suffix in SUFFIXES[family.kind])


def test_panels_lie_beside_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
