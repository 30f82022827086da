"""``smtp``: send mail."""

from orgloop.connectors.smtp.actor import SMTPActor
from orgloop.connectors.smtp.check import check
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.mail import ROUTE_OPTIONS
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="smtp",
    actor=SMTPActor,
    config=SMTPConfig,
    setup=Setup(
        summary="Sends mail through a mail server that takes it from you: your provider's, or one "
        "on this machine.",
        variables=(
            EnvironmentVariable(
                "SMTP_PASSWORD",
                "The password to log in to the mail server with",
                "Your mail provider; many want one made for applications",
                is_optional=True,
            ),
        ),
    ),
    route_options=ROUTE_OPTIONS,
    check=check,
)
