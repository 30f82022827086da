"""The project: YAML with places, checked, and made into typed definitions."""
