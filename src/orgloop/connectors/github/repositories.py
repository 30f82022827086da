"""Find out which repositories ``owner/*`` means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.capabilities import Capabilities
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.listing import read
from orgloop.connectors.github.position import Checkpoint

EVERY = "/*"
_NOT_FOR_US = (403, 404)


@define(eq=False)
class OwnersRepositories:
    """List what an owner has; what was found is kept in the checkpoint, with its validators."""

    _api: GitHubAPI
    _capabilities: Capabilities

    async def names(self, owner: str, checkpoint: Checkpoint) -> list[str]:
        """Return the full names of an owner's repositories; raise `GitHubError` if there is none.

        An organisation lists its repositories itself. Those of a person are what everyone sees,
        and what the token's own user or the App that is installed there may see besides.
        """
        known = checkpoint.owners.setdefault(owner, {})
        if await self._list(f"/orgs/{owner}/repos", {"type": "all"}, owner, known) is None:
            shared = {"affiliation": "owner,collaborator"}
            await self._list(f"/users/{owner}/repos", {"type": "owner"}, owner, known)
            await self._list("/user/repos", shared, owner, known)
            await self._list("/installation/repositories", {}, owner, known, "repositories")
        names = dict.fromkeys(name for listing in known.values() for name in listing["names"])
        if not known:
            raise GitHubError(
                f"GitHub knows no {owner}, or the token may see none of its repositories"
            )
        return list(names)

    async def _list(
        self,
        path: str,
        parameters: Mapping[str, str | int],
        owner: str,
        known: dict[str, Any],
        key: str | None = None,
    ) -> list[str] | None:
        """Bring one listing up to date and return its names; `None` if it was never for us."""
        if path in self._capabilities.refused:
            return None
        before = known.get(path, {"etags": [], "names": []})
        try:
            found = await read(
                self._api, path, parameters, key=key, etags=before["etags"], is_unordered=True
            )
            if not found.is_unchanged and before["etags"]:
                # What stands on a page that has not changed is not told again.
                found = await read(self._api, path, parameters, key=key, is_unordered=True)
        except GitHubError as error:
            if error.status not in _NOT_FOR_US:
                raise
            if path in known:
                return list(before["names"])  # it was for us once, and may be again
            self._capabilities.refused.add(path)
            return None
        if not found.is_unchanged:
            etags = found.etags if all(found.etags) else []
            known[path] = {"etags": etags, "names": _alive(found.items, owner)}
        return list(known[path]["names"])


def _alive(repositories: Any, owner: str) -> list[str]:
    """Return those of one owner in which something can happen."""
    return [
        str(one["full_name"])
        for one in repositories
        if not one.get("archived")
        and not one.get("disabled")
        and str(one["full_name"]).partition("/")[0].lower() == owner.lower()
    ]
