"""Write a route, what its actor is told, and a test of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import yaml
from attrs import frozen

from orgloop.cli.adding.scaffolding import Files, module_of, route_text
from orgloop.event import EVENT_TYPES

_PLAIN = re.compile(r"[A-Za-z][\w./ -]*[\w]")


@frozen(kw_only=True)
class NewRoute:
    """What a route is to do."""

    name: str
    source: str
    actor: str
    events: Sequence[str] = ()
    """Types of events, and kinds (``provenance.platform_event``)."""

    def files(self) -> Files:
        """Return its files, by path below the project's directory."""
        module = module_of(self.name)
        return {
            f"routes/{module}.yaml": self._route(module),
            f"sops/{module}.md": route_text(self.name),
            f"tests/{module}.yaml": self._suite(),
        }

    @property
    def _types(self) -> list[str]:
        return [one for one in self.events if one in EVENT_TYPES]

    @property
    def _kinds(self) -> list[str]:
        return [one for one in self.events if one not in EVENT_TYPES]

    def _route(self, module: str) -> str:
        lines = [
            "apiVersion: orgloop/v1alpha1",
            "kind: RouteGroup",
            "routes:",
            f"  - name: {_quoted(self.name)}",
            "    when:",
            f"      source: {_quoted(self.source)}",
        ]
        if self._types:
            lines.append(f"      events: [{', '.join(self._types)}]")
        if self._kinds:
            kinds = ", ".join(map(_quoted, self._kinds))
            lines += ["      filter:", f"        provenance.platform_event: [{kinds}]"]
        lines += [
            "    then:",
            f"      actor: {_quoted(self.actor)}",
            f"    with: {{prompt_file: ../sops/{module}.md}}",
        ]
        return "\n".join(lines) + "\n"

    def _suite(self) -> str:
        kind = self._kinds[0] if self._kinds else "something.happened"
        return "\n".join(
            [
                f'# orgloop test --suite "tests/*.yaml"; `generate: {self.source}` is a real event',
                "apiVersion: orgloop/v1alpha1",
                "kind: Suite",
                "tests:",
                f"  - name: {_quoted(f'{self.name} wakes {self.actor}')}",
                "    given:",
                f"      source: {_quoted(self.source)}",
                f"      type: {self._types[0] if self._types else 'resource.changed'}",
                f"      provenance: {{platform_event: {_quoted(kind)}}}",
                "      payload: {}",
                "    expect:",
                "      among:",
                f"        {_quoted(self.name)}:",
                "          state: waiting",
                f"          actor: {_quoted(self.actor)}",
                f"          prompt: {_quoted(f'# {self.name}')}",
                "",
            ]
        )


def _quoted(text: str) -> str:
    """Write text so that YAML reads just that: in quotes where it might be anything else."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)
