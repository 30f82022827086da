"""What the author of a plugin imports.

Everything here can be imported from `orgloop.sdk` itself; a name is loaded when it is first asked
for, so that a plugin (and a command that needs one module of this package) pays for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orgloop.delivery import DeliveryResult as DeliveryResult
    from orgloop.delivery import Dispatch as Dispatch
    from orgloop.delivery import Outcome as Outcome
    from orgloop.delivery import Prompt as Prompt
    from orgloop.dotpath import MISSING as MISSING
    from orgloop.dotpath import lookup as lookup
    from orgloop.dotpath import value_at as value_at
    from orgloop.durations import Duration as Duration
    from orgloop.errors import ConnectionRefused as ConnectionRefused
    from orgloop.errors import Dropped as Dropped
    from orgloop.errors import InvalidPayload as InvalidPayload
    from orgloop.errors import InvalidValue as InvalidValue
    from orgloop.errors import OrgLoopError as OrgLoopError
    from orgloop.errors import PluginError as PluginError
    from orgloop.errors import RequestFailed as RequestFailed
    from orgloop.event import Event as Event
    from orgloop.event import EventDraft as EventDraft
    from orgloop.identity import derived_event_id as derived_event_id
    from orgloop.interfaces import IActor as IActor
    from orgloop.interfaces import IAsyncTransform as IAsyncTransform
    from orgloop.interfaces import IBlockingLogger as IBlockingLogger
    from orgloop.interfaces import IBufferingLogger as IBufferingLogger
    from orgloop.interfaces import IHTTPClient as IHTTPClient
    from orgloop.interfaces import IInProcessTransform as IInProcessTransform
    from orgloop.interfaces import ILogger as ILogger
    from orgloop.interfaces import IPollingSource as IPollingSource
    from orgloop.interfaces import IPreparingActor as IPreparingActor
    from orgloop.interfaces import IRemembers as IRemembers
    from orgloop.interfaces import IScheduledSource as IScheduledSource
    from orgloop.interfaces import ISource as ISource
    from orgloop.interfaces import ITransform as ITransform
    from orgloop.interfaces import IWebhookSource as IWebhookSource
    from orgloop.logentry import LogEntry as LogEntry
    from orgloop.options import NoOptions as NoOptions
    from orgloop.options import option as option
    from orgloop.plugin import ComponentContext as ComponentContext
    from orgloop.plugin import EnvironmentVariable as EnvironmentVariable
    from orgloop.plugin import Finding as Finding
    from orgloop.plugin import PluginContext as PluginContext
    from orgloop.plugin import Registration as Registration
    from orgloop.plugin import Setup as Setup
    from orgloop.reports import Debounced as Debounced
    from orgloop.reports import HTTPResponse as HTTPResponse
    from orgloop.reports import PollResult as PollResult
    from orgloop.reports import TransformContext as TransformContext
    from orgloop.reports import WebhookRequest as WebhookRequest
    from orgloop.reports import WebhookResult as WebhookResult
    from orgloop.sdk.checking import CHECK_SECONDS as CHECK_SECONDS
    from orgloop.sdk.checking import senders_finding as senders_finding
    from orgloop.sdk.checkpoints import reading_checkpoint as reading_checkpoint
    from orgloop.sdk.deliveryscope import scope_of_delivery as scope_of_delivery
    from orgloop.sdk.http import HTTPClient as HTTPClient
    from orgloop.sdk.lifecycle import Session as Session
    from orgloop.sdk.lifecycle import ended as ended
    from orgloop.sdk.lifecycle import ending_of as ending_of
    from orgloop.sdk.lifecycle import going as going
    from orgloop.sdk.lifecycle import lifecycle_draft as lifecycle_draft
    from orgloop.sdk.network import reach as reach
    from orgloop.sdk.patterns import compile_pattern as compile_pattern
    from orgloop.sdk.patterns import read_pattern as read_pattern
    from orgloop.sdk.processes import CannotRun as CannotRun
    from orgloop.sdk.processes import Finished as Finished
    from orgloop.sdk.processes import RunCancelled as RunCancelled
    from orgloop.sdk.processes import child_environment as child_environment
    from orgloop.sdk.processes import run as run
    from orgloop.sdk.programs import ProgramFailed as ProgramFailed
    from orgloop.sdk.programs import check_program as check_program
    from orgloop.sdk.programs import json_from as json_from
    from orgloop.sdk.requestoptions import headers_option as headers_option
    from orgloop.sdk.requestoptions import url_option as url_option
    from orgloop.sdk.responses import response_event as response_event
    from orgloop.sdk.retryafter import retry_after_seconds as retry_after_seconds
    from orgloop.sdk.sending import answer_to as answer_to
    from orgloop.sdk.sending import delivery_headers as delivery_headers
    from orgloop.sdk.sending import failed_delivery as failed_delivery
    from orgloop.sdk.signatures import check_secret as check_secret
    from orgloop.sdk.signatures import sign_body as sign_body
    from orgloop.sdk.signatures import sign_standard as sign_standard
    from orgloop.sdk.signatures import verify as verify
    from orgloop.sdk.threads import outcome_of as outcome_of
    from orgloop.sdk.urls import parse_url as parse_url
    from orgloop.sdk.variables import delivery_variables as delivery_variables
    from orgloop.sdk.webhookoptions import path_option as path_option
    from orgloop.sdk.webhookoptions import secret_option as secret_option
    from orgloop.sizes import Size as Size
    from orgloop.templates import fill as fill
    from orgloop.times import to_epoch_ms as to_epoch_ms
    from orgloop.times import to_iso as to_iso

_HOMES = {
    "orgloop.delivery": ("DeliveryResult", "Dispatch", "Outcome", "Prompt"),
    "orgloop.dotpath": ("MISSING", "lookup", "value_at"),
    "orgloop.durations": ("Duration",),
    "orgloop.errors": (
        "ConnectionRefused",
        "Dropped",
        "InvalidPayload",
        "InvalidValue",
        "OrgLoopError",
        "PluginError",
        "RequestFailed",
    ),
    "orgloop.event": ("Event", "EventDraft"),
    "orgloop.identity": ("derived_event_id",),
    "orgloop.interfaces": (
        "IActor",
        "IAsyncTransform",
        "IBlockingLogger",
        "IBufferingLogger",
        "IHTTPClient",
        "IInProcessTransform",
        "ILogger",
        "IPollingSource",
        "IPreparingActor",
        "IRemembers",
        "IScheduledSource",
        "ISource",
        "ITransform",
        "IWebhookSource",
    ),
    "orgloop.logentry": ("LogEntry",),
    "orgloop.options": ("NoOptions", "option"),
    "orgloop.plugin": (
        "ComponentContext",
        "EnvironmentVariable",
        "Finding",
        "PluginContext",
        "Registration",
        "Setup",
    ),
    "orgloop.reports": (
        "Debounced",
        "HTTPResponse",
        "PollResult",
        "TransformContext",
        "WebhookRequest",
        "WebhookResult",
    ),
    "orgloop.sdk.checking": ("CHECK_SECONDS", "senders_finding"),
    "orgloop.sdk.checkpoints": ("reading_checkpoint",),
    "orgloop.sdk.deliveryscope": ("scope_of_delivery",),
    "orgloop.sdk.http": ("HTTPClient",),
    "orgloop.sdk.lifecycle": ("Session", "ended", "ending_of", "going", "lifecycle_draft"),
    "orgloop.sdk.network": ("reach",),
    "orgloop.sdk.patterns": ("compile_pattern", "read_pattern"),
    "orgloop.sdk.processes": ("CannotRun", "Finished", "RunCancelled", "child_environment", "run"),
    "orgloop.sdk.programs": ("ProgramFailed", "check_program", "json_from"),
    "orgloop.sdk.requestoptions": ("headers_option", "url_option"),
    "orgloop.sdk.responses": ("response_event",),
    "orgloop.sdk.retryafter": ("retry_after_seconds",),
    "orgloop.sdk.sending": ("answer_to", "delivery_headers", "failed_delivery"),
    "orgloop.sdk.signatures": ("check_secret", "sign_body", "sign_standard", "verify"),
    "orgloop.sdk.threads": ("outcome_of",),
    "orgloop.sdk.urls": ("parse_url",),
    "orgloop.sdk.variables": ("delivery_variables",),
    "orgloop.sdk.webhookoptions": ("path_option", "secret_option"),
    "orgloop.sizes": ("Size",),
    "orgloop.templates": ("fill",),
    "orgloop.times": ("to_epoch_ms", "to_iso"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_HOME_OF]  # noqa: PLE0604 (they are strings)


def __getattr__(name: str) -> Any:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
