"""``gog``: mail of Gmail, through the program of that name (https://gogcli.sh)."""

from collections.abc import Sequence

from orgloop.connectors.gog.config import GogConfig
from orgloop.connectors.gog.samples import samples
from orgloop.connectors.gog.source import GogSource
from orgloop.plugin import (
    ComponentContext,
    EnvironmentVariable,
    Finding,
    PluginContext,
    Registration,
    Setup,
)
from orgloop.sdk.programs import check_program


def _local_check(config: GogConfig, context: ComponentContext) -> Sequence[Finding]:
    return [check_program(config.binary_path, context)]


async def _check(config: GogConfig, context: PluginContext) -> Sequence[Finding]:
    return [await GogSource(config, context).try_account()]


registration = Registration(
    id="gog",
    source=GogSource,
    config=GogConfig,
    setup=Setup(
        summary="Reads mail through gog, which holds the credentials: gog auth add <account>.",
        variables=(
            EnvironmentVariable(
                "GOG_ACCOUNT",
                "the account gog uses where a source sets none",
                "gog auth list",
                is_optional=True,
            ),
        ),
    ),
    local_check={"source": _local_check},
    check={"source": _check},
    samples=samples,
)
