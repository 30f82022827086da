"""Look up what Linear calls the states, labels and people that a webhook gives by id alone."""

from __future__ import annotations

from orgloop.connectors.linear.api import LinearAPI
from orgloop.connectors.linear.events.reading import named
from orgloop.connectors.linear.webhook.acquaintances import Acquaintances

_AT_MOST_PAGES = 20
"""How many pages of each are read: a workspace with more of them is told of by its webhooks."""


def _listing(name: str, fields: str) -> str:
    return f"""
query OrgLoopNames($after: String) {{
  {name}(first: 250, after: $after, includeArchived: true) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {fields} }}
  }}
}}
"""


QUERIES = {
    "workflowStates": _listing("workflowStates", "id name type"),
    "users": _listing("users", "id name"),
    "issueLabels": _listing("issueLabels", "id name"),
}


async def look_up_names(api: LinearAPI, met: Acquaintances) -> None:
    """Tell ``met`` every name that the key may see. Raises what `LinearAPI.ask` raises."""
    for name, query in QUERIES.items():
        has_more, after, pages = True, None, 0
        while has_more and pages < _AT_MOST_PAGES:
            page = (await api.ask(query, after=after))[name]
            for node in page["nodes"]:
                if (one := named(node)) is not None:
                    met.learn(one)
            has_more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            pages += 1
