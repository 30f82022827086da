"""``openclaw``: wake an agent of an OpenClaw gateway."""

from orgloop.connectors.openclaw.actor import OpenClawActor
from orgloop.connectors.openclaw.body import ROUTE_OPTIONS
from orgloop.connectors.openclaw.check import check, local_check
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="openclaw",
    actor=OpenClawActor,
    config=OpenClawConfig,
    setup=Setup(
        summary="Wakes agents of an OpenClaw gateway through its webhooks, which must be enabled "
        "there (hooks.enabled).",
        variables=(
            EnvironmentVariable(
                "OPENCLAW_WEBHOOK_TOKEN",
                "The token of the OpenClaw gateway's webhooks",
                "Choose one, and set hooks.token in ~/.openclaw/openclaw.json to it: "
                "https://docs.openclaw.ai/automation/webhook",
            ),
        ),
    ),
    route_options=ROUTE_OPTIONS,
    check=check,
    local_check=local_check,
)
