"""Let the addresses count that a service manager listens on, in place of the configured ones."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from attrs import evolve

from orgloop.config.runtime import HTTPSettings
from orgloop.daemon.listening import HTTP, WEBHOOKS
from orgloop.daemon.prepared import Prepared
from orgloop.errors import OrgLoopError
from orgloop.http.listen import InheritedListener


def activated(prepared: Prepared, listeners: Mapping[str, InheritedListener]) -> Prepared:
    """Return ``prepared`` as if it were configured to listen where its final listeners do.

    So whatever depends on an address, such as who may be let in without a token, depends on the
    real one. Raises `OrgLoopError` for a listener that the project has no use for.
    """
    final = {name: one for name, one in listeners.items() if one.is_final}
    if not final:
        return prepared
    http = _at(prepared.definition.http, final)
    return evolve(prepared, definition=evolve(prepared.definition, http=http))


def _at(settings: HTTPSettings, final: Mapping[str, InheritedListener]) -> HTTPSettings:
    if HTTP in final:
        host, port = _address(final[HTTP])
        settings = evolve(settings, host=host, port=port)
    if WEBHOOKS in final:
        if settings.webhooks is None:
            raise OrgLoopError(
                "systemd hands over a socket for webhooks, but the project has no http.webhooks: "
                "add it, or take that socket out of the service's units"
            )
        host, port = _address(final[WEBHOOKS])
        settings = evolve(settings, webhooks=evolve(settings.webhooks, host=host, port=port))
    return settings


def _address(listener: InheritedListener) -> tuple[str, int]:
    with socket.socket(fileno=os.dup(listener.descriptor)) as opened:
        host, port = opened.getsockname()[:2]
    return str(host), int(port)
