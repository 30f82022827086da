"""Whatever happens to issues, and whenever it is heard of, each change is reported once."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orgloop.event import EventDraft
from orgloop.testing.linear import Workspace
from support.linear_world import LinearWorld, accepted, hooked, webhook_source

ASPECTS = {"stateId": "state", "assigneeId": "assignee", "delegateId": "delegate"}
PEOPLE = st.sampled_from(["ada", "bob", None])

creations = st.tuples(st.just("create"), st.sampled_from(["Todo", "Backlog"]))
comments = st.tuples(st.just("comment"), st.integers(0, 2))
ticks = st.tuples(st.just("tick"), st.sampled_from([1, 30_000, 60_000, 7_200_000]))
polls = st.tuples(st.just("poll"), st.booleans())
updates = st.tuples(
    st.just("update"),
    st.integers(0, 2),
    st.sampled_from(["ada", "bob"]),
    st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from(["Todo", "In Progress", "Done"]),
            "assignee": PEOPLE,
            "delegate": st.sampled_from(["agent", None]),
            "priority": st.integers(0, 2),
            "labels": st.lists(st.sampled_from(["bug", "ui"]), unique=True),
            "title": st.sampled_from(["One", "Two"]),
        },
    ),
)
# Back and forth: what is changed, undone and done again.
swings = st.tuples(
    st.just("update"),
    st.just(0),
    st.just("ada"),
    st.fixed_dictionaries({"state": st.sampled_from(["Todo", "Done"])}),
)
histories = st.lists(
    st.one_of(creations, comments, ticks, polls, updates, swings, swings), min_size=5, max_size=25
)


def happen(space: Workspace, step: tuple[Any, ...]) -> None:
    """Do one step of a history to a workspace."""
    match step:
        case ("create", state):
            space.create_issue("New", state=state)
        case ("tick", milliseconds):
            space.tick(milliseconds)
        case ("comment", which) if which < len(space.issues):
            space.comment(space.issues[which], "Look")
        case ("update", which, by, changes) if which < len(space.issues):
            people = {
                name: changes[name] and getattr(space, changes[name])
                for name in ("assignee", "delegate")
                if name in changes
            }
            space.update_issue(space.issues[which], by=getattr(space, by), **changes | people)


def happened(space: Workspace) -> Counter[tuple[Any, ...]]:
    """Count what Linear itself says has happened."""
    found: list[tuple[Any, ...]] = []
    for payload in space.webhooks:
        data, was = payload["data"], payload.get("updatedFrom", {})
        if payload["action"] == "create":
            found.append((payload["type"], data["id"]))
        for name, aspect in ASPECTS.items():
            if name in was:
                now = data.get(name) or (data[aspect]["id"] if data.get(aspect) else None)
                found.append((data["id"], aspect, was[name], now))
        if "priority" in was:
            found.append((data["id"], "priority", was["priority"], data["priority"]))
        if "labelIds" in was:
            before, now = set(was["labelIds"]), set(data["labelIds"])
            if before != now:
                found.append((data["id"], "labels", len(now - before), len(before - now)))
    return Counter(found)


def told(drafts: list[EventDraft]) -> Counter[tuple[Any, ...]]:
    """Count what events say has happened, in the words of `happened`."""
    return Counter(map(_told, drafts))


def _told(draft: EventDraft) -> tuple[Any, ...]:
    payload, kind = draft.payload or {}, draft.provenance["platform_event"]
    resource = draft.provenance["resource_id"]
    if kind in ("issue.created", "comment.created"):
        return (kind.partition(".")[0].capitalize(), resource)
    issue = resource.partition(":")[0]
    aspect = kind.removeprefix("issue.").removesuffix("_changed")
    if aspect == "labels":
        return (issue, aspect, len(payload["added_labels"]), len(payload["removed_labels"]))
    suffix = "" if aspect == "priority" else "_id"
    before, now = payload[f"previous_{aspect}{suffix}"], payload[f"new_{aspect}{suffix}"]
    return (issue, aspect, before, now)


def polled(world: LinearWorld, history: list[tuple[Any, ...]]) -> None:
    """Let a history happen with its polls, and poll once more behind it."""
    world.poll()
    world.workspace.create_issue("First")
    for step in history:
        if step[0] == "poll":
            world.poll(crash=step[1])
        else:
            happen(world.workspace, step)
    world.poll()


@given(histories)
@settings(max_examples=60, deadline=None)
def test_each_change_is_polled_once_whatever_happens_when(history):
    world = LinearWorld()

    polled(world, history)

    assert told(accepted(world.reported)) == happened(world.workspace)
    assert world.poll() == []


@given(histories)
@settings(max_examples=15, deadline=None)
def test_a_source_that_does_not_crash_never_repeats_itself(history):
    world = LinearWorld()

    polled(world, [step for step in history if step != ("poll", True)])

    assert accepted(world.reported) == world.reported


@given(histories)
@settings(max_examples=25, deadline=None)
def test_changes_that_linear_gathers_into_one_make_an_unbroken_way(history):
    world = LinearWorld(Workspace(groups_ms=60_000))

    polled(world, [step for step in history if step != ("poll", True)])

    assert accepted(world.reported) == world.reported
    for issue in world.workspace.issues:
        ways = [way for way in map(_told, world.reported) if way[0] == issue["id"]]
        for aspect in ("state", "assignee", "delegate", "priority"):
            steps = [(before, now) for _, one, before, now in ways if one == aspect]
            assert [before for before, _ in steps[1:]] == [now for _, now in steps[:-1]]
            value = issue[aspect]
            if steps:
                assert steps[-1][1] == (value["id"] if isinstance(value, dict) else value)


@given(histories)
@settings(max_examples=15, deadline=None)
def test_a_crash_while_linear_gathers_changes_repeats_nothing_and_ends_right(history):
    world = LinearWorld(Workspace(groups_ms=60_000))

    polled(world, history)

    once = accepted(world.reported)
    assert len({draft.key for draft in once}) == len(once)
    created = [draft for draft in once if draft.provenance["platform_event"] == "issue.created"]
    assert len(created) == len(world.workspace.issues)


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_each_change_is_posted_once_however_often_and_in_whatever_order(history, chance):
    space = Workspace()
    space.create_issue("First")
    for step in history:
        happen(space, step)
        space.tick()  # one issue is not changed twice within a millisecond
    deliveries = [one for one in space.webhooks for _ in range(chance.randint(1, 3))]
    chance.shuffle(deliveries)
    drafts, source = [], webhook_source()
    for payload in deliveries:
        if chance.random() < 0.2:
            source = webhook_source()  # a restart
        space.tick(chance.choice([0, 1, 3_600_000]))
        drafts += hooked(space, source, payload)

    assert told(accepted(drafts)) == happened(space)
