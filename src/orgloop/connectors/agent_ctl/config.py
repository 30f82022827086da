"""What a project says about agent-ctl."""

from __future__ import annotations

from attrs import frozen

from orgloop.durations import Duration
from orgloop.options import option
from orgloop.sdk.agentctl import PROGRAM, TIMEOUT, read_timeout


@frozen(kw_only=True)
class AgentCtlConfig:
    """How the program is run."""

    binary_path: str = option(
        "The program; a path with a slash begins at the YAML file.", default=PROGRAM
    )
    timeout: Duration = option(
        "How long it may take: a duration, or a number of milliseconds.",
        default=TIMEOUT,
        convert=read_timeout,
        schema={"type": ["string", "integer"]},
    )
