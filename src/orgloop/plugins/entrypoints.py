"""Find plugins that installed distributions offer."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from orgloop.errors import PluginError
from orgloop.plugin import Registration
from orgloop.wording import described


def installed(family: str) -> Iterable[EntryPoint]:
    """Return the entry points of one family: ``connector`` is the group ``orgloop.connectors``."""
    return entry_points(group=f"orgloop.{family}s")


def chosen(offered: Iterable[EntryPoint], names: tuple[str, ...]) -> EntryPoint | None:
    """Return the entry point with one of ``names``, the first of them that is offered.

    Raises `PluginError` if two distributions offer the same name.
    """
    by_name: dict[str, dict[str, EntryPoint]] = {}
    for one in offered:
        by_name.setdefault(one.name, {}).setdefault(one.value, one)
    for name in names:
        found = list(by_name.get(name, {}).values())
        if len(found) > 1:
            who = " and ".join(sorted(_distribution(one) for one in found))
            raise PluginError(f"`{name}` is offered by {who}. Uninstall one of them.")
        if found:
            return found[0]
    return None


def load(entry_point: EntryPoint) -> Registration:
    """Import what an entry point names; raise `PluginError` that says whose fault it is."""
    where = f"the plugin `{entry_point.name}` of {_distribution(entry_point)}"
    try:
        found = entry_point.load()
    except KeyboardInterrupt:
        raise  # the person's
    except BaseException as error:  # a stranger's module may fail in any way
        reason = described(error).splitlines()[0]
        raise PluginError(
            f"{where} cannot be loaded: {reason}. Install it again, or tell its authors."
        ) from error
    if not isinstance(found, Registration):
        raise PluginError(
            f"{where} is no registration: {entry_point.value} is a {type(found).__name__}. "
            "Tell its authors."
        )
    return found


def _distribution(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist is not None else entry_point.value
