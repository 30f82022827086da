"""What the checks of many components have in common; for ``orgloop doctor`` and the start."""

from __future__ import annotations

from typing import Final

from orgloop.plugin import ComponentContext, Finding

CHECK_SECONDS: Final = 2.5
"""How long one question may take: all checks of a project together have three seconds."""


def senders_finding(
    secret: str | None,
    context: ComponentContext,
    *,
    option: str = "secret",
    signed: str = "senders sign what they send",
    could: str = "send events",
    remedy: str = "a secret",
    is_service: bool = False,
) -> Finding:
    """Say whether those who call a source over HTTP must sign: else anybody could be one of them.

    Without a ``secret`` that is an error where the port can be reached from beyond this machine.
    A service on the internet (``is_service``) is then refused also where it comes through a tunnel,
    whose host name the runtime does not know. The words are parts of sentences: ``option`` is what
    the secret is called, ``could`` what strangers could do, ``remedy`` what the source is to be
    given.
    """
    if secret is not None:
        return Finding(about="credential", message=signed)
    if not context.is_exposed and not is_service:
        return Finding(
            about="credential",
            message=f"no {option} is set: whoever is on this machine may {could}",
        )
    fix = f"give source {context.id} {remedy}"
    if not context.is_exposed:
        message = f"no {option} is set: what a proxy or tunnel hands on is refused"
        return Finding(about="credential", status="degraded", message=message, fix=fix)
    if not is_service:
        fix += ", or listen on 127.0.0.1 (http.host, http.webhooks.host, ORGLOOP_HOST)"
    return Finding(
        about="credential",
        status="error",
        message=f"no {option} is set, and the port can be reached from beyond this machine: "
        f"strangers could {could}",
        fix=fix,
    )
