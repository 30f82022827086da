"""The GraphQL query that stands in for hundreds of requests: everything about what has changed."""

from __future__ import annotations

import re
from collections.abc import Iterable

# How many of each are asked for at once. A page that is full of news is read in whole over REST.
REVIEWS = 50
REVIEW_COMMENTS = 20
COMMENTS = 30
SUITES = 30

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

_FRAGMENTS = f"""
fragment Who on Actor {{ __typename login }}
fragment Comments on IssueComment {{
  fullDatabaseId body url createdAt updatedAt authorAssociation author {{ ...Who }}
}}
fragment Suites on Commit {{
  oid
  checkSuites(first: {SUITES}) {{
    totalCount
    nodes {{
      databaseId status conclusion createdAt updatedAt
      app {{ name slug }}
      branch {{ name }}
      checkRuns(first: 1) {{ totalCount }}
      matchingPullRequests(first: 5) {{ nodes {{ number }} }}
    }}
  }}
}}
fragment Reviews on PullRequestReview {{
  fullDatabaseId body state url submittedAt lastEditedAt authorAssociation author {{ ...Who }}
  comments(first: {REVIEW_COMMENTS}) {{
    totalCount
    nodes {{
      fullDatabaseId body url createdAt updatedAt authorAssociation author {{ ...Who }}
      path diffHunk line replyTo {{ fullDatabaseId }}
    }}
  }}
}}
fragment Issues on Issue {{
  number
  comments(last: {COMMENTS}, orderBy: {{field: UPDATED_AT, direction: ASC}}) {{
    totalCount nodes {{ ...Comments }}
  }}
}}
fragment Pulls on PullRequest {{
  number isDraft additions deletions changedFiles headRefName headRefOid baseRefName
  mergedBy {{ ...Who }}
  comments(last: {COMMENTS}, orderBy: {{field: UPDATED_AT, direction: ASC}}) {{
    totalCount nodes {{ ...Comments }}
  }}
  reviews(last: {REVIEWS}) {{ totalCount nodes {{ ...Reviews }} }}
  commits(last: 1) {{ nodes {{ commit {{ ...Suites }} }} }}
}}
"""


def details_query(issues: Iterable[int], pulls: Iterable[int], commits: Iterable[str]) -> str:
    """Return the query for these issues, pull requests and commits.

    Issues are called ``i<number>`` in the answer, pull requests ``p<number>``, commits ``c<oid>``.
    A fragment that nothing uses is an error in GraphQL, so only those in use are there.
    """
    lines = [f"i{number}: issue(number: {number}) {{ ...Issues }}" for number in issues]
    used = {"Issues"} if lines else set()
    for number in pulls:
        lines.append(f"p{number}: pullRequest(number: {number}) {{ ...Pulls }}")
        used.add("Pulls")
    for oid in commits:
        lines.append(f'c{oid}: object(oid: "{oid}") {{ ...Suites }}')
        used.add("Suites")
    body = "\n    ".join(lines)
    return (
        "query Details($owner: String!, $name: String!) {\n"
        f"  repository(owner: $owner, name: $name) {{\n    {body}\n  }}\n}}" + _fragments(used)
    )


def is_oid(text: object) -> bool:
    """Whether a text is the name of a commit, and nothing else that a query could hold."""
    return isinstance(text, str) and _OID.fullmatch(text) is not None


_EACH = {
    match[1]: match[0]
    for match in re.finditer(r"^fragment (\w+) on .*?(?=^fragment |\Z)", _FRAGMENTS, re.S | re.M)
}


def _fragments(used: set[str]) -> str:
    """Return these fragments and those they use themselves."""
    wanted, left = set[str](), set(used)
    while left:
        name = left.pop()
        wanted.add(name)
        left |= set(re.findall(r"\.\.\.(\w+)", _EACH[name])) - wanted
    return "\n" + "".join(text for name, text in _EACH.items() if name in wanted)
