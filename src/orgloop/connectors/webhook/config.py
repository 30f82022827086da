"""The options of ``webhook``, as a source and as an actor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen

from orgloop.connectors.webhook.template import check_template
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.requestoptions import headers_option, url_option
from orgloop.sdk.webhookoptions import path_option, secret_option


def _id_field(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.removeprefix("header:").strip():
        raise InvalidValue("id_field is a dot path into the body, or header:<name>")
    return value


@frozen(kw_only=True)
class WebhookSourceConfig:
    """What a webhook source may be told."""

    path: str | None = path_option()
    secret: str | None = secret_option(
        "What senders sign with; not empty, and base64 after `whsec_`. Requests must then carry a "
        "valid `X-Hub-Signature-256`, `X-Signature`, `Linear-Signature` or Standard Webhooks "
        "signature, or the control token."
    )
    event_type_field: str = option(
        "Dot path to what the body calls the kind of event: `provenance.platform_event`.",
        default="type",
    )
    id_field: str | None = option(
        "What names the event, so that the same one sent again is recognised: a dot path into the "
        "body, or `header:<name>`. Without it the headers `webhook-id`, `X-GitHub-Delivery` and "
        "`Idempotency-Key` are looked at.",
        default=None,
        convert=_id_field,
        schema={"type": ["string", "null"], "minLength": 1},
    )
    event_type: Literal["from_body"] | None = option(
        "With `from_body`, the event has whichever of the three types the body names; otherwise it "
        "is a `resource.changed`.",
        default=None,
    )
    buffer_dir: Any = ignored_option("Events are durable before the sender is answered.")
    max_buffer_size: Any = ignored_option("Nothing is buffered: events are kept on disk.")
    hook_type: Any = ignored_option("The body says what kind of event it is.")


@frozen(kw_only=True)
class WebhookAuth:
    """A credential for the receiver."""

    type: Literal["bearer", "basic"] = option("How the receiver wants it.")
    token: str | None = option("The token, for `bearer`.", default=None, secret=True)
    username: str | None = option("The name to log in with, for `basic`.", default=None)
    password: str | None = option("The password, for `basic`.", default=None, secret=True)

    def __attrs_post_init__(self) -> None:
        if self.type == "bearer" and not self.token:
            raise InvalidValue("auth of type bearer needs a token")
        if self.type == "basic" and (self.username is None or self.password is None):
            raise InvalidValue("auth of type basic needs a username and a password")
        if self.type == "bearer" and self.token is not None:
            check_header("Authorization", f"Bearer {self.token}")
        if self.type == "basic" and self.username is not None and ":" in self.username:
            raise InvalidValue("a username may not hold a colon in auth of type basic")


@frozen(kw_only=True)
class WebhookActorConfig:
    """What a webhook actor may be told."""

    url: str = url_option(
        "Where deliveries go: an absolute `http://` or `https://` URL without credentials in it."
    )
    method: Literal["POST", "PUT"] = option("How they are sent.", default="POST")
    headers: Mapping[str, str] = headers_option(
        "Headers to send along, names and values in Latin-1 and without line breaks; "
        "`Content-Length`, `Transfer-Encoding` and `Connection` are the client's own."
    )
    auth: WebhookAuth | None = option(
        "A credential: `{type: bearer, token: …}` or `{type: basic, username: …, password: …}`.",
        default=None,
    )
    secret: str | None = secret_option(
        "Signs the body; not empty, and base64 after `whsec_`. It does so as Standard Webhooks and "
        "as `X-Hub-Signature-256`."
    )
    body_template: Any = option(
        'What to send in place of `{"event": …, "launch_prompt": …}`: a mapping, or a string that '
        "is JSON once it is filled. Every string in it is a template over `event` and "
        "`launch_prompt`; a value that is exactly one `{{…}}` keeps its type.",
        default=None,
        convert=check_template,
        schema={"type": ["object", "string", "null"]},
    )
    allow_private: bool = option(
        "Whether the URL may lead to a private, loopback or link-local address. Set it to false "
        "where the URL comes from people you do not trust with your network.",
        default=True,
    )
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")
