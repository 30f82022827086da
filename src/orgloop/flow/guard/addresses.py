"""Find addresses that lead to hosts nobody has listed."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Of bundlers, browsers and the machine itself: they stand in stack traces and lead nowhere.
_LOCAL = frozenset({
    "about", "app", "asar", "asset", "blob", "bundle", "capacitor", "chrome", "chrome-extension",
    "electron", "jar", "moz-extension", "ng", "node", "npipe", "package", "res", "rsc",
    "safari-extension", "tauri", "turbopack", "unix", "vscode", "vscode-file", "vscode-webview",
    "webpack", "webpack-internal",
})  # fmt: skip
_END = "[^\\s/?#\"'<>`(){}|^]"  # of what an authority is made
_ADDRESS = re.compile(rf"([a-z][a-z0-9+.-]{{0,30}})://({_END}+)")
# Browsers take any number of slashes, and those the other way round.
_CARELESS = re.compile(rf"\b(?:https?|wss?|ftp):(?:[/\\]|//[/\\]+|\\\\[/\\]*)({_END}+)")
_LINK = r"(?:\]\(|(?:src|href|action)[ \t]{0,4}=)[ \t]{0,4}[\"'<]?"
_LINKED = re.compile(rf"{_LINK}(?://|\\\\)({_END}+)")
_SCRIPT = re.compile(rf"{_LINK}(?:javascript|vbscript|data:text/html)[:;,]")
_WWW = re.compile(r"(?<![\w.@/-])(www\.[\w-]+\.[\w.-]+)")
_GIT = re.compile(r"\bgit@([\w.-]+):[\w~/.-]")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
# What stands behind an address in a sentence.
_AFTER = ".,;:!*_~]\u201d\u2019\xbb\u2026\u3001\uff09\u3011\u300d"


def leads_outside(plain: str, domains: Sequence[str]) -> bool:
    """Whether an address in a text, given in lower case, leads to none of these hosts.

    ``domains`` are host names as they are written in a URL; what lies below one belongs to it.
    """
    if _SCRIPT.search(plain):
        return True
    return any(not _is_known(one, domains) for one in _authorities(plain))


def _authorities(plain: str) -> list[str]:
    found = [rest for scheme, rest in _ADDRESS.findall(plain) if scheme not in _LOCAL]
    found += _CARELESS.findall(plain) + _LINKED.findall(plain)
    if "www." in plain:
        found += _WWW.findall(plain)
    return found + _GIT.findall(plain) if "git@" in plain else found


def _is_known(authority: str, domains: Sequence[str]) -> bool:
    if "\\" in authority:  # read as a slash by some and not by others
        return False
    host = authority.rpartition("@")[2]
    if host.startswith("["):  # a network address
        return False
    host = _ascii(host.partition(":")[0].translate(_DOTS).rstrip(_AFTER))
    return any(host == one or host.endswith(f".{one}") for one in domains)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
