"""Keep or drop events by what they hold."""

from orgloop.transforms.filter.filter import FilterConfig, registration

__all__ = ["FilterConfig", "registration"]
