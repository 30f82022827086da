"""What the templates of an actor's configuration see."""

from __future__ import annotations

from orgloop.delivery import Dispatch
from orgloop.event import JSONObject
from orgloop.templates import scope_of


def scope_of_delivery(dispatch: Dispatch) -> JSONObject:
    """Return the event, all of a batch, and the launch prompt."""
    prompt = dispatch.prompt
    return {
        **scope_of(dispatch.event),
        "events": [event.to_json() for event in dispatch.events],
        "launch_prompt": prompt.text if prompt else None,
        "launch_prompt_file": prompt.file if prompt else None,
        "launch_prompt_meta": prompt.meta if prompt else None,
    }
