"""Measure how long a project of ten thousand routes takes to load.

Run it with ``python tests/benchmarks/bench_config_load.py [routes]``. Loading must take less than
two seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from orgloop.config.load import load_project
from orgloop.plugins.catalogue import Catalogue

_PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: many-routes}
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: agent, connector: webhook, config: {url: "http://127.0.0.1:9/"}}
transforms:
  - name: no-bots
    package: filter
    config: {exclude: {provenance.author_type: bot}}
  - {name: once, type: package, package: dedup, config: {key: [payload.id], window: 5m}}
"""
_GROUP = "apiVersion: orgloop/v1alpha1\nkind: RouteGroup\nroutes:\n"
_ROUTE = """\
  - name: route-{n}
    description: Pull request review {n}
    when:
      source: hook
      events: [resource.changed]
      filter:
        provenance.platform_event: pull_request.review_submitted
        payload.pr_number: {n}
    transforms:
      - ref: no-bots
      - ref: once
    then:
      actor: agent
      config: {{session_key: "hook:{{{{payload.pr_number}}}}", wake_mode: now}}
    with:
      prompt_file: ../sops/review.md
"""


def main(routes: int) -> None:
    """Write the project into a temporary directory, load it three times and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _write(directory, routes)
        for attempt in range(1, 4):
            wall, cpu = time.perf_counter(), time.process_time()
            loaded = load_project(
                directory, environ={}, home=directory / "home", catalogue=Catalogue()
            )
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            assert len(loaded.project.routes) == routes
            print(f"load {attempt}: {routes} routes in {wall:.2f} s ({cpu:.2f} s of CPU)")


def _write(directory: Path, routes: int) -> None:
    (directory / "orgloop.yaml").write_text(_PROJECT)
    (directory / "sops").mkdir()
    (directory / "sops" / "review.md").write_text("Review it.\n")
    (directory / "routes").mkdir()
    text = _GROUP + "".join(_ROUTE.format(n=number) for number in range(routes))
    (directory / "routes" / "many.yaml").write_text(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
