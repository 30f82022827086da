"""``agent-ctl``: sessions of coding agents, as the program of that name lists them."""

from collections.abc import Sequence

from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.connectors.agent_ctl.samples import samples
from orgloop.connectors.agent_ctl.source import AgentCtlSource
from orgloop.plugin import ComponentContext, Finding, Registration, Setup
from orgloop.sdk.programs import check_program


def _local_check(config: AgentCtlConfig, context: ComponentContext) -> Sequence[Finding]:
    return [check_program(config.binary_path, context)]


registration = Registration(
    id="agent-ctl",
    source=AgentCtlSource,
    config=AgentCtlConfig,
    setup=Setup(summary="Asks agent-ctl which sessions there are. Needs that program."),
    local_check={"source": _local_check},
    samples=samples,
)
