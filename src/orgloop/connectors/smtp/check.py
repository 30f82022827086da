"""Find out whether a mail server can be reached and lets us in. It is sent no mail."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from orgloop.connectors.smtp.answers import reason_of
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.conversation import Conversation, NoCertificates
from orgloop.plugin import Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS
from orgloop.sdk.threads import outcome_of


async def check(config: SMTPConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    where = f"{config.host}:{config.port_in_use}"
    conversation = Conversation(config, context.directory)
    work = context.run_in_thread(conversation.try_out, CHECK_SECONDS)
    try:
        await outcome_of(work, conversation.abandon)
    except smtplib.SMTPAuthenticationError as error:
        return [_reached(where), _refused(error, context)]
    except NoCertificates as error:
        fix = f"correct the ca_file of actor {context.id}: a file of certificates in PEM"
        return [Finding(name="ca_file", status="degraded", message=reason_of(error), fix=fix)]
    except (smtplib.SMTPException, OSError) as error:
        return [
            Finding(
                name=where,
                status="degraded",
                message=reason_of(error),
                fix=f"correct host, port and security of actor {context.id}, or wait until the "
                "server is back; until then deliveries wait and are tried again",
            )
        ]
    return [_reached(where), *_credential(config)]


def _reached(where: str) -> Finding:
    return Finding(name=where, message="the mail server answers")


def _credential(config: SMTPConfig) -> Sequence[Finding]:
    if config.username is None:
        return []
    return [Finding(about="credential", message="the mail server lets us in")]


def _refused(error: smtplib.SMTPAuthenticationError, context: PluginContext) -> Finding:
    return Finding(
        about="credential",
        status="degraded",
        message=reason_of(error),
        fix=f"correct username and password of actor {context.id}; some providers want a password "
        "made for applications",
    )
