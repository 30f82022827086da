"""Find out whether an OpenClaw gateway answers, which version it is, and whether it knows us.

Nothing that is asked can start a run. ``/health`` is for anybody; the version is told there or to
the gateway's own page. A GET of ``/hooks/agent`` is answered 405 where webhooks are enabled; where
they are, a POST to ``/hooks`` names no hook and is answered 401 or 404, by the token alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import frozen

from orgloop.connectors.openclaw.actor import credential_headers
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.errors import RequestFailed
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.checking import CHECK_SECONDS
from orgloop.sdk.urls import parse_url

_TELLS_VERSION = ("/health", "/control-ui-config.json", "/__openclaw/control-ui-config.json")
_VERSION_FIELDS = ("version", "serverVersion")
_REFUSED = frozenset({401, 403})
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def local_check(config: OpenClawConfig, context: ComponentContext) -> Sequence[Finding]:
    """Notice a variable's name where its value is wanted, as the option's own name suggests."""
    if config.auth_token_env is None or not _VARIABLE.fullmatch(config.auth_token_env):
        return []
    return [
        Finding(
            about="credential",
            status="degraded",
            message="auth_token_env looks like the name of a variable; it is the token itself",
            fix=f'write auth_token_env: "${{NAME}}" for actor {context.id}: the value of the '
            "variable is put there",
        )
    ]


async def check(config: OpenClawConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    gateway = _Gateway(config, context)
    try:
        return [await gateway.service(), await gateway.credential()]
    except RequestFailed as error:
        return [
            Finding(
                name=gateway.name,
                status="degraded",
                message=f"it does not answer: {error}",
                fix="start it (openclaw gateway), or correct the base_url of actor "
                f"{context.id}; until then deliveries wait and are tried again",
            )
        ]


@frozen
class _Gateway:
    _config: OpenClawConfig
    _context: PluginContext

    @property
    def name(self) -> str:
        return parse_url(self._config.base_url).origin

    async def service(self) -> Finding:
        for path in _TELLS_VERSION:
            answer = await self._ask("GET", path)
            if answer.status >= 500:
                return self._in_trouble(answer.status)
            if (version := _version(answer)) is not None:
                return Finding(name=self.name, message=f"OpenClaw {version} answers")
        return Finding(name=self.name, message="it answers, and does not tell its version")

    def _in_trouble(self, status: int) -> Finding:
        return Finding(
            name=self.name,
            status="degraded",
            message=f"it answers {status}: it is up, and in trouble",
            fix="see its log (openclaw logs)",
        )

    async def credential(self) -> Finding:
        agent = await self._ask("GET", "/hooks/agent")
        if agent.status in _REFUSED:
            return self._refused()
        if agent.status != 405:
            return Finding(
                about="credential",
                status="degraded",
                message=f"it answers, but not as webhooks of OpenClaw do ({agent.status})",
                fix="set hooks.enabled and hooks.token in the configuration of OpenClaw, or "
                f"correct the base_url of actor {self._context.id}",
            )
        hooks = await self._ask("POST", "/hooks")
        if hooks.status in _REFUSED:
            return self._refused()
        return Finding(about="credential", message="it takes the token")

    def _refused(self) -> Finding:
        is_given = self._config.auth_token_env is not None
        return Finding(
            about="credential",
            status="degraded",
            message="it refuses the token" if is_given else "it wants a token, and none is given",
            fix=f"set auth_token_env of actor {self._context.id} to what hooks.token is in the "
            'configuration of OpenClaw, usually by way of "${OPENCLAW_WEBHOOK_TOKEN}"',
        )

    async def _ask(self, method: str, path: str) -> HTTPResponse:
        return await self._context.http.request(
            method,
            f"{self._config.base_url}{path}",
            headers=credential_headers(self._config),
            timeout_seconds=CHECK_SECONDS,
        )


def _version(response: HTTPResponse) -> str | None:
    document = response.json() if response.status == 200 else None
    if not isinstance(document, dict):
        return None
    found = (document.get(field) for field in _VERSION_FIELDS)
    return next((one for one in found if isinstance(one, str) and one), None)
