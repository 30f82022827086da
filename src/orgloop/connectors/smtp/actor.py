"""The smtp actor: an event becomes a mail."""

from __future__ import annotations

import smtplib

from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.smtp.answers import result_of
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.conversation import Conversation
from orgloop.connectors.smtp.mail import envelope_of, mail_of
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import InvalidValue
from orgloop.interfaces import IPreparingActor
from orgloop.plugin import PluginContext
from orgloop.sdk.threads import outcome_of


@implementer(IPreparingActor)
@define(eq=False)
class SMTPActor:
    """Send one mail per delivery; see `IPreparingActor`."""

    _log = Logger()

    _config: SMTPConfig = field(repr=False)
    _context: PluginContext

    async def start(self) -> None:
        """Nothing needs to be ready: whether the server takes mail shows with the first one."""

    async def stop(self) -> None:
        """Nothing is held: each delivery is a conversation of its own."""

    def prepare(self, dispatch: Dispatch) -> bytes:
        """See `IPreparingActor.prepare`. Raises `InvalidValue` for what is no mail."""
        return mail_of(self._config, dispatch, self._context.now_ms())

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`. It is cancelled between two words with the server, not after."""
        try:
            mail = dispatch.content or self.prepare(dispatch)
        except InvalidValue as error:
            return DeliveryResult.rejected(str(error))
        conversation = Conversation(self._config, self._context.directory)
        work = self._context.run_in_thread(conversation.send, *envelope_of(mail), mail)
        try:
            refused = await outcome_of(work, conversation.abandon)
        except (smtplib.SMTPException, OSError) as error:
            return result_of(error)
        if refused:
            self._log.warn(
                "delivery {delivery} of {actor} went out, but not to {count} of its recipients",
                delivery=dispatch.id,
                actor=self._context.id,
                count=len(refused),
            )
        return DeliveryResult.delivered()
