"""``orgloop status`` as a person reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orgloop.cli.cells import table_of
from orgloop.cli.lifesigns import Heartbeat, Silence
from orgloop.cli.look import line, style
from orgloop.cli.output import one_line, show, show_prose

_COUNTED = ("matched", "waiting", "delivering", "held", "inbox", "dead", "rejected")
_PHASES = {"starting": "starting", "draining": "stopping"}
_HEALTH = {"disk": "the disk refuses, nothing is accepted or delivered until it takes writes again"}

_LOOKS = {
    "dead letters: orgloop dlq list": ("dead", "rejected"),
    "held: orgloop held list": ("held",),
    "in inboxes: orgloop inbox list": ("inbox",),
}

# Heading to key of the API's answer.
_SOURCE_COLUMNS = {
    "source": "id",
    "connector": "connector",
    "status": "status",
    "events 24 h": "events_24h",
    "last event": "last_event",
    "last poll": "last_poll",
    "errors": "error_count",
}
_ACTOR_COLUMNS = {
    "actor": "id",
    "connector": "connector",
    "status": "status",
    "waiting": "waiting",
    "open": "open",
    "delivered": "delivered",
    "dead": "dead",
    "why": "reason",
}
_ROUTE_COLUMNS = {
    "route": "name",
    "actor": "actor",
    "matched": "fire_count",
    "last": "last_fired",
}
_EVENT_COLUMNS = {
    "time": "accepted_at",
    "event": "event_id",
    "source": "source",
    "type": "type",
}


def show_summary(status: dict[str, Any], url: str, heartbeat: Heartbeat | None) -> None:
    """Show how the runtime as a whole does."""
    names = ", ".join(one_line(module.get("name")) for module in status.get("modules") or [])
    health = str(status.get("health"))
    doing = _PHASES.get(str(status.get("phase"))) or _HEALTH.get(health) or one_line(health)
    is_well = health == "ok" and str(status.get("phase")) not in _PHASES
    show_prose(
        line(
            style(names or "no project", "strong"), ": ", style(doing, "good" if is_well else "bad")
        )
    )
    show_prose(f"process {status.get('pid')}, up {duration(status.get('uptime_ms') or 0)}, {url}")
    if (watched := _supervision(status)) is not None:
        show_prose(watched)
    if heartbeat is not None and heartbeat.is_stale(status.get("heartbeat_interval_ms")):
        show_prose(
            f"the last heartbeat was written {duration(heartbeat.age_ms)} ago: is the disk full?"
        )
    deliveries = status.get("deliveries") or {}
    counts = {name: deliveries.get(name) or 0 for name in _COUNTED}
    counts["orphaned"] = status.get("orphaned") or 0
    show_prose(", ".join(f"{count} {name}" for name, count in counts.items()))
    for source in status.get("sources") or []:
        if source.get("status") == "degraded":
            name, why = one_line(source.get("id")), one_line(source.get("reason"))
            show_prose(style(f"source {name} is degraded: {why}", "bad"))
    for actor in status.get("actors") or []:
        if actor.get("status") == "degraded":
            show_prose(style(_trouble(actor), "bad"))
    for logger in status.get("loggers") or []:
        if logger.get("reason") or logger.get("lost"):
            show_prose(style(_logger(logger), "warn"))


def next_steps(status: dict[str, Any]) -> list[str]:
    """Return what there is to be looked at, each with the command that shows it."""
    deliveries = status.get("deliveries") or {}
    return [told for told, states in _LOOKS.items() if any(map(deliveries.get, states))]


def _supervision(status: dict[str, Any]) -> str | None:
    supervisor = status.get("supervisor_pid")
    if status.get("supervision") == "unsupervised":
        return (
            f"unsupervised: its supervisor (process {supervisor}) has died, and nobody restarts it "
            "after a crash (orgloop stop, then orgloop start --daemon --supervised)"
        )
    if status.get("supervision") != "supervised":
        return None
    return _supervised(supervisor, status.get("restarts") or 0, status.get("last_exit"))


def _supervised(supervisor: object, restarts: object, last_exit: object) -> str:
    again = f"restarted {often(restarts, 'time')}"
    why = f" (last exit: {one_line(last_exit)})" if last_exit else ""
    return f"supervised by process {supervisor}, {again}{why}"


def _trouble(actor: dict[str, Any]) -> str:
    retry_in = (actor.get("circuit") or {}).get("retry_in_ms")
    again = "" if retry_in is None else f"; it is tried again in {duration(retry_in)}"
    return (
        f"actor {one_line(actor.get('id'))} is degraded, {actor.get('waiting')} wait: "
        f"{one_line(actor.get('reason'))}{again}"
    )


def _logger(logger: dict[str, Any]) -> str:
    reason, lost = logger.get("reason"), logger.get("lost")
    said = [f"is {one_line(logger.get('status'))}: {one_line(reason)}"] if reason else []
    said += [f"has lost entries: {lost}"] if lost else []
    return f"logger {one_line(logger.get('id'))} {'; it '.join(said)}"


def show_components(status: dict[str, Any], *, exact: bool = False) -> None:
    """Show sources, actors and routes."""
    _section("sources", status.get("sources"), _SOURCE_COLUMNS, exact=exact)
    _section("actors", status.get("actors"), _ACTOR_COLUMNS, exact=exact)
    _section("routes", status.get("routes"), _ROUTE_COLUMNS, exact=exact)


def show_events(events: list[dict[str, Any]]) -> None:
    """Show the events that came in last."""
    _section("recent events", events, _EVENT_COLUMNS)


def _section(
    name: str,
    rows: list[dict[str, Any]] | None,
    columns: dict[str, str],
    *,
    exact: bool = False,
) -> None:
    show()
    if not rows:
        show(f"no {name}")
        return
    show(table_of(rows, columns, exact=exact))


def show_coming(silence: Silence, now: float) -> None:
    """Show a runtime that does not answer because it is not there yet."""
    holder = silence.owner.holder
    show_prose(f"{one_line(holder.project) if holder.project else 'no project'}: {silence.phase}")
    if silence.owner.runtime is not None:
        show_prose(f"process {silence.owner.runtime}")
    if silence.owner.supervisor is not None:
        show_prose(_supervised(silence.owner.supervisor, holder.restarts, holder.last_exit))
    if holder.next_start is not None:
        show_prose(f"next try {_moment(holder.next_start, now)}")


def _moment(timestamp: str, now: float) -> str:
    try:
        left = datetime.fromisoformat(timestamp).timestamp() - now
    except ValueError:
        return f"at {one_line(timestamp)}"
    return f"in {duration(left * 1000)}" if left >= 1 else "now"


def explain(silence: Silence) -> str:
    """Say what is known of a runtime that does not answer although it should."""
    said = []
    if silence.is_suspended:
        pid = silence.owner.runtime
        said.append(f"it is suspended (continue it with: kill -CONT {pid})")
    if silence.heartbeat is not None:
        said.append(f"its last heartbeat is {duration(silence.heartbeat.age_ms)} old")
    if silence.owner.supervisor is not None:
        said.append(f"its supervisor (process {silence.owner.supervisor}) replaces it if it hangs")
    else:
        said.append("if it hangs: orgloop stop --force")
    return "; ".join(said)


def duration(milliseconds: float) -> str:
    """Write a length of time with its two largest units."""
    seconds = int(milliseconds // 1000)
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m")]
    shown = [f"{count}{unit}" for count, unit in [*parts, (seconds % 60, "s")] if count]
    return "".join(shown[:2]) or "0s"


def often(count: object, what: str) -> str:
    """Write how many, such as ``2 restarts``."""
    return f"{count} {what}{'' if count == 1 else 's'}"
