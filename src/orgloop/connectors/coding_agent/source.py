"""The source of a coding agent's sessions: a hook is called, an event comes out."""

from __future__ import annotations

from attrs import define
from zope.interface import implementer

from orgloop.connectors.coding_agent import bodies
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.coding_agent.report import Report, name
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject, normal_timestamp
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.sdk.lifecycle import Session, ended, going, lifecycle_draft
from orgloop.sdk.signatures import verify
from orgloop.times import to_epoch_ms, to_iso


@implementer(IWebhookSource)
@define(eq=False)
class CodingAgentSource:
    """Report when sessions of a coding agent start, go on and end; see `IWebhookSource`."""

    _config: CodingAgentConfig
    _context: PluginContext
    _agent: str | None = None
    """Whose sessions these are, for a connector of one agent's own."""

    @property
    def path(self) -> str | None:
        return self._config.path

    @property
    def is_signed(self) -> bool:
        return self._config.secret is not None

    async def start(self) -> None:
        """Nothing needs to be ready."""

    async def stop(self) -> None:
        """Nothing is held."""

    def verify(self, request: WebhookRequest) -> bool:
        """See `IWebhookSource.verify`."""
        secret = self._config.secret
        return secret is not None and verify(
            request.headers, request.body, secret, request.received_at
        )

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """See `IWebhookSource.receive`."""
        body = request.json_object()
        report = bodies.read(body)
        happened_at = _timestamp(body) or to_iso(request.received_at)
        draft = lifecycle_draft(
            self._platform,
            _payload(body, report, self._lifecycle(report, body, happened_at)),
            provenance=self._provenance(body, report),
            key=name(body.get("delivery_id")),
            timestamp=happened_at,
        )
        return WebhookResult((draft,))

    @property
    def _platform(self) -> str:
        return self._config.platform or self._agent or self._context.id

    def _provenance(self, body: JSONObject, report: Report) -> JSONObject:
        told: JSONObject = {
            "author": self._platform,
            "author_type": "bot",
            "session_id": report.session_id,
        }
        optional = {
            "working_directory": report.cwd,
            "tracking_id": name(body.get("tracking_id")),
        }
        return told | {key: value for key, value in optional.items() if value is not None}

    def _lifecycle(self, report: Report, body: JSONObject, happened_at: str) -> JSONObject:
        is_start = report.moment == "start"
        session = Session(
            id=report.session_id,
            adapter=self._platform,
            harness=self._config.harness or self._platform,
            cwd=report.cwd,
            started_at=happened_at if is_start else _started_at(body, happened_at),
            ended_at=happened_at,
            exit_status=report.exit_status,
        )
        if is_start:
            return going("started", session)
        if self._is_end(report):
            return ended(session, report.ending)
        return going("active", session, report.reason)

    def _is_end(self, report: Report) -> bool:
        ends = "turn" if self._config.stop_on == "stop" else "session"
        return report.moment in ("end", ends)


def _payload(body: JSONObject, report: Report, lifecycle: JSONObject) -> JSONObject:
    """Return the body's fields, under the names that all agents have in common too."""
    common = {
        "session_id": report.session_id,
        "working_directory": report.cwd,
        "summary": report.summary,
    }
    lacking = {key: value for key, value in common.items() if body.get(key) is None}
    payload = body | {key: value for key, value in lacking.items() if value is not None}
    session, said = lifecycle["session"], body.get("session")
    if isinstance(said, dict) and "meta" in said:
        session = {**session, "meta": said["meta"]}
    return payload | {"lifecycle": lifecycle["lifecycle"], "session": session}


def _timestamp(body: JSONObject) -> str | None:
    """Return when it happened, if the body says so; a stop is not lost for a clock of its own."""
    said = body.get("timestamp")
    try:
        return normal_timestamp(said) if isinstance(said, str) else None
    except (InvalidValue, OverflowError):
        return None


def _started_at(body: JSONObject, ended_at: str) -> str | None:
    took = body.get("duration_seconds")
    if isinstance(took, bool) or not isinstance(took, int | float) or took < 0:
        return None
    try:
        return to_iso(to_epoch_ms(ended_at) - round(took * 1000))
    except (ValueError, OverflowError):  # longer than there has been time, or not a number
        return None
