"""Files that try a project's wiring: given these events, expect these routes."""
