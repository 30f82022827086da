"""``linear``: ask Linear's GraphQL API what changed."""
