"""What we ask Linear's GraphQL API for.

A query may cost 10,000 points at most: a tenth for each field, one for each object, those of a
connection times what is asked for (https://linear.app/developers/rate-limiting). The sizes of pages
below keep each query under half of that, whatever the lists in it hold.
"""

ISSUES_PER_PAGE = 20
HISTORY_PER_ISSUE = 10
HISTORY_PER_PAGE = 50
COMMENTS_PER_PAGE = 50

_PERSON = "{ id name app }"

_ENTRY = f"""
fragment Entry on IssueHistory {{
  id
  updatedAt
  fromTitle
  toTitle
  fromState {{ id name type }}
  toState {{ id name type }}
  fromAssignee {{ id name }}
  toAssignee {{ id name }}
  fromDelegate {{ id name }}
  toDelegate {{ id name }}
  fromPriority
  toPriority
  addedLabels {{ id name }}
  removedLabels {{ id name }}
  actor {_PERSON}
  botActor {{ id name type }}
}}
"""

_ISSUE = """
fragment Standing on Issue {
  id
  identifier
  title
  url
  priority
  team { key }
  state { id name type }
  assignee { id name }
  delegate { id name }
  creator { id name app }
  externalUserCreator { id name }
}
"""

SCOPE = """
query OrgLoopScope($team: TeamFilter!, $project: ProjectFilter, $hasProject: Boolean!) {
  viewer { id name email }
  teams(first: 2, filter: $team) { nodes { id key name } }
  projects(first: 10, filter: $project) @include(if: $hasProject) { nodes { id name } }
}
"""
"""Who the key belongs to, and whether there are such a team and such a project."""

ISSUES = f"""
query OrgLoopIssues(
  $filter: IssueFilter!, $first: Int!, $after: String, $historyFirst: Int!
) {{
  issues(
    filter: $filter
    first: $first
    after: $after
    includeArchived: true
    sort: [{{ updatedAt: {{ order: Ascending }} }}]
  ) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      ...Standing
      description
      createdAt
      updatedAt
      botActor {{ id name type }}
      labels(first: 50) {{ nodes {{ id name }} }}
      history(first: $historyFirst, orderBy: updatedAt) {{
        pageInfo {{ hasNextPage endCursor }}
        nodes {{ ...Entry }}
      }}
    }}
  }}
}}
{_ISSUE}
{_ENTRY}
"""
"""What changed of issues, those that changed first coming first."""

HISTORY = f"""
query OrgLoopHistory($issue: String!, $first: Int!, $after: String) {{
  issue(id: $issue) {{
    history(first: $first, after: $after, orderBy: updatedAt) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ ...Entry }}
    }}
  }}
}}
{_ENTRY}
"""
"""More of one issue's history than `ISSUES` brings along."""

COMMENTS = f"""
query OrgLoopComments($filter: CommentFilter!, $first: Int!, $after: String) {{
  comments(
    filter: $filter, first: $first, after: $after, includeArchived: true, orderBy: createdAt
  ) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id
      body
      url
      createdAt
      parent {{ id }}
      user {_PERSON}
      botActor {{ id name type }}
      externalUser {{ id name }}
      issue {{ ...Standing }}
    }}
  }}
}}
{_ISSUE}
"""
"""New comments on issues."""

ALL = (SCOPE, ISSUES, HISTORY, COMMENTS)
