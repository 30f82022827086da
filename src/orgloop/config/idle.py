"""Warn of what is written rightly and changes nothing: it was meant to change something."""

from __future__ import annotations

from collections.abc import Collection

from orgloop.config.delivery import DeliverySettings
from orgloop.config.nodes import Mapping, Node, Trail, child, extend
from orgloop.config.problems import suggestion
from orgloop.config.reading import Reading

_INBOX = ("inbox", "session_key", "inbox_ttl", "inbox_max_batch")


def warn_of_idle_settings(
    settings: DeliverySettings, delivery: Node, trail: Trail, reading: Reading
) -> None:
    """Warn of what does nothing in a ``delivery`` block (at ``trail``)."""

    def warn(key: str, what: str, remedy: str) -> None:
        place = child(delivery, *key.split(".")).place(extend(trail, *key.split(".")))
        reading.findings.add(place, what, remedy, "warning")

    debounce = settings.debounce
    if debounce is not None and settings.batch is not None:
        warn(
            "debounce",
            "`debounce` has no effect beside `batch`",
            "Every event goes out with its batch; to deliver the last one alone, remove `batch`.",
        )
    elif debounce is not None and debounce.max.milliseconds < debounce.quiet.milliseconds:
        warn(
            "debounce.max",
            "`max` is over before `quiet` ever is",
            "Make `max` longer than `quiet`; ten times as long is usual.",
        )
    if settings.order_by is not None and "{{" not in settings.order_by:
        warn(
            "order_by",
            "`order_by` is the same for every event, so all go out one after another",
            'For an order per key write a template, as in "{{payload.pr_number}}".',
        )


def note_unread_route_options(
    config: Node | None, trail: Trail, known: Collection[str], reading: Reading
) -> None:
    """Note the keys of a ``then.config`` (at ``trail``) that are not ``known``: the actor's."""
    if not isinstance(config, Mapping):
        return
    for key in config.entries:
        if key != "inbox" and key not in known:
            reading.findings.add(
                child(config, key).place(extend(trail, key)),
                f"`{key}` has no effect",
                _remedy(key, known),
                "note",
            )


def _remedy(key: str, known: Collection[str]) -> str:
    if not known:
        return "The actor of this route reads nothing of `then.config`."
    return f"The actor of this route does not read it. {suggestion(key, known)}"


def warn_of_idle_beside_inbox(
    config: Node, settings: DeliverySettings, then: Node, trail: Trail, reading: Reading
) -> None:
    """Warn of what does nothing in a ``then`` block (at ``trail``) that asks for an inbox."""
    for key in ("debounce", "batch", "order_by"):
        if getattr(settings, key) is not None:
            reading.findings.add(
                child(then, "delivery", key).place(extend(trail, "delivery", key)),
                f"`{key}` has no effect beside `inbox: true`",
                "Events wait in the inbox, in order, until their session takes them: remove it.",
                "warning",
            )
    for key in config.entries if isinstance(config, Mapping) else ():
        if key.startswith("inbox_") and key not in _INBOX:
            reading.findings.add(
                child(config, key).place(extend(trail, "config", key)),
                f"the inbox knows no `{key}`",
                suggestion(key, _INBOX),
                "warning",
            )
