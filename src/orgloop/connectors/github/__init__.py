"""``github``: what happens in repositories."""
