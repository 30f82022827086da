"""What a project says about agent-ctl."""

from __future__ import annotations

from attrs import frozen

from orgloop.durations import Duration
from orgloop.sdk.agentctl import binary_path_option, timeout_option


@frozen(kw_only=True)
class AgentCtlConfig:
    """How the program is run."""

    binary_path: str = binary_path_option()
    timeout: Duration = timeout_option()
