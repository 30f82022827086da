"""Write the tables of options into the pages of documentation, from the classes that check them.

    python docs/write_options.py

A table stands between ``<!-- options: NAME -->`` and ``<!-- end -->``; a test sees to it that what
is committed is what this writes.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal

import attrs

from orgloop.config.blocks import Metadata, Poll, Then, TransformUse, With
from orgloop.config.delivery import (
    BatchSettings,
    CircuitSettings,
    DebounceSettings,
    DeliverySettings,
    RetrySettings,
)
from orgloop.config.documents import BLOCKS, DOCUMENTS
from orgloop.config.entries import Entry
from orgloop.config.model import (
    GuardSettings,
    InboxSettings,
    LoopLimits,
    Match,
    WebhookListener,
)
from orgloop.config.nodes import Node
from orgloop.config.structure import table_of
from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.gog.config import GogConfig
from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.connectors.slack.config import SlackActorConfig, SlackSourceConfig
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.durations import Duration
from orgloop.loggers.otel import config as otel_config
from orgloop.loggers.otel.config import ExportOptions, OTelConfig
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.phases import FilterOptions
from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.loggers.webhook import config as webhook_config
from orgloop.loggers.webhook.config import WebhookLoggerConfig
from orgloop.sizes import Size
from orgloop.transforms.agent_gate import AgentGateConfig
from orgloop.transforms.injection_scanner import InjectionScannerConfig
from orgloop.transforms.metadata import MetadataConfig
from orgloop.transforms.rate_limit import RateLimitConfig
from orgloop.transforms.sanitizer import SanitizerConfig
from orgloop.transforms.timestamp import TimestampConfig

PAGES = Path(__file__).parent
CLASSES: Mapping[str, Any] = {
    **DOCUMENTS,
    **BLOCKS,
    "Metadata": Metadata,
    "Poll": Poll,
    "Match": Match,
    "TransformUse": TransformUse,
    "Then": Then,
    "With": With,
    "Delivery": DeliverySettings,
    "Retry": RetrySettings,
    "CircuitBreaker": CircuitSettings,
    "Debounce": DebounceSettings,
    "Batch": BatchSettings,
    "Guard": GuardSettings,
    "Inbox": InboxSettings,
    "Loop": LoopLimits,
    "WebhookListener": WebhookListener,
    "AgentCtlConfig": AgentCtlConfig,
    "AgentGateConfig": AgentGateConfig,
    "CodingAgentConfig": CodingAgentConfig,
    "DockerConfig": DockerConfig,
    "GitHubConfig": GitHubConfig,
    "GitHubWebhookConfig": GitHubWebhookConfig,
    "OpenClawConfig": OpenClawConfig,
    "LinearConfig": LinearConfig,
    "LinearWebhookConfig": LinearWebhookConfig,
    "SlackActorConfig": SlackActorConfig,
    "SlackSourceConfig": SlackSourceConfig,
    "SMTPConfig": SMTPConfig,
    "OTelConfig": OTelConfig,
    "SyslogConfig": SyslogConfig,
    "WebhookLoggerConfig": WebhookLoggerConfig,
    "GogConfig": GogConfig,
    "InjectionScannerConfig": InjectionScannerConfig,
    "MetadataConfig": MetadataConfig,
    "RateLimitConfig": RateLimitConfig,
    "SanitizerConfig": SanitizerConfig,
    "TimestampConfig": TimestampConfig,
}
_GROUPS = (
    otel_config.BatchOptions,
    webhook_config.BatchOptions,
    ExportOptions,
    FilterOptions,
    RetryOptions,
)
_BLOCK = re.compile(r"(<!-- options: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_HEADING = "| option | type | default | |\n|---|---|---|---|\n"
_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "switch",
    Path: "path",
    Duration: "duration",
    Size: "size",
    Node: "mapping",
    Any: "anything",
}
_SCHEMA_WORDS = {
    "string": "text",
    "integer": "number",
    "array": "list",
    "object": "mapping",
}


def with_tables(page: str) -> str:
    """Return the text of a page with every table in it written anew."""
    return _BLOCK.sub(lambda match: match[1] + table(CLASSES[match[2]]) + match[3], page)


def table(cls: Any) -> str:
    """Return the table of the options of one class."""
    return _HEADING + "".join(_rows(cls))


def _rows(cls: Any, prefix: str = "") -> Iterator[str]:
    """Yield the rows of a class; those of a group in it with its key before theirs."""
    defaults = {one.name: one.default for one in attrs.fields(cls)}
    for entry in table_of(cls).entries:
        if entry.type in _GROUPS:
            yield from _rows(entry.type, f"{prefix}{entry.key}.")
        else:
            yield _row(entry, defaults[entry.name], prefix)


def _row(entry: Entry, default: Any, prefix: str = "") -> str:
    key = f"**`{prefix}{entry.key}`**" if entry.required else f"`{prefix}{entry.key}`"
    if entry.option.ignored is not None:
        return f"| {key} | | | Accepted and ignored: {_uncapitalised(entry.option.ignored)} |\n"
    doc = entry.option.doc
    cells = (key, _type(entry), _default(default), doc)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def _type(entry: Entry) -> str:
    schema = entry.option.schema or {}
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "text"
    if entry.option.convert is not None:
        written = schema.get("type", "anything")
        kinds = written if isinstance(written, list) else [written]
        return " or ".join(_SCHEMA_WORDS.get(kind, kind) for kind in kinds if kind != "null")
    return " or ".join(dict.fromkeys(_words(entry.type)))


def _words(kind: Any) -> Iterator[str]:
    origin = typing.get_origin(kind)
    if kind in _WORDS:
        yield _WORDS[kind]
    elif origin is Literal:
        yield ", ".join(f"`{one}`" for one in typing.get_args(kind))
    elif origin in (typing.Union, UnionType):
        for one in typing.get_args(kind):
            yield from _words(one) if one is not type(None) else ()
    elif origin in (tuple, list):
        yield "list"
    elif isinstance(kind, type) and issubclass(kind, str):
        yield _WORDS[str]
    else:
        yield "mapping"


def _default(default: Any) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return (
        f"`{default}`"
        if default and isinstance(default, str | int | Path | Duration | Size)
        else ""
    )


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def main() -> None:
    """Rewrite the pages in place."""
    for file in PAGES.rglob("*.md"):
        written = file.read_text("utf-8")
        if (wanted := with_tables(written)) != written:
            file.write_text(wanted, "utf-8")


if __name__ == "__main__":
    main()
