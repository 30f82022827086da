"""What a test may say: which events come in, and what is to become of the last of them."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from orgloop.config.nodes import Node
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.event import EventType
from orgloop.options import option

State = Literal["waiting", "inbox", "held", "dropped", "dead"]


@frozen(kw_only=True)
class GivenBlock:
    """An event: from a file, from a connector's samples, or as it stands here."""

    file: str | None = option(
        "A file with the event as JSON: beside this one, else in the project.", default=None
    )
    generate: str | None = option(
        "An event like those of a source or actor: `CONNECTOR[:KIND]`, as in "
        "`orgloop test --generate`.",
        default=None,
    )
    after: Duration | None = option(
        "How long after the event before it; this decides its time.", default=None
    )
    source: str | None = option("The source or actor that reports it.", default=None)
    type: EventType | None = option("Its type.", default=None)
    id: str | None = option("Its id; made up if it is not written.", default=None)
    timestamp: str | None = option(
        "When it happened and is taken in; that of the event before it, else 2026-01-01T00:00:00Z.",
        default=None,
    )
    provenance: dict[str, Any] = option(
        "Where it comes from; laid over that of `file` or `generate`.", factory=dict
    )
    payload: dict[str, Any] = option(
        "What it says; laid over that of `file` or `generate`.", factory=dict
    )


def _texts(written: Any) -> tuple[str, ...]:
    texts = [written] if isinstance(written, str) else written
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise InvalidValue("write a text, or a list of texts")
    return tuple(texts)


_TEXTS = {"type": ["string", "array", "null"], "items": {"type": "string"}}


@frozen(kw_only=True)
class PromptBlock:
    """What the prompt is to be."""

    contains: tuple[str, ...] = option(
        "A text that stands in it, or several.", default=(), convert=_texts, schema=_TEXTS
    )
    equals: str | None = option("The whole of it.", default=None)

    @classmethod
    def containing(cls, written: Any) -> PromptBlock:
        """Read a single text: it is to stand in the prompt."""
        if not isinstance(written, str):
            raise InvalidValue("write a text that stands in the prompt, or {equals: …}")
        return cls(contains=(written,))


@frozen(kw_only=True)
class ExpectedRouteBlock:
    """What is to become of the event along one route."""

    state: State | None = option(
        "`waiting` for the actor, in an `inbox`, `held` by a guard, `dropped` or `dead`.",
        default=None,
    )
    by: str | None = option(
        "The transform that drops it (or `guard`, which holds it up).", default=None
    )
    reason: str | None = option("A text that stands in why it is dropped or held.", default=None)
    fails: str | None = option(
        "The transform that fails and lets the event pass (`on_error: pass`); else none may.",
        default=None,
    )
    actor: str | None = option("Whom it goes to.", default=None)
    event: dict[str, Any] = option(
        "Dot path to exact value, of the event as its transforms leave it; `null` is also what is "
        "not there.",
        factory=dict,
    )
    config: dict[str, Any] = option(
        "Dot path to exact value, of the filled `then.config`.", factory=dict
    )
    prompt: PromptBlock | None = option(
        "What the prompt is to be: a text that stands in it, or more.",
        default=None,
        shorthand=PromptBlock.containing,
        schema={"type": "string"},
    )
    order_key: str | None = option("What the delivery queues up behind.", default=None)


def _routes(doc: str) -> Any:
    value = {
        "anyOf": [
            {"type": "null"},
            {"enum": ["waiting", "inbox", "held", "dropped", "dead"]},
            {"$ref": "#/$defs/ExpectedRoute"},
        ]
    }
    names = {"type": "array", "items": {"type": "string"}}
    mapping = {"type": "object", "additionalProperties": value}
    return option(doc, default=None, schema={"anyOf": [{"type": "null"}, names, mapping]})


@frozen(kw_only=True)
class ExpectBlock:
    """Which routes an event is to match, and what becomes of it there."""

    routes: Node | None = _routes(
        "The routes that it matches, no others (`[]`: none): their names, or name to state, or "
        "name to all that is expected there."
    )
    among: Node | None = _routes("The same for routes that it matches among others.")


def _one_or_more(entry: str, doc: str) -> Any:
    one = {"$ref": f"#/$defs/{entry}"}
    return option(doc, schema={"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})


@frozen(kw_only=True)
class TestBlock:
    """One test."""

    name: str = option("What is to hold, as a sentence.")
    given: Node = _one_or_more("Given", "The event, or a list of events that come in turn.")
    expect: Node = _one_or_more(
        "Expect",
        "What becomes of the event, of several the last one; or a list with an entry for each.",
    )
