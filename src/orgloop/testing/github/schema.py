"""The part of GitHub's GraphQL API that tells of a `RepositoryModel`.

Needs ``graphql-core``. Types, fields and arguments are GitHub's own, as far as they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from graphql import GraphQLSchema, build_schema, graphql_sync

from orgloop.testing.github.documents import Thing
from orgloop.testing.github.model import RepositoryModel

_SCHEMA = """
scalar DateTime
scalar URI
scalar BigInt
scalar GitObjectID
enum OrderDirection { ASC DESC }
enum IssueCommentOrderField { UPDATED_AT }
input IssueCommentOrder { field: IssueCommentOrderField! direction: OrderDirection! }
interface Actor { login: String! }
type User implements Actor { login: String! }
type Bot implements Actor { login: String! }
type Organization implements Actor { login: String! }
interface GitObject { oid: GitObjectID! }
type App { name: String! slug: String! }
type Ref { name: String! }
type Number { number: Int! }
type Numbers { totalCount: Int! nodes: [Number] }
type CheckRuns { totalCount: Int! }
type CheckSuite {
  databaseId: Int
  status: String!
  conclusion: String
  createdAt: DateTime!
  updatedAt: DateTime!
  app: App
  branch: Ref
  checkRuns(first: Int): CheckRuns
  matchingPullRequests(first: Int): Numbers
}
type CheckSuites { totalCount: Int! nodes: [CheckSuite] }
type Commit implements GitObject { oid: GitObjectID! checkSuites(first: Int): CheckSuites }
type PullRequestCommit { commit: Commit! }
type PullRequestCommits { totalCount: Int! nodes: [PullRequestCommit] }
type IssueComment {
  fullDatabaseId: BigInt
  body: String!
  url: URI!
  createdAt: DateTime!
  updatedAt: DateTime!
  authorAssociation: String!
  author: Actor
}
type IssueComments { totalCount: Int! nodes: [IssueComment] }
type PullRequestReviewComment {
  fullDatabaseId: BigInt
  body: String!
  url: URI!
  createdAt: DateTime!
  updatedAt: DateTime!
  authorAssociation: String!
  author: Actor
  path: String!
  diffHunk: String!
  line: Int
  replyTo: PullRequestReviewComment
}
type ReviewComments { totalCount: Int! nodes: [PullRequestReviewComment] }
type PullRequestReview {
  fullDatabaseId: BigInt
  body: String!
  state: String!
  url: URI!
  submittedAt: DateTime
  lastEditedAt: DateTime
  authorAssociation: String!
  author: Actor
  comments(first: Int): ReviewComments!
}
type Reviews { totalCount: Int! nodes: [PullRequestReview] }
type Issue {
  number: Int!
  comments(last: Int, orderBy: IssueCommentOrder): IssueComments!
}
type PullRequest {
  number: Int!
  isDraft: Boolean!
  additions: Int!
  deletions: Int!
  changedFiles: Int!
  headRefName: String!
  headRefOid: GitObjectID!
  baseRefName: String!
  mergedBy: Actor
  comments(last: Int, orderBy: IssueCommentOrder): IssueComments!
  reviews(last: Int): Reviews
  commits(last: Int): PullRequestCommits!
}
type Repository {
  issue(number: Int!): Issue
  pullRequest(number: Int!): PullRequest
  object(oid: GitObjectID): GitObject
}
type Query {
  viewer: User!
  repository(owner: String!, name: String!): Repository
}
"""


@cache
def github_schema() -> GraphQLSchema:
    """Return the schema that the stand-in answers by."""
    return build_schema(_SCHEMA)


def execute(models: Iterable[RepositoryModel], query: str, variables: Thing) -> Thing:
    """Return the answer to a query."""
    by_name = {model.full_name.lower(): model for model in models}

    def repository(info: Any, owner: str, name: str) -> Thing | None:
        model = by_name.get(f"{owner}/{name}".lower())
        return None if model is None else _repository(model)

    root = {"repository": repository, "viewer": {"login": "orgloop-stand-in[bot]"}}
    result = graphql_sync(github_schema(), query, root, variable_values=variables)
    answer: Thing = {"data": result.data}
    if result.errors:
        answer["errors"] = [{"message": error.message} for error in result.errors]
    return answer


def _repository(model: RepositoryModel) -> Thing:
    def issue(info: Any, number: int) -> Thing | None:
        is_there = number in model.items and number not in model.pulls
        return _issue(model, number) if is_there else None

    def pull(info: Any, number: int) -> Thing | None:
        return _pull(model, number) if number in model.pulls else None

    return {
        "issue": issue,
        "pullRequest": pull,
        "object": lambda info, oid: _commit(model, oid),
    }


def _issue(model: RepositoryModel, number: int) -> Thing:
    comments = [_comment(one) for one in _of(model.comments, "issue_url", number)]
    comments.sort(key=lambda one: str(one["updatedAt"]))
    return {"number": number, "comments": _connection(comments)}


def _pull(model: RepositoryModel, number: int) -> Thing:
    pull = model.pull(number)
    reviews = [_review(model, one) for one in _of(model.reviews, "pull_request_url", number)]
    return {
        **_issue(model, number),
        "isDraft": pull["draft"],
        "additions": pull["additions"],
        "deletions": pull["deletions"],
        "changedFiles": pull["changed_files"],
        "headRefName": pull["head"]["ref"],
        "headRefOid": pull["head"]["sha"],
        "baseRefName": pull["base"]["ref"],
        "mergedBy": _actor(pull["merged_by"]),
        "reviews": _connection(reviews),
        "commits": _connection([{"commit": _commit(model, pull["head"]["sha"])}]),
    }


def _comment(comment: Thing) -> Thing:
    return {
        "fullDatabaseId": str(comment["id"]),
        "body": comment["body"],
        "url": comment["html_url"],
        "createdAt": comment.get("created_at"),
        "updatedAt": comment.get("updated_at"),
        "authorAssociation": comment["author_association"],
        "author": _actor(comment["user"]),
    }


def _review(model: RepositoryModel, review: Thing) -> Thing:
    lines = [
        {**_comment(one), "path": one["path"], "diffHunk": one["diff_hunk"], "line": one["line"]}
        for one in model.review_comments.values()
        if one["pull_request_review_id"] == review["id"]
    ]
    return {
        **_comment(review),
        "state": review["state"],
        "submittedAt": review["submitted_at"],
        "lastEditedAt": review.get("updated_at"),
        "comments": _connection(lines),
    }


def _commit(model: RepositoryModel, oid: str) -> Thing:
    suites = [_suite(one) for one in model.suites.values() if one["head_sha"] == oid]
    return {"__typename": "Commit", "oid": oid, "checkSuites": _connection(suites)}


def _suite(suite: Thing) -> Thing:
    return {
        "databaseId": suite["id"],
        "status": suite["status"].upper(),
        "conclusion": suite["conclusion"] and suite["conclusion"].upper(),
        "createdAt": suite["created_at"],
        "updatedAt": suite["updated_at"],
        "app": suite["app"],
        "branch": {"name": suite["head_branch"]},
        "checkRuns": _count(suite["latest_check_runs_count"]),
        "matchingPullRequests": _connection(suite["pull_requests"]),
    }


def _actor(user: Thing | None) -> Thing | None:
    """Return a user as an actor: GraphQL leaves the ``[bot]`` off, and who is gone altogether."""
    if user is None or user["login"] == "ghost":
        return None
    return {"__typename": user["type"], "login": user["login"].removesuffix("[bot]")}


def _connection(nodes: list[Thing]) -> Callable[..., Thing]:
    def cut(info: Any, first: int | None = None, last: int | None = None, **order: Any) -> Thing:
        page = nodes[:first] if last is None else nodes[max(0, len(nodes) - last) :]
        return {"totalCount": len(nodes), "nodes": page}

    return cut


def _count(number: int) -> Callable[..., Thing]:
    return lambda info, first=None: {"totalCount": number}


def _of(things: dict[int, Thing], belongs_to: str, number: int) -> list[Thing]:
    return [one for one in things.values() if one[belongs_to].rpartition("/")[2] == str(number)]
