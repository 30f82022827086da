"""The options of the ``webhook`` logger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from orgloop.durations import Duration
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.phases import FilterOptions
from orgloop.options import option
from orgloop.sdk.requestoptions import headers_option, url_option


@frozen(kw_only=True)
class BatchOptions:
    """How entries are sent together."""

    size: int = option(
        "Sent when so many wait, and no more than that in one request.",
        default=100,
        minimum=1,
        maximum=10_000,
    )
    interval: Duration = option(
        "Sent at the latest after this.", default=Duration(5_000), minimum=Duration(1)
    )


@frozen(kw_only=True)
class WebhookLoggerConfig:
    """Where log entries are sent, and which."""

    url: str = url_option("Where they go: an absolute URL without credentials in it.")
    method: Literal["POST", "PUT"] = option("How they are sent.", default="POST")
    headers: Mapping[str, str] = headers_option(
        "Headers to send along, a credential for instance. Never shown."
    )
    batch: BatchOptions = option("How entries are sent together.", factory=BatchOptions)
    filter: FilterOptions = option("Which entries are sent.", factory=FilterOptions)
    retry: RetryOptions = option(
        "How a batch that did not arrive is sent again.", factory=RetryOptions
    )
