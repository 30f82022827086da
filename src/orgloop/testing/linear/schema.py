"""The part of Linear's GraphQL schema that the stand-in serves, answered from a workspace.

The schema says of each field what Linear's own schema says of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from orgloop.times import to_epoch_ms

Node = dict[str, Any]

SDL = """
scalar DateTime
scalar DateTimeOrDuration

type Query {
  viewer: User!
  teams(after: String, filter: TeamFilter, first: Int): TeamConnection!
  projects(after: String, filter: ProjectFilter, first: Int): ProjectConnection!
  workflowStates(after: String, first: Int, includeArchived: Boolean): WorkflowStateConnection!
  issueLabels(after: String, first: Int, includeArchived: Boolean): IssueLabelConnection!
  users(after: String, first: Int, includeArchived: Boolean): UserConnection!
  issue(id: String!): Issue!
  issues(
    after: String, filter: IssueFilter, first: Int, includeArchived: Boolean,
    orderBy: PaginationOrderBy, sort: [IssueSortInput!]
  ): IssueConnection!
  comments(
    after: String, filter: CommentFilter, first: Int, includeArchived: Boolean,
    orderBy: PaginationOrderBy
  ): CommentConnection!
}

enum PaginationOrderBy { createdAt updatedAt }
enum PaginationSortOrder { Ascending Descending }
input UpdatedAtSort { order: PaginationSortOrder }
input IssueSortInput { updatedAt: UpdatedAtSort }

input IDComparator { eq: ID in: [ID!] }
input EntityIdentifierIDComparator { eq: ID in: [ID!] }
input StringComparator { eq: String eqIgnoreCase: String }
input DateComparator {
  eq: DateTimeOrDuration gt: DateTimeOrDuration gte: DateTimeOrDuration
  lt: DateTimeOrDuration lte: DateTimeOrDuration
}
input TeamFilter { id: IDComparator key: StringComparator name: StringComparator or: [TeamFilter!] }
input ProjectFilter {
  id: EntityIdentifierIDComparator name: StringComparator slugId: StringComparator
  or: [ProjectFilter!]
}
input NullableProjectFilter { id: EntityIdentifierIDComparator name: StringComparator }
input IssueFilter {
  team: TeamFilter project: NullableProjectFilter updatedAt: DateComparator
  createdAt: DateComparator
}
input NullableIssueFilter { team: TeamFilter project: NullableProjectFilter }
input CommentFilter { issue: NullableIssueFilter createdAt: DateComparator }

type PageInfo { hasNextPage: Boolean! endCursor: String }
type User { id: ID! name: String! email: String! app: Boolean! }
type ExternalUser { id: ID! name: String! }
type ActorBot { id: ID name: String type: String! }
type Team { id: ID! key: String! name: String! }
type TeamConnection { nodes: [Team!]! pageInfo: PageInfo! }
type Project { id: ID! name: String! slugId: String! }
type ProjectConnection { nodes: [Project!]! pageInfo: PageInfo! }
type WorkflowState { id: ID! name: String! type: String! }
type IssueLabel { id: ID! name: String! }
type WorkflowStateConnection { nodes: [WorkflowState!]! pageInfo: PageInfo! }
type UserConnection { nodes: [User!]! pageInfo: PageInfo! }
type IssueLabelConnection { nodes: [IssueLabel!]! pageInfo: PageInfo! }
type IssueConnection { nodes: [Issue!]! pageInfo: PageInfo! }
type CommentConnection { nodes: [Comment!]! pageInfo: PageInfo! }
type IssueHistoryConnection { nodes: [IssueHistory!]! pageInfo: PageInfo! }

type Issue {
  id: ID! identifier: String! title: String! url: String! description: String priority: Float!
  createdAt: DateTime! updatedAt: DateTime!
  team: Team! project: Project state: WorkflowState! assignee: User delegate: User creator: User
  externalUserCreator: ExternalUser botActor: ActorBot
  labels(after: String, first: Int): IssueLabelConnection!
  history(after: String, first: Int, orderBy: PaginationOrderBy): IssueHistoryConnection!
}

type IssueHistory {
  id: ID! createdAt: DateTime! updatedAt: DateTime!
  actor: User botActor: ActorBot
  fromTitle: String toTitle: String
  fromState: WorkflowState toState: WorkflowState
  fromAssignee: User toAssignee: User
  fromDelegate: User toDelegate: User
  fromPriority: Float toPriority: Float
  addedLabels: [IssueLabel!] removedLabels: [IssueLabel!]
}

type Comment {
  id: ID! body: String! url: String! createdAt: DateTime!
  parent: Comment user: User botActor: ActorBot externalUser: ExternalUser issue: Issue
}
"""


def linear_schema() -> GraphQLSchema:
    """Return the schema; queries are run with a `Workspace` as their root value."""
    schema = build_schema(SDL)
    _resolve(schema, "Query", viewer=lambda root, info: root.ada, issue=_issue)
    _resolve(schema, "Query", teams=_teams, projects=_projects)
    _resolve(schema, "Query", issues=_issues, comments=_comments)
    _resolve(schema, "Query", workflowStates=_all_states, issueLabels=_all_labels, users=_users)
    _resolve(schema, "Issue", labels=_labels, history=_history)
    return schema


def _resolve(schema: GraphQLSchema, type_name: str, **resolvers: Callable[..., Any]) -> None:
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    for name, resolver in resolvers.items():
        kind.fields[name].resolve = resolver


def _issue(root: Any, info: Any, id: str) -> Node:
    found: Node = next(one for one in root.issues if id in (one["id"], one["identifier"]))
    return found


def _teams(root: Any, info: Any, filter: Any = None, **page: Any) -> Node:
    return _page([root.team] if matches(root.team, filter) else [], **page)


def _projects(root: Any, info: Any, filter: Any = None, **page: Any) -> Node:
    return _page([root.project] if matches(root.project, filter) else [], **page)


def _issues(root: Any, info: Any, filter: Any = None, sort: Any = None, **page: Any) -> Node:
    found = [issue for issue in root.issues if matches(issue, filter)]
    found.sort(key=lambda issue: issue["updatedAt"])
    is_ascending = bool(sort) and sort[0]["updatedAt"]["order"] == "Ascending"
    return _page(found if is_ascending else found[::-1], **page)


def _comments(root: Any, info: Any, filter: Any = None, **page: Any) -> Node:
    found = [comment for comment in root.comments if matches(comment, filter)]
    return _page(sorted(found, key=lambda one: one["createdAt"])[::-1], **page)


def _all_states(root: Any, info: Any, **page: Any) -> Node:
    return _page(list(root.states.values()), **page)


def _all_labels(root: Any, info: Any, **page: Any) -> Node:
    return _page(list(root.labels.values()), **page)


def _users(root: Any, info: Any, **page: Any) -> Node:
    return _page(root.people, **page)


def _labels(issue: Node, info: Any, **page: Any) -> Node:
    return _page(issue["labels"], **page)


def _history(issue: Node, info: Any, **page: Any) -> Node:
    entries = sorted(issue["history"], key=lambda entry: entry["updatedAt"])
    return _page(entries[::-1], **page)


def _page(
    nodes: Sequence[Node], first: int | None = None, after: str | None = None, **_: Any
) -> Node:
    """Return one page; a cursor is the id of the last node on the page before."""
    ids = [node["id"] for node in nodes]
    begin = ids.index(after) + 1 if after is not None else 0
    shown = list(nodes[begin : begin + (first or 50)])
    has_more = begin + len(shown) < len(nodes)
    end = shown[-1]["id"] if shown else after
    return {"nodes": shown, "pageInfo": {"hasNextPage": has_more, "endCursor": end}}


def matches(value: Any, wanted: Any) -> bool:
    """Whether something satisfies a filter or a comparator."""
    if wanted is None:
        return True
    return all(_holds(value, name, operand) for name, operand in wanted.items())


def _holds(value: Any, name: str, operand: Any) -> bool:
    if name == "or":
        return any(matches(value, one) for one in operand)
    if isinstance(operand, Mapping):
        return value is not None and matches(value.get(name), operand)
    return value is not None and _COMPARE[name](value, operand)


def _at(moment: Any) -> int:
    return to_epoch_ms(str(moment))


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, operand: bool(value == operand),
    "in": lambda value, operand: value in _texts(operand),
    "eqIgnoreCase": lambda value, operand: str(value).lower() == str(operand).lower(),
    "gt": lambda value, operand: _at(value) > _at(operand),
    "gte": lambda value, operand: _at(value) >= _at(operand),
    "lt": lambda value, operand: _at(value) < _at(operand),
    "lte": lambda value, operand: _at(value) <= _at(operand),
}


def _texts(operand: Iterable[Any]) -> list[str]:
    return [str(one) for one in operand]
