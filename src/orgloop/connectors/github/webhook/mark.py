"""Where reconciliation has got to: the checkpoint, as text and as an object."""

from __future__ import annotations

import orjson
from attrs import asdict, define, field, fields

from orgloop.sdk.checkpoints import reading_checkpoint

_REMEDY = "reset it (orgloop checkpoint reset), and it begins anew with reconciliation_lookback_ms"


@define
class Mark:
    """What has been looked at so far. Times are GitHub's, in milliseconds since the epoch."""

    reached_ms: int | None = None
    """What was to be delivered up to here has been looked at."""
    done: list[str] = field(factory=list)
    """What was fetched and can still be seen in the next look, by guid."""
    is_behind: bool = False
    """There was more than one look takes."""
    hook_id: int | None = None
    """The repository's webhook that has called last."""
    hooks: dict[str, str] = field(factory=dict)
    """Where the repository's webhooks lead, by id, as of the validator in ``etags``."""
    etags: dict[str, str] = field(factory=dict)
    """Validators of what has not changed since, by path."""
    polled: str | None = None
    """How far comments and reviews have been polled: the polling source's own checkpoint."""

    @classmethod
    def parse(cls, text: str | None) -> Mark:
        """Read what `__str__` wrote; raise `PluginError` for anything else."""
        if text is None:
            return cls()
        with reading_checkpoint("github-webhook", _REMEDY):
            document = orjson.loads(text)
            return cls(**{one.name: document[one.name] for one in fields(cls)})

    def __str__(self) -> str:
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()
