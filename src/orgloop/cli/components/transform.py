"""``sample``: drop what is a draft, and mark the rest."""

from __future__ import annotations

from attrs import evolve, frozen
from zope.interface import implementer

from orgloop.sdk import (
    Dropped,
    Event,
    IInProcessTransform,
    PluginContext,
    Registration,
    TransformContext,
    option,
)


@frozen(kw_only=True)
class SampleConfig:
    """What is looked at, and how the rest is marked."""

    field: str = option(
        "The field of the payload that says whether it is a draft.", default="draft"
    )
    mark: str = option("The name of the mark.", default="sample")


@implementer(IInProcessTransform)
@frozen
class SampleTransform:
    """Drop drafts, and note in the provenance of everything else which route it is on."""

    _config: SampleConfig
    _context: PluginContext

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Return a copy that is marked: the event itself is shared with other routes."""
        if (event.payload or {}).get(self._config.field) is True:
            raise Dropped(f"payload.{self._config.field} is true")
        return evolve(event, provenance={**event.provenance, self._config.mark: context.route})


registration = Registration(id="sample", transform=SampleTransform, config=SampleConfig)
