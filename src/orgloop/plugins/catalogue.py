"""Resolve the names of plugins that a project uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

from attrs import field, frozen

from orgloop.errors import PluginError, UnknownPlugin
from orgloop.plugin import Kind, Registration
from orgloop.plugins import entrypoints
from orgloop.plugins.builtins import BUILTINS
from orgloop.plugins.names import distribution, family, is_project_file, short_name
from orgloop.plugins.projectfiles import load_file
from orgloop.plugins.slowness import told_if_slow


@frozen
class Catalogue:
    """Every plugin there is: built in, installed, or a file of the project.

    Only what is asked for is imported, and installed distributions are looked at only for names
    that are not built in. A built-in cannot be replaced by a distribution.
    """

    _builtins: Mapping[str, Mapping[str, str]] = field(default=BUILTINS)
    _installed: Callable[[str], Iterable[EntryPoint]] = field(default=entrypoints.installed)
    _tell: Callable[[str], None] = field(default=lambda text: None, kw_only=True)
    """Called, from another thread, with which plugin is waited for if importing it takes long."""

    def resolve(self, kind: Kind, name: str, directory: Path) -> Registration:
        """Return the plugin that ``name`` means; paths begin at ``directory``.

        Raises `UnknownPlugin` if there is none, or none that can be a ``kind``, and `PluginError`
        if it cannot be loaded. The first sentence of the message says what, the rest what to do.
        """
        found = self._find(kind, name, directory)
        if found.factory(kind) is None:
            can_be = [str(one) for one in Kind if found.factory(one) is not None]
            what = " or ".join(can_be) or "nothing at all"
            raise UnknownPlugin(
                f"`{name}` cannot be used as {_article(kind)} {kind}, only as {what}. "
                f"Known as {kind}: {', '.join(self.known(kind))}."
            )
        return found

    def _find(self, kind: Kind, name: str, directory: Path) -> Registration:
        if is_project_file(name):
            with told_if_slow(str(directory / name), self._tell):
                return load_file(directory / name)
        short = short_name(kind, name)
        module = self._builtins[family(kind)].get(short)
        if module is not None:
            return _builtin(module)
        offered = entrypoints.chosen(self._installed(family(kind)), (name, short))
        if offered is not None:
            with told_if_slow(f"the plugin `{offered.name}`", self._tell):
                return entrypoints.load(offered)
        raise UnknownPlugin(self._unknown(kind, name))

    def known(self, kind: Kind) -> list[str]:
        """Return the names of the plugins of this kind's family, sorted; nothing is imported."""
        installed = (one.name for one in self._installed(family(kind)))
        return sorted({*self._builtins[family(kind)], *installed})

    def _unknown(self, kind: Kind, name: str) -> str:
        known = self.known(kind)
        close = get_close_matches(short_name(kind, name), known, n=1, cutoff=0.6)
        nearest = f"Did you mean `{close[0]}`? " if close else ""
        return (
            f"there is no {family(kind)} `{name}`. {nearest}Known: {', '.join(known)}. "
            f"Others are installed: pip install {distribution(kind, name)}"
        )


def _builtin(module: str) -> Registration:
    try:
        found = import_module(module).registration
    except ImportError as error:
        raise PluginError(f"{module} cannot be loaded: {error}. Install OrgLoop again.") from error
    if not isinstance(found, Registration):
        raise PluginError(f"{module} has no registration. Install OrgLoop again.")
    return found


def _article(kind: Kind) -> str:
    return "an" if kind is Kind.ACTOR else "a"
