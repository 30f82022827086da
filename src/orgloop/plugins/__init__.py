"""Plugins: what their names mean, where they come from."""
