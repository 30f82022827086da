"""A stand-in for Linear: a workspace that a test changes, its GraphQL API and its webhooks.

    workspace = Workspace()
    server = LinearServer(workspace)
    server.start(reactor)                    # or lend(tmp_path, http=server.client())
    issue = workspace.create_issue("It is broken")
    workspace.update_issue(issue, state="Done")
    workspace.webhooks[-1]                   # what Linear would post about it

Needs graphql-core.
"""

from orgloop.testing.linear.server import LinearServer
from orgloop.testing.linear.webhooks import webhook_request
from orgloop.testing.linear.workspace import Workspace

__all__ = ["LinearServer", "Workspace", "webhook_request"]
