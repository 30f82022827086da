"""Write the mail of one delivery.

Nothing that an event brings can become a header or a recipient: `headers` writes what goes into a
header on one line, addresses are taken one by one, and the library encodes the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from hashlib import sha256
from html import escape
from typing import Any

import orjson

from orgloop.connectors.smtp.addresses import address, addresses, listed
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.headers import address_header, plain, text_header
from orgloop.delivery import Dispatch
from orgloop.dotpath import lookup
from orgloop.errors import InvalidValue
from orgloop.event import Event, JSONObject
from orgloop.sdk.deliveryscope import scope_of_delivery
from orgloop.sdk.telling import context_of, kind_of, title_of
from orgloop.templates import PLACEHOLDER, as_text, fill

ROUTE_OPTIONS = ("to", "cc", "subject", "body")
"""What a route may say in its ``then.config``."""

_POLICY = SMTP.clone(cte_type="7bit")
# In a text, line ends and tabs are none of them.
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def mail_of(config: SMTPConfig, dispatch: Dispatch, now_ms: int) -> bytes:
    """Return the mail, headers and all; raise `InvalidValue` for what is none.

    Its ``Message-ID`` follows from the delivery: a repeated attempt is known by it.
    """
    scope = scope_of_delivery(dispatch)
    content = EmailMessage(policy=_POLICY)
    _set_content(content, config, dispatch.config, scope, dispatch)
    head = "\r\n".join([*_headers(config, scope, dispatch, now_ms), ""])
    return head.encode() + content.as_bytes()


def _headers(
    config: SMTPConfig, scope: JSONObject, dispatch: Dispatch, now_ms: int
) -> Iterator[str]:
    sender = address(config.sender)
    yield address_header("From", [sender])
    recipients = dict(_recipients(config, dispatch.config, scope))
    if not recipients:
        raise InvalidValue("nobody gets it: set to on the actor, or in then.config of the route")
    for name, addressed in recipients.items():
        yield address_header(name, addressed)
    if config.reply_to is not None:
        yield address_header("Reply-To", [address(config.reply_to)])
    yield text_header("Subject", _subject(config, dispatch.config, scope, dispatch))
    yield f"Date: {format_datetime(datetime.fromtimestamp(now_ms / 1000, UTC))}"
    yield f"Message-ID: <{_name_of(dispatch)}@{sender.domain}>"
    yield "Auto-Submitted: auto-generated"  # RFC 3834: no out-of-office answers, please
    yield f"X-OrgLoop-Event: {dispatch.event.id}"
    yield f"X-OrgLoop-Trace: {dispatch.cause}"


def envelope_of(mail: bytes) -> tuple[str, Sequence[str]]:
    """Return from whom a mail is and who gets it: what its headers say, and nothing else."""
    headers = BytesHeaderParser().parsebytes(mail)
    recipients = [*_specs(headers, "To"), *_specs(headers, "Cc")]
    return _specs(headers, "From")[0], list(dict.fromkeys(recipients))


def _specs(headers: Message, name: str) -> list[str]:
    return [spec for _, spec in getaddresses([str(one) for one in headers.get_all(name, [])])]


def _set_content(
    mail: EmailMessage,
    config: SMTPConfig,
    route: Mapping[str, Any],
    scope: JSONObject,
    dispatch: Dispatch,
) -> None:
    said = route.get("body")
    if said is not None:
        text = as_text(said)
    else:
        text = _told(dispatch) if config.body is None else fill(config.body, scope)
    mail.set_content(_CONTROL_IN_TEXT.sub(" ", text), charset="utf-8")
    if config.html is not None and said is None:
        page = PLACEHOLDER.sub(lambda match: escape(as_text(lookup(scope, match[1]))), config.html)
        mail.add_alternative(_CONTROL_IN_TEXT.sub(" ", page), subtype="html", charset="utf-8")
        # The same on every attempt, and nothing that a text could hold.
        mail.set_boundary(f"=={sha256(dispatch.id.encode()).hexdigest()[:40]}==")


def _recipients(
    config: SMTPConfig, route: Mapping[str, Any], scope: JSONObject
) -> Iterator[tuple[str, tuple[Address, ...]]]:
    """Yield who gets it: whom the route says, its templates filled already, else the actor."""
    for header, key, written in (("To", "to", config.to), ("Cc", "cc", config.cc)):
        # A template is one address, whatever the event puts into it; the route's are filled.
        said = route.get(key)
        if isinstance(said, str):
            said = [said]
        named = listed(said) if said else [fill(one, scope) for one in written]
        if recipients := addresses(named):
            yield header, recipients


def _subject(
    config: SMTPConfig, route: Mapping[str, Any], scope: JSONObject, dispatch: Dispatch
) -> str:
    if route.get("subject") is not None:
        subject = as_text(route["subject"])
    elif config.subject is not None:
        subject = fill(config.subject, scope)
    else:
        subject = _headline(dispatch)
    return plain(subject) or "(no subject)"


def _headline(dispatch: Dispatch) -> str:
    event = dispatch.event
    line = f"[{dispatch.project}] {kind_of(event)} from {event.source}"
    if len(dispatch.events) > 1:
        return f"{line} and {len(dispatch.events) - 1} more"
    return f"{line}: {title}" if (title := title_of(event)) else line


def _told(dispatch: Dispatch) -> str:
    return "\n\n\n".join(_told_of(event, dispatch) for event in dispatch.events) + "\n"


def _told_of(event: Event, dispatch: Dispatch) -> str:
    lines = [f"{kind_of(event)} from {event.source}", title_of(event), ""]
    lines += [f"{name}: {value}" for name, value in context_of(event, dispatch)]
    payload = orjson.dumps(event.payload or {}, option=orjson.OPT_INDENT_2).decode()
    return "\n".join([*lines, "", payload])


def _name_of(dispatch: Dispatch) -> str:
    """Return the delivery's id as the left half of a ``Message-ID``."""
    if re.fullmatch(r"[A-Za-z0-9_.-]{1,200}", dispatch.id):
        return dispatch.id
    return sha256(dispatch.id.encode()).hexdigest()
