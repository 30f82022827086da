"""Find what GitHub tried to deliver and could not, and fetch it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import define, evolve, frozen
from twisted.logger import Logger

from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.webhook.delivered import PING
from orgloop.connectors.github.webhook.hooks import Attempt, Hooks, leading_to, places_of
from orgloop.connectors.github.webhook.mark import Mark
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.event import EventDraft
from orgloop.times import to_iso

_MOST_FETCHED = 200
"""So many events are fetched in one look; the next one follows at once where there are more."""


@frozen
class _Missed:
    """An event that has not arrived by one webhook."""

    hook: str
    attempt: Attempt


@define(eq=False)
class Undelivered:
    """Look through the attempts of the webhooks that lead to a source."""

    _log = Logger()

    source: GitHubWebhookSource
    hooks: Hooks

    async def look(self, mark: Mark) -> Sequence[EventDraft]:
        """Return what did not arrive, oldest first; ``mark`` moves on. Raises what `Hooks` does."""
        now_ms = await self._list(mark)
        missed = await self._missed(mark, now_ms)
        batch = missed[:_MOST_FETCHED]
        fetched = [await self._fetch(one, mark) for one in batch]
        mark.is_behind = len(missed) > len(batch)
        mark.reached_ms = missed[len(batch)].attempt.at_ms if mark.is_behind else now_ms
        return [draft for draft in fetched if draft is not None]

    async def _list(self, mark: Mark) -> int:
        """Bring the list of webhooks up to date, and return the time by GitHub's clock."""
        path = self.hooks.path
        reply = await self.hooks.listed(mark.etags.get(path))
        if not reply.is_unchanged:
            mark.hooks = places_of(reply.document)
            _keep(mark, path, reply.etag)
        return reply.server_ms

    def _chosen(self, mark: Mark) -> Collection[str]:
        """Return the webhooks that lead here: that which has called, else those of our paths."""
        mark.hook_id = self.source.hook_id or mark.hook_id
        if str(mark.hook_id) in mark.hooks:
            return [str(mark.hook_id)]
        return leading_to(mark.hooks, self.source.paths)

    async def _missed(self, mark: Mark, now_ms: int) -> list[_Missed]:
        since_ms = (mark.reached_ms or now_ms) - self.source.config.reconciliation_lookback_ms
        found: dict[str, _Missed] = {}
        visible = set()
        for hook in self._chosen(mark):
            path = self.hooks.deliveries_path(hook)
            known = None if mark.is_behind else mark.etags.get(path)
            attempts = await self.hooks.attempts(hook, since_ms, known)
            if attempts.is_cut:
                self._log.warn("{source} has missed more than can be looked through", **self._who)
            if attempts.is_unchanged:
                visible.update(mark.done)
            _keep(mark, path, attempts.etag)
            for guid, one in attempts.missed().items():
                if one.name != PING and one.at_ms >= since_ms:
                    found.setdefault(guid, _Missed(hook, one))
        visible.update(found)
        mark.done = [guid for guid in mark.done if guid in visible]
        new = [one for guid, one in found.items() if guid not in mark.done]
        return sorted(new, key=lambda one: one.attempt.at_ms)

    async def _fetch(self, missed: _Missed, mark: Mark) -> EventDraft | None:
        try:
            delivered = await self.hooks.fetch(missed.hook, missed.attempt)
        except GitHubError as error:
            if error.status is None:
                raise  # a limit: the rest would meet it, too
            mark.etags.pop(self.hooks.deliveries_path(missed.hook), None)
            self._log.warn(
                "{source} cannot have the event {guid} that was not delivered: {error}",
                **self._who,
                guid=missed.attempt.guid,
                error=error,
            )
            return None
        mark.done.append(missed.attempt.guid)
        draft = None if delivered is None else self.source.reported(delivered)
        if draft is None or draft.timestamp is not None:
            return draft
        return evolve(draft, timestamp=to_iso(missed.attempt.at_ms))

    @property
    def _who(self) -> dict[str, str]:
        return {"source": self.source.context.id}


def _keep(mark: Mark, path: str, etag: str | None) -> None:
    mark.etags.pop(path, None)
    if etag:
        mark.etags[path] = etag
