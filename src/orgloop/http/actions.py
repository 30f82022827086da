"""What a person does with deliveries: retry, release, discard; one by id, or many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from attrs import evolve, frozen

from orgloop.delivery import DEAD_LETTERS, Delivery, DeliveryState
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.deliveries import find_delivery
from orgloop.http.fields import Fields
from orgloop.http.pages import is_delivery_id
from orgloop.http.problem import Problem, Refused, wrong_state
from orgloop.http.projects import candidates, only
from orgloop.http.shapes import delivery_shape
from orgloop.http.view import Desk, Project, Runtime
from orgloop.identity import event_seq_of
from orgloop.records import DeliveryQuery

_STEP = 500  # deliveries changed in one go: others get their turn in between
_CRITERIA = ("ids", "route", "actor", "reason", "from", "to", "settled_from", "settled_to", "state")
_DEAD = tuple(sorted(str(state) for state in DEAD_LETTERS))
_HELD = (str(DeliveryState.HELD),)
_FOR_SESSIONS = frozenset(_DEAD + _HELD)
_IDLE = tuple(str(state) for state in ("matched", "waiting", "held", "inbox"))


@frozen
class Action:
    """One thing that can be done, and with deliveries in which states."""

    name: str
    usual: Sequence[str]
    """The states that are meant unless others are named."""
    states: Sequence[str]
    only_for: str
    of: Callable[[Desk], Callable[[Sequence[str]], Awaitable[list[Delivery]]]]

    def for_session(self) -> Action:
        """Return what the dashboard may do of it: what waits for its turn is not its concern."""
        if _FOR_SESSIONS.issuperset(self.states):
            return self
        states = [state for state in self.states if state in _FOR_SESSIONS]
        only_for = f"dead letters and what a guard holds are for the dashboard to {self.name}"
        return evolve(self, states=states, only_for=only_for)


RETRY = Action("retry", _DEAD, _DEAD, "dead letters can be tried again", lambda desk: desk.retry)
RELEASE = Action(
    "release", _HELD, _HELD, "what a guard holds can be released", lambda desk: desk.release
)
DISCARD = Action(
    "discard",
    _DEAD,
    _DEAD + _IDLE,
    "dead letters and what neither is in flight nor handed out can be discarded",
    lambda desk: desk.discard,
)
ACTIONS = (RETRY, RELEASE, DISCARD)


@frozen
class Act:
    """``POST /api/deliveries/<id>/<action>`` and ``POST /api/deliveries/<action>``."""

    _runtime: Runtime
    _action: Action

    async def one(self, call: Call) -> Answer:
        """Do it with one delivery, and answer that as it is now."""
        call.body()
        project, row = await find_delivery(self._runtime, call.names["delivery_id"])
        action = self._for(call)
        may_be_done = action is self._action or row.state in action.states
        done = await action.of(project.desk)([row.id]) if may_be_done else []
        if not done:
            message = f"the delivery is {row.state}: only {action.only_for}"
            raise Refused(
                wrong_state(message, f"GET /api/deliveries/{row.id} shows what became of it")
            )
        return Answer.of(delivery_shape(done[0], project))

    async def many(self, call: Call) -> Answer:
        """Do it with all that match, oldest first, and answer how many those were."""
        body = call.body(*_CRITERIA, "project", "dry_run")
        query = _query(self._for(call), body)
        chosen = await self._project(body, query)
        if chosen is None:
            return self._answer(0, body)
        if body.flag("dry_run"):
            count = await _count(chosen, query)
        else:
            count = 0
            async for ids in _steps(chosen, query):
                count += len(await self._action.of(chosen.desk)(ids))
        return self._answer(count, body, project=chosen.name)

    def _for(self, call: Call) -> Action:
        return self._action.for_session() if call.is_session else self._action

    async def _project(self, body: Fields, query: DeliveryQuery) -> Project | None:
        projects = candidates(self._runtime, body.text("project"))
        if body.words("ids") and not query.ids:
            return None
        if len(projects) > 1:
            projects = [project for project in projects if await _count(project, query)]
        return only(projects, "what this names")

    def _answer(self, count: int, body: Fields, **more: Any) -> Answer:
        return Answer.of({"count": count, "dry_run": body.flag("dry_run"), **more})


def _query(action: Action, body: Fields) -> DeliveryQuery:
    ids = body.words("ids")
    states = body.words("state", action.states)
    query = DeliveryQuery(
        ids=tuple(sorted(filter(is_delivery_id, ids), key=lambda one: event_seq_of(one) or 0)),
        states=states or (action.states if ids else action.usual),
        actors=body.words("actor"),
        routes=body.words("route"),
        created_from=body.moment("from"),
        created_to=body.moment("to"),
        settled_from=body.moment("settled_from"),
        settled_to=body.moment("settled_to"),
        reason=body.criterion("reason"),
        limit=_STEP,
        oldest_first=True,
    )
    if not any(body.has(name) for name in _CRITERIA):
        raise Refused(_nothing_named(action))
    return query


async def _steps(project: Project, query: DeliveryQuery) -> AsyncIterator[list[str]]:
    """Yield the ids of what matches, a bounded number at a time."""
    for ids in _chunks(query.ids):
        wanted = evolve(query, ids=ids)
        while rows := await project.queue.query(wanted):
            yield [row.id for row in rows]
            wanted = evolve(wanted, before=rows[-1].id)


async def _count(project: Project, query: DeliveryQuery) -> int:
    return sum(
        [await project.queue.count(evolve(query, ids=ids)) for ids in _chunks(query.ids)], start=0
    )


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + _STEP] for at in range(0, len(ids), _STEP)] or [()]


def _nothing_named(action: Action) -> Problem:
    return Problem(
        400,
        "bad_field",
        f"nothing says which deliveries to {action.name}",
        f"give at least one of {', '.join(_CRITERIA)}",
    )
