"""What each definition in a project may say, and the blocks around them.

Fields of type `Node` are read later, when the plugin whose options they are is known.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import frozen

from orgloop.config.guard import GuardSettings
from orgloop.config.model import CircuitSettings, Defaults, DeliverySettings, Match, OnError
from orgloop.config.nodes import Node
from orgloop.config.readers import Shown
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_NAME_BYTES = 200
_NAME_SCHEMA = {"type": "string", "minLength": 1, "maxLength": _MAX_NAME_BYTES}
_FREE = {"type": ["object", "null"]}


def name_of(written: Any) -> str:
    """Check the name of a project, source, actor, route, transform or logger."""
    if not isinstance(written, str):
        raise InvalidValue("a name is text: put it in quotes")
    if not written.strip():
        raise InvalidValue("a name is not empty")
    if len(written.encode()) > _MAX_NAME_BYTES:
        raise InvalidValue(f"a name has at most {_MAX_NAME_BYTES} bytes")
    if _CONTROL.search(written):
        raise InvalidValue("a name has no control characters")
    return written


def _name(doc: str) -> Any:
    return option(doc, convert=name_of, schema=_NAME_SCHEMA)


def free(doc: str) -> Any:
    """Declare a mapping that is read later, or by nobody."""
    return option(doc, default=None, schema=_FREE)


def _labels() -> Any:
    return option("Words for people and for filtering lists.", factory=dict, schema=_FREE)


@frozen(kw_only=True)
class Poll:
    """How a source is polled."""

    interval: Duration | None = option(
        "How often; `defaults.poll_interval` if it is not written.",
        default=None,
        minimum=Duration(10),
    )
    timeout: Duration = option(
        "How long one poll may take.", default=Duration(120_000), minimum=Duration(1)
    )
    circuit_breaker: CircuitSettings = option(
        "After how many failed polls in a row (5) it is left alone, and for how long (60s).",
        default=CircuitSettings(),
    )


@frozen(kw_only=True)
class Source:
    """Something that reports events."""

    id: str = _name("What routes call it; no other source or actor has the same.")
    connector: str = option("The plugin: `github`, or a file of the project (`./jira.py`).")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()
    config: Node | None = free("The plugin's own options.")
    poll: Poll = option("How it is polled.", default=Poll())
    emits: tuple[str, ...] = option("The types of its events; documentation.", default=())


@frozen(kw_only=True)
class Actor:
    """Something that is woken with events."""

    id: str = _name("What routes call it; no other source or actor has the same.")
    connector: str = option("The plugin: `webhook`, or a file of the project (`./jira.py`).")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()
    config: Node | None = free("The plugin's own options.")
    delivery: DeliverySettings = option("How deliveries reach it.", default=DeliverySettings())


@frozen(kw_only=True)
class Transform:
    """A step that changes or drops events; used by routes through its name."""

    name: str = _name("What routes call it (`ref`).")
    type: Literal["package", "script"] | None = option(
        "A plugin or a program; clear from `package` or `script` if it is not written.",
        default=None,
    )
    package: str | None = option("The plugin: `filter`, or a file of the project.", default=None)
    script: str | None = option("The program: a path, beside this file.", default=None)
    description: Shown = option("For people.", default=Shown())
    config: Node | None = free("The plugin's own options.")
    timeout_ms: int | None = option(
        "How long a program may take for one event, in milliseconds (30000).",
        default=None,
        minimum=1,
    )
    on_error: OnError = option("What becomes of an event when the step fails.", default="pass")


@frozen(kw_only=True)
class Logger:
    """Something that writes down what happens."""

    name: str = _name("What people call it.")
    type: str = option(
        "The plugin: a built-in (`console`, `file`, …), one that is installed, or a file of the "
        "project."
    )
    description: Shown = option("For people.", default=Shown())
    config: Node | None = free("The plugin's own options.")


@frozen(kw_only=True)
class TransformUse:
    """One step of a route."""

    ref: str = option("The transform's name.")
    config: Node | None = free("Options that replace those of the definition, for this route.")
    on_error: OnError | None = option(
        "Replaces the definition's `on_error`, for this route.", default=None
    )


@frozen(kw_only=True)
class Then:
    """Where a route's events go."""

    actor: str = option("The actor's id.")
    config: Node | None = free(
        "What the actor gets besides the event; strings may hold `{{dot.path}}`."
    )
    delivery: DeliverySettings = option(
        "How this route's deliveries reach the actor.", default=DeliverySettings()
    )
    guard: GuardSettings | None = option(
        "Look for attempts to take the actor over in what goes to it.", default=None
    )


@frozen(kw_only=True)
class With:
    """What an actor gets to work with."""

    prompt_file: str | None = option(
        "A Markdown file: beside this file, else in the project.", default=None
    )


@frozen(kw_only=True)
class Route:
    """Which events wake which actor, and with what."""

    name: str = _name("What people call it; no other route has the same.")
    description: Shown = option("For people.", default=Shown())
    when: Match = option("The events it is for.")
    transforms: tuple[TransformUse, ...] = option("Its steps, in order.", default=())
    then: Then = option("Where they go.")
    with_: With = option("What the actor gets to work with.", key="with", default=With())


@frozen(kw_only=True)
class Metadata:
    """What a project says of itself."""

    name: str = _name("The project's name; it means the same on every machine.")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()


@frozen(kw_only=True)
class DefaultsBlock(Defaults):
    """The ``defaults`` block as older projects write it."""

    checkpoint: Any = ignored_option("Checkpoints are kept under data/checkpoints in the home.")
