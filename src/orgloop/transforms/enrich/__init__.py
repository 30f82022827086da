"""Add, copy and compute fields."""

from orgloop.transforms.enrich.enrich import EnrichConfig, registration

__all__ = ["EnrichConfig", "registration"]
