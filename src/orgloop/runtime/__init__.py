"""The runtime: shared infrastructure, and the projects it runs."""
